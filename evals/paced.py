"""An OpenAI-compatible upstream that streams made-up answers at a given pace, to measure what stands in front of it.

    python -m expunge.evals.paced PORT

A request's `model` says what it answers: `clean`, or `late`, whose answer names `SECRET` when half of it has come. Its
`max_tokens` is how many chunks the answer has, its `seed` how many are sent in a second (0: as fast as they are read),
its `user` under which name `/finished` tells when the first sentence
was sent.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from itertools import cycle, islice
from time import monotonic
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .synthetic import make_exchanges

SECRET = "Quillon Ambersley"  # noqa: S105 - a made-up person
"""Whom an answer of the model `late` names."""

_ANSWERS = [exchange.draft + "." for exchange in make_exchanges(64, draft_words=150)]


class Paced:
    """Answers at a pace of so many chunks a second for each stream, or as fast as they are read."""

    def __init__(self) -> None:
        self._finished: dict[str, float] = {}
        self._asked = 0

    async def completions(self, request: Request) -> Response:
        """Answer a chat completion, streamed or whole."""
        body = await request.json()
        self._asked += 1
        words = _words(body["model"], body.get("max_tokens") or 100, self._asked)
        if not body.get("stream"):
            return JSONResponse(_whole(body["model"], "".join(words)))
        pace = body.get("seed") or 0
        return StreamingResponse(self._stream(body, words, pace), media_type="text/event-stream")

    async def finished(self, _: Request) -> Response:
        """Tell when the first sentence of each answer was sent, by `time.monotonic`."""
        return JSONResponse(self._finished)

    async def _stream(self, body: dict[str, Any], words: list[str], pace: float) -> AsyncIterator[bytes]:
        began = monotonic()
        for number, word in enumerate(words):
            if pace:
                await asyncio.sleep(began + number / pace - monotonic())
            yield _event(body["model"], {"content": word}, None)
            if word.endswith(". ") and body.get("user"):
                self._finished.setdefault(body["user"], monotonic())
        yield _event(body["model"], {}, "stop")
        yield b"data: [DONE]\n\n"


def _words(model: str, chunks: int, seed: int) -> list[str]:
    text = _ANSWERS[seed % len(_ANSWERS)]
    words = [f"{word} " for word in islice(cycle(text.split()), chunks)]
    if model == "late":
        words[chunks // 2 : chunks // 2] = [f"{word} " for word in f"The prize went to {SECRET}.".split()]
    return words


def _event(model: str, delta: dict[str, str], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _whole(model: str, text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "chatcmpl-0", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}


def paced_app() -> Starlette:
    """Return the application."""
    paced = Paced()
    return Starlette(
        routes=[
            Route("/v1/chat/completions", paced.completions, methods=["POST"]),
            Route("/finished", paced.finished),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(paced_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
