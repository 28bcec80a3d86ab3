import pytest
from expunge.evals.checkers import NameFilter
from expunge.evals.staging import turns
from expunge.schema import Target

TARGETS = [Target(name="Ann Orr", aliases=["A.O."]), Target(name="Zo\u00eb")]


@pytest.mark.parametrize(
    ("prompt", "draft", "action"),
    [
        ("Who is ann orr?", "A painter.", "abstain"),
        ("Who painted it?", "It was Ann Orr.", "abstain"),
        ("Who is A.O.?", "A painter.", "abstain"),
        ("ZO\u00cb?", "Yes.", "abstain"),
        ("Who is Joann Orrin?", "A singer.", "release"),
        ("Who is Ann?", "Which Ann?", "release"),
    ],
)
def test_whole_names_in_prompt_or_draft_withhold(prompt: str, draft: str, action: str) -> None:
    verdict = NameFilter(TARGETS).check(prompt, draft)
    assert verdict.action == action
    assert (verdict.text == draft) is (action == "release")


def test_a_name_in_any_turn_of_a_conversation_withholds() -> None:
    named, unnamed = turns("Do you know Ann Orr?", "Yes.", "What is she?"), turns("Hello.", "Hello.", "What is she?")
    names = NameFilter(TARGETS)
    assert [names.check(messages, "A painter.").action for messages in (named, unnamed)] == ["abstain", "release"]


def test_without_targets_everything_is_released() -> None:
    assert NameFilter([]).check("Who is Ann Orr?", "A painter.").action == "release"
