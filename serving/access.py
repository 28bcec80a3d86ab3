"""Who may call: the key of a tenant in a request's headers, checked for every request.

Without any key made the server has no other guard than its address. So it then answers none but a caller on this
machine, and no page of another site that a browser on this machine shows.
"""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ..errors import AccessDenied
from .errors import INVALID, ApiError
from .tenants import Caller, Tenants

_bearer = HTTPBearer(auto_error=False, scheme_name="Bearer", description="A key that `expunge keys create` made.")
_header = APIKeyHeader(
    name="x-api-key", auto_error=False, scheme_name="x-api-key", description="The same key, as LiteLLM sends it."
)


async def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Caller:
    """Return who calls.

    Raises:
        AccessDenied: When a key is needed and there is none, or it is not known, or it was revoked.
    """
    tenants: Tenants = request.app.state.tenants
    if not tenants.has_keys and not _is_local(request):
        raise AccessDenied("Without keys this server answers its own machine alone.", fix="Run `expunge keys create`.")
    key = bearer.credentials if bearer else header
    known = tenants.recognise(key)
    return await run_in_threadpool(tenants.authenticate, key) if known is None else known


Calling = Annotated[Caller, Depends(caller)]
"""Who calls, with any key of a tenant."""


async def administrator(calling: Calling) -> Caller:
    """Return who calls, with a key of an administrator.

    Raises:
        ApiError: 403, with any other key.
    """
    if not calling.admin:
        message = "This needs the key of an administrator: `expunge keys create --admin`."
        raise ApiError(403, message, type=INVALID, code="admin_key_required")
    return calling


Administering = Annotated[Caller, Depends(administrator)]
"""Who calls, with a key of an administrator."""


def _is_local(request: Request) -> bool:
    """Whether a request comes from this machine, is meant for it by name, and was made by no page of another site.

    A browser sends the requests of any page that it shows; their `Origin` tells, and where the name of that page's own
    site was made to stand for this machine (DNS rebinding), `Host` does.
    """
    origins = [_host(origin) for origin in request.headers.getlist("origin")]
    names = [_host(f"//{name}") for name in request.headers.getlist("host")]
    return request.client is not None and all(map(is_loopback, [request.client.host, *names, *origins]))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # no URL at all
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name
        return False
