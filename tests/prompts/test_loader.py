"""Every prompt loads, and no abstention gives a rule away."""

from pathlib import Path

import pytest
from expunge import prompts


def test_every_file_is_named() -> None:
    folder = Path(prompts.__file__).parent
    assert {path.stem for path in folder.glob("*.md")} == set(prompts.NAMES)


@pytest.mark.parametrize("name", prompts.NAMES)
def test_every_prompt_loads(name: prompts.Name) -> None:
    assert prompts.load(name)


@pytest.mark.parametrize("name", ["abstain-unknown", "abstain-refuse"])
def test_abstentions_name_no_rule(name: prompts.Name) -> None:
    phrases = prompts.load(name).splitlines()
    assert len(phrases) == len(set(phrases)) > 1
    telling = ("policy", "rule", "forget", "unlearn", "privacy", "removed", "registered", "target")
    assert not any(word in phrase.lower() for phrase in phrases for word in telling)
