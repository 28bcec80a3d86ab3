"""Asking a chat model, with the sanitiser in between or without."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ExpungeError, PrerequisiteError
from ..schema import Verdict
from .console import waiting

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..graphs import Sanitizer

Messages = list[dict[str, str]]
Say = Callable[[Messages], str]
Decide = Callable[[Messages], Verdict]


def load_model(name: str) -> "BaseChatModel":
    """Load a chat model, and show that it takes a while.

    Raises:
        ModelNotFound: There is no model at this path or under this name.
        PrerequisiteError: A package or a credential is missing.
    """
    with waiting("Loading the model"):
        from ..models import load_chat_model

        return load_chat_model(name)


def bare(model: "BaseChatModel") -> Say:
    """Return what asks the model as it is.

    Raises:
        PrerequisiteError: When asked and the model fails.
    """

    def say(messages: Messages) -> str:
        try:
            return str(model.invoke(messages).text)
        except ExpungeError:
            raise
        except Exception as error:  # every provider has errors of its own
            fix = "See whether it can be reached, and whether its key is set."
            raise PrerequisiteError(f"The model gave no answer ({type(error).__name__}).", fix=fix) from error

    return say


def sanitised(model: "BaseChatModel", sanitizer: "Sanitizer") -> Decide:
    """Return what asks the model, and decides what of its answer is released."""
    graph = sanitizer.graph(model)

    def decide(messages: Messages) -> Verdict:
        verdict: Verdict = graph.invoke({"messages": messages})["verdict"]
        return verdict

    return decide
