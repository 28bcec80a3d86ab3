"""The queue of cases for a person: what gets into it, what it holds, and what it never holds."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from expunge.errors import WrongKey
from expunge.schema import Finding, Verdict
from expunge.stores import Keys, reviews
from expunge.stores.reviews import Counts, Evidence, Reviews
from hypothesis import given
from hypothesis import strategies as st

KEYS = Keys("correct horse battery staple")
UNSURE = Finding(
    target="tgt_1", start=3, end=9, where="draft", layer="meaning", score=1.7, threshold=1.4, evidence="a likeness"
)
WITHHELD = Verdict(action="abstain", text="I don't know.", findings=[UNSURE], targets=["tgt_1"], elapsed_ms=2.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.db"


@pytest.fixture
def queue(path: Path) -> Iterator[Reviews]:
    queue = Reviews(path, KEYS)
    yield queue
    queue.close()


def scored(score: float) -> Verdict:
    return WITHHELD.model_copy(update={"findings": [UNSURE.model_copy(update={"score": score})]})


def consider(queue: Reviews, verdict: Verdict = WITHHELD) -> str:
    case_id = queue.consider(verdict, where="chat")
    assert case_id
    return case_id


def test_a_case_is_kept_with_its_evidence(queue: Reviews) -> None:
    before = datetime.now(UTC)
    case_id = consider(queue)
    [case] = queue.open()
    assert (case.id, case.where, case.action, case.targets, case.times) == (case_id, "chat", "abstain", ["tgt_1"], 1)
    assert before <= case.at <= datetime.now(UTC)
    assert case.findings == [
        Evidence(target="tgt_1", where="draft", layer="meaning", score=1.7, threshold=1.4, evidence="a likeness")
    ]
    assert (case.decision, case.decided_at, case.who, case.note) == (None, None, "", "")


@given(
    action=st.sampled_from(["release", "rewrite", "abstain"]),
    certain=st.lists(st.booleans(), max_size=3),
    error=st.sampled_from(["", "TimeoutError"]),
)
def test_a_person_looks_at_errors_and_at_what_was_withheld_on_uncertain_evidence(
    queue: Reviews, action: str, certain: list[bool], error: str
) -> None:
    findings = [UNSURE.model_copy(update={"certain": each}) for each in certain]
    verdict = Verdict.model_validate({"action": action, "text": "", "findings": findings, "error": error})
    kept = queue.consider(verdict, where="check") is not None
    assert kept == (not error and action != "release" and True not in certain)


def test_the_same_case_is_counted_and_one_with_another_score_is_not_the_same(queue: Reviews) -> None:
    first, other = consider(queue), consider(queue, scored(1.9))
    again = consider(queue, WITHHELD.model_copy(update={"elapsed_ms": 9.0, "text": "No idea."}))
    assert first == again != other
    assert [(case.id, case.times) for case in queue.open()] == [(first, 2), (other, 1)]
    assert [case.id for case in queue.open(1)] == [first]


def test_a_decided_case_that_comes_up_again_is_a_new_one(queue: Reviews) -> None:
    first = consider(queue)
    queue.decide(first, "right", "the clerk")
    second = consider(queue)
    queue.decide(second, "wrong", "the clerk")
    assert first != second
    assert [case.id for case in queue.decided()] == [second, first]
    assert queue.decided(1)[0].decision == "wrong"


def test_a_decision_is_kept_with_who_and_when_and_why_and_the_last_one_counts(queue: Reviews, path: Path) -> None:
    case_id = consider(queue)
    assert queue.counts() == Counts(1, 0, 0)
    queue.decide(case_id, "right", "the clerk")
    before = datetime.now(UTC)
    decided = queue.decide(case_id, "wrong", "counsel", "a namesake \ud800 of hers")
    queue.close()
    queue = Reviews(path, KEYS)
    [case] = queue.decided()
    assert case == decided
    assert (case.decision, case.who, case.note, queue.open()) == ("wrong", "counsel", "a namesake \ud800 of hers", [])
    assert case.decided_at
    assert before <= case.decided_at <= datetime.now(UTC)
    assert queue.counts() == Counts(0, 0, 1)
    queue.close()


def test_an_unknown_case_is_not_decided(queue: Reviews) -> None:
    consider(queue)
    assert queue.decide("rev_nobody", "right", "the clerk") is None
    assert queue.counts() == Counts(1, 0, 0)


def test_no_text_and_no_name_is_in_the_file(
    queue: Reviews, path: Path, files_with: Callable[[Path, bytes], list[str]]
) -> None:
    case_id = consider(queue, WITHHELD.model_copy(update={"text": "Taipei, I think"}))
    queue.decide(case_id, "wrong", "Ann Orr", "she lives in Leeds")
    assert [files_with(path.parent, text) for text in (b"Taipei", b"Ann Orr", b"Leeds")] == [[], [], []]
    assert files_with(path.parent, b"tgt_1")


def test_a_note_moved_to_another_case_is_refused(queue: Reviews, path: Path) -> None:
    one, other = consider(queue), consider(queue, scored(2.0))
    queue.decide(one, "right", "the clerk", "about one")
    queue.decide(other, "wrong", "the clerk", "about the other")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE cases SET sealed = (SELECT sealed FROM cases WHERE id = ?)", (one,))
    with pytest.raises(WrongKey):
        queue.decided()


def test_a_full_queue_lets_the_oldest_open_cases_go(queue: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "MOST_OPEN", 3)
    decided = consider(queue, scored(10))
    queue.decide(decided, "right", "the clerk")
    ids = [consider(queue, scored(score)) for score in range(3)]
    consider(queue, scored(0))  # comes up again, and is the newest now
    newest = consider(queue, scored(4))
    assert [case.id for case in queue.open()] == [newest, ids[0], ids[2]]
    assert [case.id for case in queue.decided()] == [decided]


def test_threads_and_other_connections_count_one_case(queue: Reviews, path: Path) -> None:
    other = Reviews(path, KEYS)
    threads = [
        threading.Thread(target=lambda own: [consider(own) for _ in range(20)], args=(own,))
        for own in (queue, queue, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [case.times for case in other.open()] == [60]
    other.close()
