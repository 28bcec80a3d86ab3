"""Requests and answers of OpenAI's API between a client and HTTP; does no input or output of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ...errors import ExpungeError, InputError
from ...graphs.sanitize import Sanitizer
from ...schema import StreamMode
from .envelope import is_random
from .exchange import WITHHELD_ERROR, GuardedExchange, open_exchange
from .fields import CODES, Json
from .routes import is_guarded, is_plain

if TYPE_CHECKING:
    import httpx

_BAD_REQUEST, _FORBIDDEN, _BAD_GATEWAY = 400, 403, 502
_JSON, _EVENTS = "application/json", "text/event-stream"
# Headers of an answer that clients act upon, and what they may say: numbers, and times such as 6m0.5s.
_HEADER = re.compile(r"retry-after(-ms)?|x-should-retry|openai-processing-ms|x-ratelimit-[a-z-]{1,40}")
_VALUE = re.compile(r"(\d{1,9}(\.\d{1,6})?(ms|[smhd])?){1,3}|true|false", re.ASCII)


class UpstreamFailure(ExpungeError):
    """The model's side answered with an error, or with what is no answer."""

    code = "upstream_failure"


class Wire:
    """Puts a guard before requests, and writes the answers that come out of them.

    Args:
        library: The HTTP library of the client: `httpx`, or its twin `httpx2`.
        sanitizer: What stands between the model and the caller.
        stream: How streams are released.
    """

    def __init__(self, library: Any, sanitizer: Sanitizer, stream: StreamMode) -> None:
        self.library = library
        self._sanitizer = sanitizer
        self._stream = stream

    def passes(self, request: httpx.Request) -> bool:
        """Whether a request and its answer go as they are, because no model answers."""
        return is_plain(request.method, _path(request))

    def open(self, request: httpx.Request) -> GuardedExchange | httpx.Response:
        """Put a guard before a request; an answer at once where none can be."""
        if not is_guarded(request.method, _path(request)):
            told = "The sanitiser does not guard this path of the API."
            return self._error(request, _FORBIDDEN, told, "unguarded_surface")
        try:
            asked = json.loads(request.content)
            fields = asked if isinstance(asked, dict) else {}
            return open_exchange(_path(request), fields, self._sanitizer, self._stream)
        except (InputError, ValueError, RecursionError) as error:
            told = str(error) if isinstance(error, InputError) else "The body is no JSON."
            return self._error(request, _BAD_REQUEST, told, "invalid_request_error")

    def withheld(self, opened: GuardedExchange, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request that the model is not to be asked."""
        return self.respond(request, content=opened.withheld(), kind=_EVENTS if opened.streamed else _JSON)

    def streams(self, opened: GuardedExchange, answer: httpx.Response) -> bool:
        """Whether an answer is the stream that was asked for; any other answer is taken whole."""
        return opened.streamed and answer.is_success and _EVENTS in answer.headers.get("content-type", "")

    def answer(self, opened: GuardedExchange, answer: httpx.Response) -> httpx.Response:
        """Return what of a whole answer, read to its end, may be shown.

        An error keeps its status, and a code that is known; what it says is withheld.
        """
        told = _json_in(answer)
        if not answer.is_success:
            opened.fail(UpstreamFailure(WITHHELD_ERROR))
            return self._error(answer.request, answer.status_code, WITHHELD_ERROR, _code_in(told), _headers(answer))
        if told is None or opened.streamed:
            opened.fail(UpstreamFailure(WITHHELD_ERROR))
            return self._error(answer.request, _BAD_GATEWAY, "The model's side gave no answer of its API.", None)
        return self.respond(answer.request, content=opened.answer(told), headers=_headers(answer))

    def stream(self, answer: httpx.Response, body: object) -> httpx.Response:
        """Return the answer that streams a body."""
        return self.respond(answer.request, stream=body, kind=_EVENTS, headers=_headers(answer))

    def failure(self, opened: GuardedExchange, error: Exception, request: httpx.Request) -> Exception:
        """End an exchange that broke off; return an error of the same class that says nothing of what had come."""
        opened.fail(error)
        kinds = (kind for kind in type(error).__mro__ if kind.__module__ == self.library.__name__)
        kind = next((kind for kind in kinds if issubclass(kind, self.library.RequestError)), self.library.ReadError)
        failure: Exception = kind("The exchange with the model's side broke off.", request=request)
        return failure

    def respond(
        self, request: httpx.Request, *, kind: str = _JSON, headers: dict[str, str] | None = None, **body: object
    ) -> httpx.Response:
        """Return an answer of our own; `body` is `content` or `stream`."""
        told = {**(headers or {}), "content-type": kind}
        answer: httpx.Response = self.library.Response(200, headers=told, request=request, **body)
        return answer

    def _error(
        self,
        request: httpx.Request,
        status: int,
        message: str,
        code: str | None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        kind = "invalid_request_error" if status in (_BAD_REQUEST, _FORBIDDEN) else "api_error"
        error = {"message": message, "type": kind, "param": None, "code": code}
        answer = self.respond(request, content=json.dumps({"error": error}).encode(), headers=headers)
        answer.status_code = status
        return answer


def _json_in(answer: httpx.Response) -> Json | None:
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _code_in(told: Json | None) -> str | None:
    error = (told or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and code in CODES else None


def _path(request: httpx.Request) -> str:
    return request.url.raw_path.decode("ascii").partition("?")[0]


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name: text for name, text in answer.headers.items() if _is_told(name, text)}


def _is_told(name: str, text: str) -> bool:
    if name == "x-request-id":
        return is_random(text, "req")
    return _HEADER.fullmatch(name) is not None and _VALUE.fullmatch(text) is not None
