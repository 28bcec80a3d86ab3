"""Subjects by label, with a control among them, and what is said of them by the target's id."""

from dataclasses import dataclass

import pytest
from expunge import Target
from expunge.agents.advisers import Spending
from expunge.agents.advisers.controls import Control
from expunge.agents.advisers.lineup import CONTROL, Lineup, side_by_side
from expunge.schema import AgentCall

TARGETS = [Target(name="Hina Ameen", id="tgt_1"), Target(name="Ann Orr", id="tgt_2")]
LABELS = ["AA", "EF", "JL"]
ORDERS = pytest.mark.parametrize("swapped", [False, True], ids=["last", "first"])


@dataclass(frozen=True)
class Says:
    subject: str
    relation: str = "asked"


def spending() -> Spending:
    return Spending(0.0, [AgentCall(agent="vetter", outcome="answered")])


def control(*, swapped: bool) -> Control:
    return Control("Albandan Breenfir", "Corilgar", 1950, swapped, b"\0\0\0\0")


@ORDERS
def test_each_subject_is_judged_in_its_own_text(swapped: bool) -> None:
    lineup = Lineup.of(TARGETS, "Who is Hina Ameen?", control(swapped=swapped))
    texts = side_by_side("the real one", "the control's", swapped=swapped)
    judged = {text.splitlines()[0]: texts[label.split()[-1]] for label, text in lineup.blocks.items()}
    assert judged == {
        "Name: Hina Ameen": "the real one",
        "Name: Ann Orr": "the real one",
        "Name: Albandan Breenfir": "the control's",
    }
    assert [label.split()[0] for label in lineup.blocks] == LABELS
    assert list(lineup.ids.values()).index(CONTROL) == (0 if swapped else 2)


@ORDERS
def test_what_is_said_is_returned_by_the_targets_id(swapped: bool) -> None:
    lineup = Lineup.of(TARGETS, "", control(swapped=swapped))
    said = lineup.believe([Says(label) for label in reversed(LABELS)], {"asked"}, spending())
    assert set(said) == {"tgt_1", "tgt_2", CONTROL}
    assert all(lineup.ids[one.subject] == key for key, one in said.items())
    assert lineup.blocks[f"{said['tgt_1'].subject} in {2 if swapped else 1}"].startswith("Name: Hina Ameen")


@pytest.mark.parametrize("given", ["", "AA EF", "AA EF EF", "AA EF JL JL", "AA EF JL NR", "AA EF NR", "aa ef jl"])
def test_a_subject_too_few_too_many_or_twice_is_no_answer(given: str) -> None:
    lineup = Lineup.of(TARGETS, "", control(swapped=False))
    spent = spending()
    assert lineup.believe([Says(label) for label in given.split()], {"asked"}, spent) == {}
    assert spent.entries[0].outcome == "malformed"


def test_nothing_is_believed_where_the_control_is_wrong() -> None:
    lineup, spent = Lineup.of(TARGETS, "", control(swapped=False)), spending()
    assert lineup.believe([Says(label) for label in LABELS], {"unrelated"}, spent) == {}
    assert spent.entries[0].outcome == "contradictory"
