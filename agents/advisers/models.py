"""The agents' models: one for all, or one each."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from langchain_core.language_models import BaseChatModel

from ...errors import InputError
from ...models import load_chat_model
from ...schema import Role

AgentModel = str | Path | BaseChatModel
"""A chat model, or what `load_chat_model` takes."""

ROLES: tuple[Role, ...] = get_args(Role)


def load_agent_models(
    model: AgentModel | None, models: Mapping[Role, AgentModel] | None = None
) -> dict[Role, BaseChatModel]:
    """Return the model of each agent that has one; the same name or folder is loaded once.

    Args:
        model: The model of all agents; `None`: those of `models` alone.
        models: Models of single agents.

    Raises:
        InputError: When there is no such agent.
        ModelNotFound: No model has this name or lies at this path.
        PrerequisiteError: A package that a model needs is missing.
    """
    given: dict[Role, AgentModel] = {**({} if model is None else dict.fromkeys(ROLES, model)), **(models or {})}
    if strangers := set(given) - set(ROLES):
        raise InputError(f"There is no agent {min(strangers)!r}.", fix=f"Name one of {', '.join(ROLES)}.")
    loaded: dict[str, BaseChatModel] = {}
    return {role: _load(named, loaded) for role, named in given.items()}


def _load(model: AgentModel, loaded: dict[str, BaseChatModel]) -> BaseChatModel:
    if isinstance(model, BaseChatModel):
        return model
    if not isinstance(model, str | Path):
        raise InputError(
            f"An agent's model is of type {type(model).__name__!r}.", fix="Give a chat model, or its name."
        )
    if str(model) not in loaded:
        loaded[str(model)] = load_chat_model(model)
    return loaded[str(model)]
