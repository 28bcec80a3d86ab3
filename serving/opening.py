"""Upstreams by what they are called on the command line."""

from pathlib import Path

from ..models import load_chat_model
from ..models.chat import PROVIDER
from .limits import Limits
from .local import ChatModelUpstream
from .upstream import RemoteUpstream
from .upstreams import Upstream

LOCAL_CONCURRENCY = 2
"""Answers of a local model under way: it makes one at a time, and each that waits for its turn would hold a thread."""


def open_upstream(where: str, key: str | None, limits: Limits) -> Upstream:
    """Return the upstream that is meant.

    Args:
        where: A URL; `"demo"`, a folder with a local model, or `"provider:model"`, as `load_chat_model` takes them.
        key: What a URL is asked with; `None`: no key.
        limits: Of the server.

    Raises:
        InputError: The URL is none.
        ModelNotFound: There is no model at this path or under this name.
        PrerequisiteError: A package or a credential is missing.
    """
    if where.startswith(("http://", "https://")):
        return RemoteUpstream(where, key, limits)
    model = load_chat_model(where)
    if PROVIDER.match(where):
        return ChatModelUpstream(model, where)
    return ChatModelUpstream(model, Path(where).resolve().name, LOCAL_CONCURRENCY)
