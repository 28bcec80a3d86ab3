import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from expunge.errors import AccessDenied, DuplicateTarget, ExpungeError, InputError, StoreBusy, UnknownTarget, WrongKey
from expunge.serving import errors
from expunge.serving.errors import ApiError
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

SECRET = "the draft's secret"


async def ask(raised: BaseException) -> httpx.Response:
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail() -> Response:
        raise raised

    transport = httpx.ASGITransport(app)  # raises whatever the app lets out
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/")


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (InputError("Not this.", fix="That."), 400, "input"),
        (AccessDenied("No key."), 401, "invalid_api_key"),
        (UnknownTarget("None such."), 404, "unknown_target"),
        (DuplicateTarget("Twice."), 409, "duplicate_target"),
        (ApiError(418, "Tea.", type="kettle_error", code="tea", param="pot"), 418, "tea"),
    ],
)
async def test_errors_of_the_caller_are_told_as_they_are(raised: Exception, status: int, code: str) -> None:
    answer = await ask(raised)
    assert answer.status_code == status
    assert answer.json()["error"]["message"] == str(raised)
    assert answer.json()["error"]["code"] == code
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (StoreBusy(SECRET), 503),
        (WrongKey(SECRET), 500),
        (ExpungeError(SECRET), 500),
        (ValueError(SECRET), 500),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), 500),
    ],
)
async def test_errors_of_the_server_say_nothing_of_themselves(
    raised: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await ask(raised)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "server_error"
    assert SECRET not in answer.text + caplog.text
    assert type(raised).__name__ in caplog.text
    assert not any(record.exc_info for record in caplog.records)


async def test_what_fails_after_the_first_byte_is_neither_told_nor_raised(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail() -> Response:
        async def half() -> AsyncIterator[bytes]:
            yield b"half"
            raise ValueError(SECRET)

        return StreamingResponse(half())

    sent = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    await app(scope, None, send)  # type: ignore[arg-type]
    assert [message.get("body") for message in sent] == [None, b"half"]
    assert SECRET not in caplog.text
