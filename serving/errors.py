"""Every error in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, without a word of draft or input.

Tracebacks are neither sent nor logged: an exception's text may hold what a model said.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypedDict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import ExpungeError

_log = logging.getLogger("expunge.serving")

INVALID = "invalid_request_error"
SERVER = "server_error"

# By the codes of `expunge.errors`; any other is a fault of the server.
_STATUS = {
    "input": 400,
    "target": 400,
    "invalid_target": 400,
    "invalid_api_key": 401,
    "job": 400,
    "unknown_target": 404,
    "unknown_job": 404,
    "duplicate_target": 409,
    "wrong_stage": 409,
    "store_busy": 503,
}
_MESSAGES = {
    400: "The body cannot be read: it is no JSON in UTF-8, or too deeply nested.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    408: "The request's body did not come in time.",
    413: "The request's body is larger than this server takes.",
}


class ErrorDetail(TypedDict):
    """What an error says of itself."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(TypedDict):
    """The body of an answer that is an error."""

    error: ErrorDetail


class ApiError(Exception):
    """An error that is told to the caller as it is.

    Args:
        status: The status of HTTP, 400 to 599.
        message: What is wrong and what to do about it; holds nothing of a draft.
        type: The kind of error, for example `"invalid_request_error"`.
        code: A stable name for machines.
        param: The field of the request that is wrong.
        headers: Headers of the answer, such as `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str,  # noqa: A002 - the field's name in OpenAI's shape
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.body: ErrorBody = {"error": {"message": message, "type": type, "param": param, "code": code}}

    @property
    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.body, self.status, self.headers)


def install(app: FastAPI) -> None:
    """Have an app answer every error in OpenAI's shape, also those that nobody thought of."""
    app.add_exception_handler(ApiError, _answer)
    app.add_exception_handler(ExpungeError, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_middleware(_Unexpected)


def told(error: Exception) -> ApiError:
    """Return what a caller is told of an error; one that is unexpected says nothing of itself."""
    match error:
        case ApiError():
            return error
        case ExpungeError():
            return _of_expunge(error)
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            return _of_http(error)
        case _:
            _log.error("an internal error: %s", type(error).__name__)
            return ApiError(500, "internal error", type=SERVER, code="internal_error")


async def _answer(_: Request, error: Exception) -> JSONResponse:
    return told(error).response


def _of_expunge(error: ExpungeError) -> ApiError:
    status = _STATUS.get(error.code, 500)
    if status < 500:
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return ApiError(status, str(error), type=INVALID, code=error.code, headers=headers)
    # Its message names folders of the server.
    _log.error("an error of the server: %s", type(error).__name__)
    message = "The server cannot answer now; its operator may run `expunge doctor`."
    return ApiError(status, message, type=SERVER, code=error.code)


def _of_validation(error: RequestValidationError) -> ApiError:
    first: Mapping[str, Any] = error.errors()[0]
    if first["type"] == "json_invalid":
        return ApiError(400, "The body is no valid JSON.", type=INVALID, code="invalid_json")
    if tuple(first["loc"]) == ("body",):
        message = "The body is no JSON object; send one, with `Content-Type: application/json`."
        return ApiError(400, message, type=INVALID, code="invalid_json")
    param = _path(first["loc"][1:])
    # Pydantic's message of this type alone repeats what was given.
    reason = "Input is of no known kind" if first["type"] == "union_tag_invalid" else first["msg"]
    code = "missing_required_parameter" if first["type"] == "missing" else "invalid_value"
    return ApiError(400, f"{param or 'A field'}: {reason}.", type=INVALID, code=code, param=param)


def _path(location: tuple[str | int, ...]) -> str | None:
    """Write a field's place as `messages[0].role`; what a caller made up as a name is left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() and len(part) <= 64:
            path += f".{part}"
    return path.removeprefix(".") or None


def _of_http(error: HTTPException) -> ApiError:
    status = error.status_code
    message = _MESSAGES.get(status, f"{HTTPStatus(status).phrase}.")
    kind = INVALID if status < 500 else SERVER
    return ApiError(status, message, type=kind, code=_code(status), headers=error.headers)


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")


class _Unexpected:
    """Answers whatever no handler took. Starlette's own would raise it once more, for the server to log its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last resort
            answer = told(error)
            if scope["type"] == "http" and not begun:
                await answer.response(scope, receive, send)
