"""`GET /healthz`, for those who watch whether the server lives, and `GET /metrics`, for Prometheus."""

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from ..stores.access_keys import DEFAULT_TENANT
from .access import Calling
from .errors import INVALID, ApiError
from .service import Service

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """How the server is."""

    status: Literal["ok", "stopping"]

    version: str
    """Of expunge."""


@router.get("/healthz")
async def health(request: Request, response: Response) -> Health:
    """Say that the server takes requests; 503 when it stops. Needs no key."""
    service: Service = request.app.state.service
    stopping = service.stopping.is_set()
    response.status_code = 503 if stopping else 200
    return Health(status="stopping" if stopping else "ok", version=version("expunge"))


@router.get("/metrics", response_class=Response)
async def metrics(calling: Calling, request: Request) -> Response:
    """Return the server's figures in Prometheus' text format: no content, no ids, no tenants.

    For any key of the tenant "default", whose server it is; it need not be an administrator's.
    """
    if calling.tenant.name != DEFAULT_TENANT:
        raise ApiError(403, "The figures are for the tenant `default`.", type=INVALID, code="not_your_tenant")
    service: Service = request.app.state.service
    return Response(service.observation.text(), media_type=CONTENT_TYPE_LATEST)
