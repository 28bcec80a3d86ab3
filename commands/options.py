"""The options that several commands share, and what they stand for."""

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, StoreBusy
from ..settings import settings
from .console import note, progress, waiting

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..schema import Role
    from ..stores.targets import TargetStore

StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="DIR", help="The folder of the register; by default EXPUNGE_STORE, else ./expunge-store."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")]
WhyOption = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, kept with the change.")]
AgentModelOption = Annotated[
    list[str],
    typer.Option(
        "--agent-model",
        metavar="[AGENT=]MODEL",
        help=(
            "A model for the agents, asked where the rules are uncertain; it is sent the exchange and the targets in "
            "doubt. Give another for one agent with its name: critic=openai:gpt-5. By default the rules alone decide."
        ),
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


_OF_AN_AGENT = re.compile(r"\w*=")


def agent_models(given: list[str]) -> "dict[Role, BaseChatModel]":
    """Load the agents' models: `MODEL` for all of them, `AGENT=MODEL` for one.

    Raises:
        InputError: Two are for all, or for the same agent, or there is no such agent.
        ModelNotFound: No model has this name or lies at this path.
        PrerequisiteError: A package that a model needs is missing.
    """
    from ..agents.advisers.models import ROLES, load_agent_models

    named: dict[Role | None, str] = {}
    for option in given:
        role = next((role for role in ROLES if option.startswith(f"{role}=")), None)
        if role is None and _OF_AN_AGENT.match(option):
            raise InputError(f"{option!r} names no agent.", fix=f"Name one of {', '.join(ROLES)}, or give MODEL alone.")
        if role in named:
            raise InputError(f"Two models are given for {role or 'all agents'}.", fix="Give it once.")
        named[role] = option.removeprefix(f"{role}=")
    every = named.pop(None, None)
    return load_agent_models(every, {role: model for role, model in named.items() if role})


def store_path(path: Path | None) -> Path:
    """Return the folder of the register that is meant."""
    return settings().store if path is None else path


def open_store(path: Path | None, *, create: bool = False, embeddings: str | None = None) -> "TargetStore":
    """Open the register; changes are recorded under the name of the system's user.

    Args:
        path: Its folder; `None`: that of the settings.
        create: Make one when there is none.
        embeddings: The embedding model; `None`: that of the settings.

    Raises:
        InputError: There is no register, and none is to be made.
        StoreError: It cannot be opened.
    """
    from ..stores.opening import is_register
    from ..stores.targets import TargetStore

    folder = store_path(path)
    if not create and not is_register(folder):
        fix = "Make one with `expunge targets add`, or say where it is with --store or EXPUNGE_STORE."
        raise InputError(f"There is no register in {str(folder)!r}.", fix=fix)
    return TargetStore(folder, embeddings=embeddings, actor=user())


def bring_in_step(store: "TargetStore") -> None:
    """Embed what was registered since the index was last used, with a bar: it can take a while.

    Raises:
        EmbeddingMismatch: The index holds another embedding model's vectors.
        PrerequisiteError: The embedding model is missing.
    """
    with waiting("Loading the embedding model"):
        store.embedder  # noqa: B018 - it is loaded when first asked for
    with progress("Embedding targets", len(store)) as done:
        store.sync(done)


def bring_in_step_if_free(store: "TargetStore") -> None:
    """Do the same, unless another process owns the index: that process embeds the rest itself."""
    try:
        bring_in_step(store)
    except StoreBusy:
        note("Another process owns the index, and embeds the new targets when it next uses it.")


def user() -> str:
    """Return the name of the system's user; empty where there is none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as containers have them
        return ""
