"""Registers made of topic questions."""

import pytest
from expunge.errors import InputError
from expunge.evals.cases import Case
from expunge.evals.topics import NEAR, splits


def asked(role: str, form: str, count: int, target: str | None = None) -> list[Case]:
    return [
        Case.model_validate({"id": f"{form}-{n}", "set": "made-up", "role": role, "form": form, "target": target}
                            | {"question": f"Question {n} on {form}?"})
        for n in range(count)
    ]  # fmt: skip


CASES = [
    *asked("forget", "bio", 10, "bio"),
    *asked("forget", "cyber", 6, "cyber"),
    *asked("retain", "virology", 8),
    *asked("retain", "philosophy", 5),
]


def test_nothing_that_is_asked_was_registered() -> None:
    for split in splits(CASES):
        (target,) = split.targets
        assert not {case.question for case in split.cases} & {*target.documents, *target.keep}


def test_half_of_a_topic_and_of_its_near_subjects_is_registered() -> None:
    bio, cyber = splits(CASES)
    assert (len(bio.targets[0].documents), len(bio.targets[0].keep)) == (5, 4)
    assert (len(cyber.targets[0].documents), len(cyber.targets[0].keep)) == (3, 0)
    assert sum(case.form == "philosophy" for case in bio.cases) == 5
    assert sum(case.form == "virology" for case in cyber.cases) == 8


def test_near_subjects_and_others_are_sets_of_their_own() -> None:
    bio, cyber = splits(CASES)
    sets = {(case.set, case.role, case.form) for case in bio.cases}
    assert sets == {
        ("made-up", "forget", "bio"),
        ("made-up near", "retain", "virology"),
        ("made-up far", "retain", "philosophy"),
    }
    assert {case.set for case in cyber.cases if case.role == "retain"} == {"made-up far"}


def test_no_other_topic_is_asked() -> None:
    for split in splits(CASES):
        assert {case.target for case in split.cases if case.role == "forget"} == {split.name}


def test_another_seed_halves_in_another_way() -> None:
    assert splits(CASES, seed=0)[0].targets != splits(CASES, seed=1)[0].targets
    assert splits(CASES, seed=0) == splits(CASES, seed=0)


def test_a_question_that_stands_twice_is_not_asked_when_it_was_registered() -> None:
    twice = [case.model_copy(update={"id": case.id + "-again"}) for case in CASES]
    for split in splits([*CASES, *twice]):
        (target,) = split.targets
        assert not {case.question for case in split.cases} & {*target.documents, *target.keep}


def test_a_topic_without_near_subjects_is_refused() -> None:
    with pytest.raises(InputError, match="'chess-0'"):
        splits(asked("forget", "chess", 2, "chess"))
    assert set(NEAR) == {"bio", "cyber"}
