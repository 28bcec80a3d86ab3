"""What the tests of the models share: a server on loopback that embeds as OpenAI's does."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Message = dict[str, object]


def answer(request: Message) -> Message:
    """Answer every text with the vector (3, 4)."""
    texts = request["input"]
    assert isinstance(texts, list)
    rows = [{"object": "embedding", "index": index, "embedding": [3.0, 4.0]} for index in range(len(texts))]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "data": rows, "model": request["model"], "usage": usage}


class Api(BaseHTTPRequestHandler):
    """Answers what is posted, and keeps it."""

    def __init__(self, asked: list[Message], *args: object) -> None:
        self.asked = asked
        super().__init__(*args)  # type: ignore[arg-type] # what the server gives

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(request)
        body = json.dumps(answer(request)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
        """Say nothing."""


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Message]]:
    """What was posted to an OpenAI-compatible API, which the environment points to."""
    asked: list[Message] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Api, asked)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "a key")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield asked
        server.shutdown()
