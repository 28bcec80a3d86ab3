"""`expunge serve`: the OpenAI-compatible server."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ByteSize, Field, TypeAdapter, ValidationError

from ..errors import InputError, PrerequisiteError
from ..schema import StreamMode
from ..settings import upstream_key, variable_of
from .console import note, waiting
from .options import AgentModelOption, StoreOption, agent_models, bring_in_step, open_store, store_path

if TYPE_CHECKING:
    from ..serving.limits import Limits
    from ..serving.upstreams import Upstream

app = typer.Typer()

_NAMED = re.compile(r"([A-Za-z0-9_-]+)=(.+)")
_MODEL = re.compile(r"([A-Za-z0-9._-]+)=(.+)")


@app.command(epilog="Example: expunge serve --upstream http://localhost:11434/v1 --store expunge-store")
def serve(
    upstream: Annotated[
        list[str],
        typer.Option(
            metavar="[NAME=]MODELS",
            help=(
                "Where answers come from: the base URL of an OpenAI-compatible endpoint, `demo`, the folder of a local "
                "model, or `provider:model`. Give several with names: callers then ask for `NAME/model`."
            ),
        ),
    ],
    store: StoreOption = None,
    agent_model: AgentModelOption = [],  # noqa: B006
    unlearn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIR",
            help=(
                "The folder of a local model that administrators may have weight-level jobs made for over HTTP, or "
                "compare with as a control, by this name. Give several; no other folder can be reached."
            ),
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0: any that is free.")] = 8000,
    stream: Annotated[
        StreamMode,
        typer.Option(
            help="Streams are released sentence by sentence, as far as they have been audited, or all at their end."
        ),
    ] = "sentence",
    concurrency: Annotated[int, typer.Option(min=1, help="Exchanges under way at one upstream.")] = 64,
    queue: Annotated[int, typer.Option(min=0, help="Exchanges that wait for one upstream; past them: 429.")] = 256,
    queue_timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long an exchange waits at most; past it: 429.")
    ] = 30.0,
    timeout: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="After how much silence an upstream is given up.")
    ] = 120.0,
    max_body: Annotated[str, typer.Option(metavar="SIZE", help="The largest body of a request.")] = "4MiB",
    grace: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long streams may go on once the server is to stop.")
    ] = 30.0,
) -> None:
    """Serve OpenAI's protocol in front of any model; each answer passes the sanitiser.

    A client of OpenAI needs another base URL, http://127.0.0.1:8000/v1, and no other change. The same address shows a
    page to try it on. The key for an upstream is read from EXPUNGE_UPSTREAM_KEY, for one with a name from
    EXPUNGE_UPSTREAM_KEY_NAME; a provider's own variables count too.

    Until `expunge keys create` has made a key, the server answers its own machine alone, and listens on no other
    address. SIGTERM and Ctrl-C stop it: streams under way end first.
    """
    size = _size(max_body)
    models_to_unlearn = _models_to_unlearn(unlearn or [])
    with waiting("Starting"):
        try:
            from ..serving import app as serving
            from ..serving.access import is_loopback
            from ..serving.limits import Limits
            from ..serving.server import listen, run
            from ..serving.tenants import Tenants
        except ModuleNotFoundError as error:
            raise PrerequisiteError(
                f"The server needs a package: {error}.", fix="Run: pip install 'expunge[serve]'"
            ) from error
    with open_store(store) as register:
        bring_in_step(register)
    limits = Limits(concurrency, queue, queue_timeout, timeout, size)
    with waiting("Loading the agents' models"):
        models = agent_models(agent_model)
    tenants = Tenants(store_path(store), agent_models=models)
    try:
        if not (tenants.has_keys or is_loopback(host)):
            raise InputError(
                f"Whoever reaches {host!r} could use the server: there is no key yet.", fix="Run: expunge keys create"
            )
        with waiting("Opening the register"):
            tenants.open()
        if not tenants.has_keys:
            note("There is no key yet: this machine alone is answered, as administrator (`expunge keys create`).")
        opened = _upstreams(upstream, limits)
        made = serving.create_app(tenants, opened, limits=limits, stream=stream, models_to_unlearn=models_to_unlearn)
        run(made, listen(host, port), grace, lambda address: note(f"Listening on {address}, stopped by Ctrl-C."))
    finally:
        tenants.close()


def _upstreams(wheres: list[str], limits: "Limits") -> "dict[str, Upstream]":
    from ..serving.opening import open_upstream

    upstreams: dict[str, Upstream] = {}
    for where in wheres:
        named = _NAMED.fullmatch(where)
        name, place = named.groups() if named else ("", where)
        if any(variable_of(name) == variable_of(other) for other in upstreams):
            fix = "Give each a name of its own: --upstream big=http://… --upstream small=http://…"
            raise InputError(f"Two upstreams are called {name!r}." if name else "Two upstreams have no name.", fix=fix)
        key = upstream_key(name)
        with waiting(f"Opening {place}"):
            upstreams[name] = open_upstream(place, key.get_secret_value() if key else None, limits)
    return upstreams


def _models_to_unlearn(given: list[str]) -> dict[str, Path]:
    """Read `NAME=DIR`.

    Raises:
        InputError: One is written otherwise, or a name comes twice.
        ModelNotFound: A folder holds no model.
    """
    from ..unlearning.checking import check_model

    models: dict[str, Path] = {}
    for text in given:
        named = _MODEL.fullmatch(text)
        if named is None:
            fix = "Write NAME=DIR; a name has letters, digits, dots, hyphens and underscores."
            raise InputError(f"{text!r} names no model to unlearn from.", fix=fix)
        name, folder = named.groups()
        if name in models:
            raise InputError(f"Two models to unlearn from are called {name!r}.", fix="Give each a name of its own.")
        check_model(Path(folder))
        models[name] = Path(folder).absolute()  # as it is written: where a link leads may change
    return models


def _size(text: str) -> int:
    try:
        return TypeAdapter(Annotated[ByteSize, Field(gt=0)]).validate_python(text)
    except ValidationError:
        raise InputError(f"{text!r} is no size.", fix="Give one such as 4MiB or 500kB.") from None
