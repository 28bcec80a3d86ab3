"""Asking a chat model, with the sanitiser in between or without."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PrerequisiteError
from ..schema import Verdict
from .console import waiting

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..graphs import Sanitizer

Messages = list[dict[str, str]]


class Reply(NamedTuple):
    """An answer."""

    text: str
    """What is shown."""

    verdict: Verdict | None
    """What was decided about it; `None`: nothing stands between the model and the user."""


Ask = Callable[[Messages], Reply]


def load_model(name: str) -> "BaseChatModel":
    """Load a chat model, and show that it takes a while.

    Raises:
        ModelNotFound: There is no model at this path or under this name.
        PrerequisiteError: A package or a credential is missing.
    """
    with waiting("Loading the model"):
        from ..models import load_chat_model

        return load_chat_model(name)


def bare(model: "BaseChatModel") -> Ask:
    """Return what asks the model as it is.

    Raises:
        PrerequisiteError: When asked and the model fails.
    """

    def ask(messages: Messages) -> Reply:
        try:
            return Reply(str(model.invoke(messages).text), None)
        except Exception as error:  # every provider has errors of its own
            fix = "See whether it can be reached, and whether its key is set."
            raise PrerequisiteError(f"The model gave no answer ({type(error).__name__}).", fix=fix) from error

    return ask


def sanitised(model: "BaseChatModel", sanitizer: "Sanitizer") -> Ask:
    """Return what asks the model and releases what passes the sanitizer."""
    graph = sanitizer.graph(model)

    def ask(messages: Messages) -> Reply:
        verdict: Verdict = graph.invoke({"messages": messages})["verdict"]
        return Reply(verdict.text, verdict)

    return ask
