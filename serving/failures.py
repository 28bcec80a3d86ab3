"""What goes wrong at an upstream, told without a word of what it sent."""

import json
import re
from collections.abc import Mapping
from typing import Literal

import httpx
from httpx_sse import SSEError

from ..wrappers.openai.fields import CODES
from .errors import INVALID, ApiError

FailureKind = Literal["unreachable", "timeout", "busy", "credentials", "rejected", "failed", "malformed", "cut"]

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, RecursionError)
"""What reaching an upstream and reading its answer raise. None of them goes any further: they hold what was read."""

_TOLD: dict[FailureKind, tuple[int, str]] = {
    "unreachable": (502, "The model's server cannot be reached."),
    "timeout": (504, "The model's server took too long."),
    "busy": (429, "The model's server takes no more requests now; try again later."),
    "credentials": (502, "The model's server does not accept this server's key."),
    "failed": (502, "The model's server failed."),
    "malformed": (502, "The model's server sent something that is no chat completion."),
    "cut": (502, "The model's server ended its answer half-way."),
}
# What the caller can mend; any other refusal is an affair between the two servers.
_REJECTED = {
    400: "The model's server does not accept this request.",
    404: "The model's server does not know this model.",
    413: "The request is too large for the model's server.",
    422: "The model's server does not accept this request.",
}
# Any other may be a word of the model's.
_PARAM = re.compile(
    r"(messages|tools|tool_choice|model|n|stop|stream|stream_options|temperature|top_p|max_tokens|seed|logit_bias"
    r"|max_completion_tokens|response_format|logprobs|top_logprobs|reasoning_effort)"
    r"(\[\d{1,4}\]|\.(role|content|name|function|parameters|tool_calls|type|text|image_url)){0,8}"
)
_SECONDS = re.compile(r"\d{1,5}(\.\d{1,3})?")


class UpstreamFailure(ApiError):
    """An upstream failed, or did not answer as it should.

    Args:
        kind: What went wrong; the rest is as for any error of the server.
    """

    def __init__(
        self,
        kind: FailureKind,
        status: int,
        message: str,
        *,
        type: str = "upstream_error",  # noqa: A002 - the field's name in OpenAI's shape
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, type=type, code=code or f"upstream_{kind}", param=param, headers=headers)
        self.kind = kind


def failure(kind: FailureKind) -> UpstreamFailure:
    """Return the failure of a kind."""
    return UpstreamFailure(kind, *_TOLD[kind])


def failure_of(error: Exception) -> UpstreamFailure:
    """Return what one of `FOREIGN` is told as."""
    match error:
        case httpx.TimeoutException():
            return failure("timeout")
        case httpx.ConnectError() | httpx.ProxyError():
            return failure("unreachable")
        case SSEError() | httpx.DecodingError():
            return failure("malformed")
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return failure("unreachable")
        case httpx.HTTPError() | httpx.StreamError():
            return failure("cut")
        case _:
            return failure("malformed")


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> UpstreamFailure:
    """Return the failure that an answer without success stands for: its status, and names from its body."""
    if status == 429:
        after = headers.get("retry-after", "")
        kept = {"Retry-After": after} if _SECONDS.fullmatch(after) else None
        return UpstreamFailure(
            "busy", *_TOLD["busy"], type="rate_limit_error", code="rate_limit_exceeded", headers=kept
        )
    if status in (401, 403):
        return failure("credentials")
    if status in (408, 504):
        return failure("timeout")
    if status in _REJECTED:
        names = _names(body)
        code = names.get("code") or names.get("type")
        return UpstreamFailure("rejected", status, _REJECTED[status], type=INVALID, code=code, param=names.get("param"))
    return failure("failed")


def _names(body: bytes) -> dict[str, str]:
    """Return those fields of an error in OpenAI's shape that are names."""
    try:
        error = json.loads(body)["error"]
        fields = {field: error.get(field) for field in ("code", "type", "param")}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}
    names = {field: name for field, name in fields.items() if isinstance(name, str)}
    return {
        field: name for field, name in names.items() if (_PARAM.fullmatch(name) if field == "param" else name in CODES)
    }
