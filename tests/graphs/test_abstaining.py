"""Abstentions in the words of the wrapped model, and in its time."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore
from expunge.errors import UnreadableStore
from expunge.graphs.abstaining import ORDINARY, Abstaining, says_nothing
from expunge.prompts import load
from expunge.stores.abstentions import Abstention, Abstentions
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage

SECRET = "Hina Ameen"
ASK = f"Where was {SECRET} born?"
NO, NEVER = "That rings no bell.", "I have never heard of that."
WAIT_S = 1.0


def collected(*texts: str, seconds: float = WAIT_S, streamed: bool = False) -> Abstentions:
    return Abstentions(answers=tuple(Abstention(text=text, seconds=seconds, streamed=streamed) for text in texts))


@pytest.fixture
def sanitizer(store: TargetStore) -> Sanitizer:
    store.add(Target(name=SECRET))
    store.set_abstentions(collected(*[NO] * 5))
    return Sanitizer(store)


def timed(sanitizer: Sanitizer, question: str = ASK) -> tuple[str, float]:
    began = perf_counter()
    told = sanitizer.graph(FakeListChatModel(responses=["In Karachi."])).invoke({"messages": [("user", question)]})
    return str(told["messages"][-1].text), perf_counter() - began


def test_an_abstention_has_the_words_and_the_time_of_the_model(sanitizer: Sanitizer) -> None:
    sanitizer.check("Hello!")
    text, seconds = timed(sanitizer)
    assert text == NO
    assert seconds >= WAIT_S


async def test_the_graph_waits_beside_the_event_loop_too(sanitizer: Sanitizer) -> None:
    graph = sanitizer.graph(FakeListChatModel(responses=["In Karachi."]))
    began = perf_counter()
    told = await graph.ainvoke({"messages": [("user", ASK)]})
    assert str(told["messages"][-1].text) == NO
    assert perf_counter() - began >= WAIT_S


def test_a_check_calls_no_model_and_waits_for_none(sanitizer: Sanitizer) -> None:
    sanitizer.check("Hello!")
    began = perf_counter()
    verdict = sanitizer.check(ASK, "In Karachi.")
    assert (verdict.action, verdict.text) == ("abstain", NO)
    assert perf_counter() - began < WAIT_S
    assert verdict.elapsed_ms < WAIT_S * 1000


def test_what_is_recorded_is_the_work_and_not_the_wait(sanitizer: Sanitizer, store: TargetStore) -> None:
    sanitizer.check("Hello!")
    timed(sanitizer)
    [entry] = store.ledger.entries(1, newest_first=True)
    assert entry.elapsed_ms < WAIT_S * 1000


def test_nothing_that_is_released_waits(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    assert session.finish(AIMessage("Bob Ray won.")).hold_s == 0


def test_an_abstention_after_a_draft_waits_for_what_is_left(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?", "buffer")
    released = session.finish(AIMessage(f"{SECRET} won."))
    assert (released.verdict.action, released.message.text) == ("abstain", NO)
    assert released.took_s + released.hold_s == pytest.approx(WAIT_S)


def test_an_error_is_told_at_once(sanitizer: Sanitizer) -> None:
    released = sanitizer.begin("Who won?", "buffer").fail(ValueError("no"))
    assert (released.verdict.action, released.verdict.error, released.hold_s) == ("abstain", "ValueError", 0)


def test_a_refusal_is_told_at_once_in_its_own_words(store: TargetStore, sanitizer: Sanitizer) -> None:
    refusing = sanitizer.with_policy(Policy(abstain="refuse"))
    released = refusing.begin(ASK).finish()
    assert released.message.text in load("abstain-refuse").splitlines()
    assert released.hold_s == 0


def test_it_never_waits_past_the_deadline(store: TargetStore, sanitizer: Sanitizer) -> None:
    store.set_abstentions(collected(*[NO] * 5, seconds=1000.0))
    released = sanitizer.with_policy(Policy(deadline_s=2.0)).begin(ASK).finish()
    assert 1.0 < released.hold_s <= 2.0


def test_a_sanitizer_follows_what_is_set_and_taken_back(store: TargetStore, sanitizer: Sanitizer) -> None:
    built_in = load("abstain-unknown").splitlines()
    assert sanitizer.check(ASK).text == NO
    store.set_abstentions(collected(*[NEVER] * 5))
    assert sanitizer.check(ASK).text == NEVER
    store.set_abstentions(None)
    assert sanitizer.check(ASK).text in built_in
    store.set_abstentions(collected(*[NO] * 4))
    assert sanitizer.check(ASK).text in built_in, "four are not enough to be drawn from"


def test_the_same_question_has_the_same_words_and_others_have_others(store: TargetStore, sanitizer: Sanitizer) -> None:
    store.set_abstentions(collected(NO, NEVER, *[NO, NEVER] * 4))
    questions = [f"{ASK} {number}" for number in range(40)]
    told = [sanitizer.check(question).text for question in questions]
    assert set(told) == {NO, NEVER}
    assert told == [Sanitizer(store).check(question).text for question in questions]


def test_words_come_as_often_as_the_model_says_them(store: TargetStore) -> None:
    store.set_abstentions(collected(*[NO] * 9, NEVER))
    abstaining = Abstaining(store)
    told = [abstaining.choose(f"question {n}", streamed=False, refuses=False).text for n in range(600)]
    assert 0.05 < told.count(NEVER) / len(told) < 0.16


def test_a_question_is_answered_as_the_model_answers_questions_like_it(store: TargetStore) -> None:
    born, tell = "Where was  born?", "Tell me about ."
    answers = [Abstention(text=text, seconds=0.1, question=ask) for text, ask in [(NO, born), (NEVER, tell)] * 4]
    store.set_abstentions(Abstentions(answers=tuple(answers)))
    abstaining = Abstaining(store)

    def told(ask: str) -> set[str]:
        texts = (abstaining.choose(f"{ask}{' ' * number}", streamed=False, refuses=False).text for number in range(30))
        return set(texts)

    assert told(ASK) == told(f"And where was {SECRET} born, please?") == {NO}
    assert told(f"Tell me more about {SECRET}.") == {NEVER}
    assert told(SECRET) == {NO, NEVER}, "where no question is alike, all count"


def seconds_of(abstaining: Abstaining, *, streamed: bool = False, ask: str = ASK) -> set[float]:
    return {abstaining.choose(ask, streamed=streamed, refuses=False).seconds for _ in range(200)}


def test_times_are_drawn_anew_among_those_of_the_same_words(store: TargetStore) -> None:
    times = [(NO, 0.1, False), (NO, 0.2, False), (NO, 0.3, True), (NO, 0.4, False), (NO, 0.5, False)]
    answers = [Abstention(text=text, seconds=seconds, streamed=streamed) for text, seconds, streamed in times]
    store.set_abstentions(Abstentions(answers=tuple(answers)))
    abstaining = Abstaining(store)
    assert seconds_of(abstaining) == {0.1, 0.2, 0.4, 0.5}
    assert seconds_of(abstaining, streamed=True) == {0.3}


def test_where_none_was_streamed_the_others_count(store: TargetStore) -> None:
    store.set_abstentions(collected(*[NO] * 5))
    assert seconds_of(Abstaining(store), streamed=True) == {WAIT_S}


def answer(sanitizer: Sanitizer, question: str, text: str) -> float:
    return sanitizer.begin(question, "buffer").finish(AIMessage(text)).took_s


def held(sanitizer: Sanitizer) -> float:
    released = sanitizer.begin(ASK, "buffer").finish()
    return released.took_s + released.hold_s


def test_how_long_the_model_took_lately_counts_first(sanitizer: Sanitizer) -> None:
    assert held(sanitizer) == pytest.approx(WAIT_S)
    lately = [answer(sanitizer, f"Who is Bob Ray {number}?", NO) for number in range(5)]
    seconds = held(sanitizer)
    assert seconds < WAIT_S
    assert min(lately) <= seconds + 1e-9


@pytest.mark.parametrize(
    ("question", "text"),
    [("Who is Bob Ray?", "He won."), ("Who is Bob Ray?" + " really" * ORDINARY, NO)],
    ids=["another answer", "a long question"],
)
def test_other_exchanges_do_not_count(sanitizer: Sanitizer, question: str, text: str) -> None:
    for _ in range(6):
        answer(sanitizer, question, text)
    assert held(sanitizer) == pytest.approx(WAIT_S)


def test_checks_do_not_count_for_they_take_no_model(sanitizer: Sanitizer) -> None:
    for _ in range(6):
        assert sanitizer.check("Who is Bob Ray?", NO).action == "release"
    assert held(sanitizer) == pytest.approx(WAIT_S)


def test_damaged_abstentions_stop_a_sanitizer_and_release_nothing(sanitizer: Sanitizer, store: TargetStore) -> None:
    with closing(sqlite3.connect(Path(store.path, "register.db"))) as database, database:
        database.execute("UPDATE meta SET value = zeroblob(64) WHERE name LIKE 'abstentions/%'")
    verdict = sanitizer.check(ASK, "In Karachi.")
    assert (verdict.action, verdict.error) == ("abstain", "UnreadableStore")
    assert verdict.text == load("abstain-unknown").splitlines()[0]
    with pytest.raises(UnreadableStore, match="abstentions"):
        Sanitizer(store)


def fed(sanitizer: Sanitizer, pieces: Sequence[str]) -> list[str]:
    session = sanitizer.begin("Who is Bob Ray?")
    given = [session.feed(piece).text for piece in pieces]
    return [*filter(None, given), session.finish().rest]


TWO = ["I do not know ", "that person. ", "Is there more ", "that you can tell me?"]


def test_a_stream_that_begins_like_an_abstention_comes_in_one_piece_too(sanitizer: Sanitizer) -> None:
    assert fed(sanitizer, TWO) == ["".join(TWO)]
    facts = ["I do not know that person. ", "He won in Rome. ", "It rained ", "all day."]
    assert fed(sanitizer, facts) == ["I do not know that person. He won in Rome. ", "It rained all day."]


def test_without_collected_abstentions_it_comes_sentence_by_sentence(sanitizer: Sanitizer, store: TargetStore) -> None:
    store.set_abstentions(None)
    assert fed(sanitizer, TWO) == ["I do not know that person. ", "Is there more that you can tell me?"]


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("I do not have any information about that.", True),
        ("I\u2019m sorry, but I couldn't find anyone by that name.", True),
        ("I'm not aware of anybody of that name. Could you tell me more?", True),
        ("", False),
        ("That is a writer.", False),
        ("I do not know, but it may be in Paris.", False),
        ("I am not sure; it was in 1950.", False),
        ("I do not know, though a palaeontologist would.", False),
    ],
)
def test_what_says_nothing(text: str, nothing: bool) -> None:
    assert says_nothing(text) is nothing
