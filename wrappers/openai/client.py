"""The wrapper for the OpenAI client: the same client, whose answers have passed the gate."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from ...agents.advisers import AgentModel
from ...errors import InputError, UnguardedSurface
from ...graphs.sanitize import Sanitizer
from ...schema import Policy, Role, StreamMode
from ...stores.targets import TargetStore
from .http import guarded
from .routes import is_offered

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

_Client = TypeVar("_Client", "OpenAI", "AsyncOpenAI")

# What a guarded client offers; whatever a client offers beside it is refused, also what comes with its next version.
_SURFACES = frozenset(
    {"chat", "responses", "models", "embeddings", "files", "moderations", "uploads", "webhooks"}
    | {"with_raw_response", "with_streaming_response"}
)
_FIX = (
    "Use chat.completions (create, parse, stream) or responses (create, parse, stream) of the guarded client. What the"
    " sanitiser has no part in is done with the client that you wrapped."
)


class _Refused:
    """Stands where the client has what is not guarded: it may be looked at, and not be called."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> _Refused:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Refused(f"{self._name}.{name}")

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        _refuse(self._name)


class _GuardedClient:
    """What a guarded client does otherwise than its own class."""

    _client: Any
    _sanitizer: Sanitizer
    _stream: StreamMode

    def request(self, cast_to: Any, options: Any, **kwargs: Any) -> Any:
        if not is_offered(options.method, options.url):
            _refuse(f"{options.method} {options.url}")
        return cast(Any, super()).request(cast_to, options, **kwargs)

    def copy(self, *, http_client: Any = None, **options: Any) -> Any:
        own = guarded(http_client, self._sanitizer, self._stream) if http_client is not None else None
        return cast(Any, super()).copy(http_client=own, **options)

    with_options = copy

    @cached_property
    def responses(self) -> Any:
        resource = cast(Any, super()).responses
        resource.connect = _Refused("responses.connect")
        return resource


def wrap_openai(
    client: _Client,
    store: TargetStore | str | Path,
    *,
    policy: Policy | None = None,
    stream: StreamMode = "sentence",
    agent_model: AgentModel | None = None,
    agent_models: Mapping[Role, AgentModel] | None = None,
) -> _Client:
    """Put a client of OpenAI's under the sanitiser.

    Guarded are `chat.completions` and `responses`: `create`, `parse` and `stream`, with raw responses too, streaming or
    not, in the client's own types. `models`, `embeddings`, `moderations`, `uploads` and `files` (without their content)
    work as ever. Everything else raises `UnguardedSurface`: there a model could answer unseen.

    The guard stands between the client and HTTP. Tracers that listen to the client see what was released; hooks of an
    `http_client` of your own see the draft. An error of the model's side keeps its class and status; what it says is
    withheld. What surrounds an answer (ids, the model's name, the usage) is written anew, as `CompletionGuard` and
    `ResponseGuard` say. Answers are suppressed where they disclose: what the model's side stores (`store=True`,
    `previous_response_id`, a conversation) stays what the model said, and is not for showing.

    Args:
        client: An `openai.OpenAI`, `openai.AsyncOpenAI`, or one for Azure. It stays as it is, and shares its
            connections with the guarded one.
        store: The register of targets, or its folder.
        policy: Limits and sides; `None`: the defaults.
        stream: Whether streams are released sentence by sentence, or at their end.
        agent_model: A model for the agents, for where the rules are uncertain (see `Sanitizer`); `None`: rules alone.
        agent_models: Models for single agents, before that for all.

    Returns:
        A client of the same class.

    Raises:
        InputError: When it is no such client.
    """
    from openai import AsyncOpenAI, OpenAI

    if not isinstance(client, OpenAI | AsyncOpenAI):
        raise InputError(
            f"There is no OpenAI client in a {type(client).__name__!r}.", fix="Give an openai.OpenAI or AsyncOpenAI."
        )
    if isinstance(client, _GuardedClient):
        raise InputError("This client is guarded already.", fix="Wrap the client that it was made of.")
    register = store if isinstance(store, TargetStore) else TargetStore(store)
    sanitizer = Sanitizer(register, policy=policy, agent_model=agent_model, agent_models=agent_models)
    guarded_class = _guarded_class(type(client), sanitizer, stream)
    template = guarded_class.__new__(guarded_class)
    vars(template).update(vars(client))
    return template.copy(http_client=client._client)


def _guarded_class(own: type[_Client], sanitizer: Sanitizer, stream: StreamMode) -> type[_Client]:
    """Make a class of guarded clients: copies of theirs are of the same class, and so guarded too."""
    offered = (name for kind in own.__mro__ for name, value in vars(kind).items() if isinstance(value, cached_property))
    refused = {name: _refused(name) for name in offered if name not in _SURFACES}
    members = {**refused, "_sanitizer": sanitizer, "_stream": stream, "__doc__": own.__doc__}
    return type(own.__name__, (_GuardedClient, own), members)


def _refused(name: str) -> property:
    return property(lambda client: _Refused(name))


def _refuse(surface: str) -> NoReturn:
    raise UnguardedSurface(f"The sanitiser does not guard {surface!r}.", fix=_FIX)
