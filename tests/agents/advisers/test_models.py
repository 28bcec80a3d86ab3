"""The agents' models: one for all, others for some, each loaded once."""

from pathlib import Path

import pytest
from expunge.agents.advisers import AgentModel, load_agent_models, models
from expunge.errors import InputError, ModelNotFound
from expunge.schema import Role
from expunge.tests.agents.advisers.scripted import Scripted
from langchain_core.language_models import BaseChatModel

ROLES: tuple[Role, ...] = ("vetter", "auditor", "rewriter", "critic")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that were loaded."""
    names: list[str] = []

    def load(model: str | Path) -> BaseChatModel:
        names.append(str(model))
        return Scripted()

    monkeypatch.setattr(models, "load_chat_model", load)
    return names


def test_without_a_model_there_is_none() -> None:
    assert load_agent_models(None) == {}
    assert load_agent_models(None, {}) == {}


def test_one_model_is_for_all(loaded: list[str]) -> None:
    found = load_agent_models("small")
    assert set(found) == set(ROLES)
    assert len({id(model) for model in found.values()}) == 1
    assert loaded == ["small"]


def test_a_single_agents_model_comes_before_that_of_all(loaded: list[str]) -> None:
    own = Scripted()
    found = load_agent_models("small", {"critic": "big", "auditor": own})
    assert loaded == ["small", "big"]
    assert found["auditor"] is own
    assert found["vetter"] is found["rewriter"]
    assert len({id(found[role]) for role in ROLES}) == 3


def test_the_same_name_or_folder_is_loaded_once(loaded: list[str]) -> None:
    given: dict[Role, AgentModel] = {"critic": "small", "vetter": Path("small"), "rewriter": Path("big")}
    found = load_agent_models("small", given)
    assert loaded == ["small", "big"]
    assert found["critic"] is found["vetter"] is found["auditor"]


def test_some_agents_may_work_by_rules(loaded: list[str]) -> None:
    assert set(load_agent_models(None, {"critic": "big"})) == {"critic"}


def test_there_are_four_agents(loaded: list[str]) -> None:
    with pytest.raises(InputError, match="'judge'") as raised:
        load_agent_models("small", {"judge": "big"})  # type: ignore[dict-item]
    assert all(role in raised.value.fix for role in ROLES)
    assert loaded == []


def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelNotFound, match="no-such-model"):
        load_agent_models("no-such-model")
