"""An OpenAI-compatible server of two models that answer with care, to count what is asked of them.

    python -m expunge.evals.careful PORT

The model `wrapped` answers the exchanges of `touching_exchanges`. The model `agents` does what an agent asks of it, one
of ours or of ALU: it is always right, for it knows every exchange. `/received` tells what was asked since it was last
called: of each request its model and the tokens of its messages.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..schema import Baseline
from .checkers import ABSTENTION
from .doubted import Touching, touching_exchanges

Json = dict[str, Any]

_EXCHANGES = touching_exchanges()
_VERSIONS = Baseline(kind="alu").proposals
# Words in pieces of four letters, and signs: near what tokenizers of language models make of English.
_TOKEN = re.compile(r"\w{1,4}|[^\w\s]")
_SUBJECT = re.compile(r"^\[\[subjects (\w+) in \d+ \w+\]\]\nName: (.*)$", re.M)
_TEXT = re.compile(r"^\[\[texts (\w+) (\w+)\]\]\n(.*?)\n\[\[end \2\]\]$", re.M | re.S)


class Careful:
    """Answers as both models, and keeps count."""

    def __init__(self) -> None:
        self._received: list[Json] = []

    async def completions(self, request: Request) -> Response:
        """Answer a chat completion."""
        body = await request.json()
        text = "\n".join(message["content"] for message in body["messages"])
        read = count_tokens(text)
        self._received.append({"model": body["model"], "tokens": read})
        return JSONResponse(_completion(body["model"], _answer(body, text), read))

    async def received(self, _: Request) -> Response:
        """Tell what was asked since this was last called."""
        told, self._received = self._received, []
        return JSONResponse(told)


def count_tokens(text: str) -> int:
    """Count tokens, about as many as a language model's tokenizer would."""
    return len(_TOKEN.findall(text))


def _answer(body: Json, text: str) -> str:
    plain = text.replace('\\"', '"')
    exchange = next(exchange for exchange in _EXCHANGES if exchange.prompt in plain)
    if body["model"] == "wrapped":
        return exchange.draft
    return json.dumps(_RECORDS[body["response_format"]["json_schema"]["name"]](exchange, text))


def _concerned(exchange: Touching, text: str) -> Iterator[tuple[str, bool]]:
    """Yield each subject's letter, and whether it is disclosed; of a control, somebody made up, it always is."""
    for letter, name in _SUBJECT.findall(text):
        yield letter, name == exchange.target or f"Where was {name} born?" in text


def _vetted(exchange: Touching, text: str) -> Json:
    relations = {letter: "asked" if concerned else "unrelated" for letter, concerned in _concerned(exchange, text)}
    return {"subjects": [{"subject": each, "relation": said, "meant": ""} for each, said in relations.items()]}


def _audited(exchange: Touching, text: str) -> Json:
    quotes = [secret for secret in exchange.secrets if secret in exchange.draft]
    said: dict[bool, Json] = {
        True: {"relation": "states", "quotes": quotes},
        False: {"relation": "unrelated", "quotes": []},
    }
    return {
        "subjects": [{"subject": letter, **said[is_so], "meant": ""} for letter, is_so in _concerned(exchange, text)]
    }


def _rated(exchange: Touching, text: str) -> Json:
    ratings = {letter: 1 if exchange.leaks(shown) else 5 for letter, _, shown in _TEXT.findall(text)}
    rest = {"usefulness": 5, "reason": "As it reads.", "mend": ""}
    return {"ratings": [{"text": letter, "forgetting": rating, **rest} for letter, rating in ratings.items()]}


def _touched(exchange: Touching, text: str) -> Json:
    listed = re.findall(rf"^(\d+)\. {re.escape(exchange.target)}$", text, re.M) if exchange.target else []
    return {"subjects": [int(number) for number in listed]}


_RECORDS: dict[str, Callable[[Touching, str], Json]] = {
    "VetterAnswer": _vetted,
    "AuditorAnswer": _audited,
    "RewriterAnswer": lambda exchange, text: {"texts": [f"Indeed: {exchange.kept}"] if exchange.kept else []},
    "CriticAnswer": _rated,
    "Versions": lambda exchange, text: {"versions": [exchange.kept or ABSTENTION] * _VERSIONS},
    "Touched": _touched,
    "Ratings": lambda exchange, text: {"ratings": [5] * _VERSIONS},
    "Merged": lambda exchange, text: {"answer": exchange.kept or ABSTENTION},
}
"""What is answered, by the record that is asked for."""


def _completion(model: str, text: str, read: int) -> Json:
    written = count_tokens(text)
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def careful_app() -> Starlette:
    """Return the application."""
    careful = Careful()
    return Starlette(
        routes=[
            Route("/v1/chat/completions", careful.completions, methods=["POST"]),
            Route("/received", careful.received),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(careful_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
