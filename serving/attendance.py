"""Work that is for somebody: it ends when they leave, or when the server stops."""

from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup
from starlette.types import Receive

from .errors import SERVER, ApiError


async def attended(receive: Receive, closing: anyio.Event, work: Callable[[TaskGroup], Awaitable[None]]) -> None:
    """Do work until it is done, the client hangs up, or the server can wait no longer.

    Args:
        receive: Of ASGI; the request's body has been read from it.
        closing: Set when the server stops and its grace is over.
        work: Is given a group for tasks that end with it.

    Raises:
        ApiError: 503, the server stops.
        Exception: Whatever the work raises, as it is.
    """
    failed: Exception | None = None

    async def hang_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async def close() -> None:
        nonlocal failed
        await closing.wait()
        failed = ApiError(503, "The server stops; try again later.", type=SERVER, code="server_stopping")
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hang_up)
        tasks.start_soon(close)
        try:
            await work(tasks)
        except Exception as error:  # noqa: BLE001 - raised outside of the group, which would wrap it
            failed = error
        tasks.cancel_scope.cancel()
    if failed is not None:
        raise failed
