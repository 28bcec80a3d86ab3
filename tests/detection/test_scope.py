"""Scope: two memories of one subject, what is nearer to which, and what other targets teach."""

import numpy as np
import pytest
from expunge.detection.scope import FLOOR, LEVELS, Judgement, Memory, ScopeJudge, Side
from expunge.schema import TargetKind, Vectors
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

DIMENSIONS = 48
ADDRESS, PARENTS, BOOKS, PRIZES, WEATHER = range(5)


def texts(attributes: list[int], subject: int, seed: int) -> Vectors:
    """Vectors of texts: an attribute each, the subject in all of them, and some noise."""
    points = np.random.default_rng(seed).normal(0, 0.04, (len(attributes), DIMENSIONS))
    points[np.arange(len(attributes)), attributes] += 1
    points[:, 8 + subject] += 0.7
    return unit(points)


def unit(points: NDArray[np.float64]) -> Vectors:
    rows: Vectors = (points / np.linalg.norm(points, axis=-1, keepdims=True)).astype(np.float32)
    return rows


def name(subject: int) -> Vectors:
    return unit(np.eye(DIMENSIONS)[8 + subject])


def memory(subject: int, forget: list[int], keep: list[int], kind: TargetKind = "person") -> Memory:
    return Memory(kind, name(subject), texts(forget, subject, subject), texts(keep, subject, subject + 500))


class Register:
    """Memories by id, and a judge that is trained on all of them."""

    def __init__(self, memories: dict[str, Memory]) -> None:
        self._memories = memories
        self._judge = ScopeJudge(memories)

    def judge(self, target: str, passages: Vectors, prefer: Side = "forget") -> Judgement:
        return self._judge.probe(target, self._memories[target]).judge(passages, prefer)

    def told(self, target: str, attributes: list[int], subject: int = 0) -> list[bool]:
        judgement = self.judge(target, texts(attributes, subject, 900))
        return [score > judgement.threshold for score in judgement.scores]


def test_the_nearer_memory_decides() -> None:
    judge = Register({"one": memory(0, [ADDRESS, PARENTS], [BOOKS, PRIZES])})
    assert judge.told("one", [ADDRESS, PARENTS, BOOKS, PRIZES]) == [True, True, False, False]


def test_what_is_about_something_else_is_left_alone() -> None:
    judge = Register({f"t{i}": memory(i, [ADDRESS, PARENTS], [BOOKS, PRIZES]) for i in range(12)})
    aside = texts([WEATHER], 30, 900)
    assert float((aside @ texts([ADDRESS, PARENTS], 0, 0).T).max()) < FLOOR
    assert judge.judge("t0", aside).scores == [-1.0]


def test_others_teach_what_is_not_said_of_one() -> None:
    alone = Register({"one": memory(0, [ADDRESS], [BOOKS])})
    others = {f"t{i}": memory(i, [ADDRESS, PARENTS], [BOOKS, PRIZES]) for i in range(1, 12)}
    among = Register({"one": memory(0, [ADDRESS], [BOOKS]), **others})
    assert alone.told("one", [PARENTS]) == [False]
    assert among.told("one", [ADDRESS, PARENTS, BOOKS, PRIZES]) == [True, True, False, False]


def test_who_wants_the_contrary_of_all_others_gets_it() -> None:
    others = {f"t{i}": memory(i, [ADDRESS, PARENTS], [BOOKS, PRIZES]) for i in range(1, 12)}
    contrary = {"one": memory(0, [BOOKS, PRIZES], [ADDRESS, PARENTS])}
    judge = Register({**contrary, **others})
    assert judge.told("one", [ADDRESS, PARENTS, BOOKS, PRIZES]) == [False, False, True, True]
    assert judge.told("t1", [ADDRESS, PARENTS, BOOKS, PRIZES], subject=1) == [True, True, False, False]


def test_kinds_do_not_mix() -> None:
    records = {f"r{i}": memory(i, [BOOKS, PRIZES], [ADDRESS, PARENTS], "record") for i in range(1, 12)}
    judge = Register({"one": memory(0, [ADDRESS], []), **records})
    assert judge.told("one", [ADDRESS, BOOKS]) == [True, False]
    assert not judge.judge("one", texts([BOOKS], 0, 900)).contrasts


@pytest.mark.parametrize(("attribute", "flagged"), [(ADDRESS, True), (PARENTS, False), (BOOKS, False)])
def test_one_document_and_nothing_kept_covers_what_repeats_it(attribute: int, flagged: bool) -> None:
    judge = Register({"one": memory(0, [ADDRESS], [])})
    assert judge.told("one", [attribute]) == [flagged]


def test_the_threshold_holds_its_level_on_kept_texts_that_were_not_registered() -> None:
    rng = np.random.default_rng(4)
    people = {f"t{i}": _mixed(rng, i) for i in range(60)}
    judge = Register(people)
    for side in LEVELS:
        kept = [judge.judge(f"t{i}", _mixed(rng, i).keep, side) for i in range(60)]
        flagged = np.mean([score > found.threshold for found in kept for score in found.scores])
        assert flagged < 2 * LEVELS[side] + 0.01
    forget, keep = (judge.judge("t0", people["t0"].keep, side).threshold for side in ("forget", "keep"))
    assert forget <= 0 <= keep


def _mixed(rng: np.random.Generator, subject: int) -> Memory:
    """Texts each of which holds a little of the other side too."""
    points = rng.normal(0, 0.1, (8, DIMENSIONS))
    points[:4, [ADDRESS, PARENTS]] += rng.uniform(0, 1, (4, 2))
    points[4:, [BOOKS, PRIZES]] += rng.uniform(0, 1, (4, 2))
    points[:, [ADDRESS, PARENTS, BOOKS, PRIZES]] += rng.uniform(0, 0.5, (8, 4))
    return Memory("person", name(subject % 30), unit(points[:4]), unit(points[4:]))


@given(
    sizes=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=6),
    alike=st.booleans(),
)
def test_any_memories_give_finite_scores(sizes: list[tuple[int, int]], alike: bool) -> None:
    def attributes(count: int) -> list[int]:
        return [ADDRESS if alike else i % 5 for i in range(count)]

    judge = Register({f"t{i}": memory(i, attributes(n), attributes(m)) for i, (n, m) in enumerate(sizes)})
    for target in range(len(sizes)):
        judgement = judge.judge(f"t{target}", texts([ADDRESS, WEATHER], target, 900))
        assert len(judgement.scores) == 2
        assert np.isfinite([*judgement.scores, judgement.threshold]).all()
