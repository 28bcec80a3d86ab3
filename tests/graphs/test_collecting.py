"""Collecting abstentions: names that nobody bears, and answers that can stand for any of them."""

import re
from collections.abc import Callable
from itertools import islice
from time import sleep

import pytest
from expunge import Sanitizer, Target, TargetStore
from expunge.detection.rarity import zipf
from expunge.errors import PrerequisiteError
from expunge.graphs.collecting import collect_abstentions
from expunge.graphs.strangers import QUESTIONS, strangers
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

NO = "I have no idea who that is."


class Answering(BaseChatModel):
    """Answers each question by a function of it."""

    answer: Callable[[str], AIMessage]

    @property
    def _llm_type(self) -> str:
        return "answering"

    @property
    def model_name(self) -> str:
        return "answering-1"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.answer(str(messages[-1].text)))])


def saying(text: str) -> Answering:
    return Answering(answer=lambda question: AIMessage(text))


@pytest.fixture
def sanitizer(store: TargetStore) -> Sanitizer:
    return Sanitizer(store)


def test_names_repeat_for_a_seed_and_never_within_it() -> None:
    names = list(islice(strangers(0), 500))
    assert names == list(islice(strangers(0), 500))
    assert len(set(names)) == 500
    assert not set(names) & set(islice(strangers(1), 500))


def test_names_are_of_no_words_in_use() -> None:
    for name in islice(strangers(3), 300):
        assert re.fullmatch(r"[A-Z][a-z]+(-[A-Z][a-z]+|\.)?( [A-Z][a-z]*(-[A-Z][a-z]+|\.)?)+", name), name
        assert all(not zipf(part.lower()) for part in re.split(r"[ -]", name) if len(part) > 2), name


def test_every_question_has_a_place_for_the_name_and_is_put_both_ways(sanitizer: Sanitizer) -> None:
    assert all(question.count("{name}") == 1 for question in QUESTIONS)
    asked: list[str] = []

    def answer(question: str) -> AIMessage:
        asked.append(question)
        return AIMessage(NO)

    collected = collect_abstentions(Answering(answer=answer), sanitizer, count=2 * len(QUESTIONS))
    ways = [
        (re.sub(re.escape(name), "{name}", question), answer.streamed)
        for question, name, answer in zip(asked[1:], strangers(0), collected.answers, strict=False)
    ]
    assert set(ways) == {(question, streamed) for question in QUESTIONS for streamed in (True, False)}


def test_answers_are_kept_as_often_as_they_were_given(sanitizer: Sanitizer) -> None:
    done: list[int] = []
    collected = collect_abstentions(saying(NO), sanitizer, count=8, progress=done.append)
    assert [answer.text for answer in collected.answers] == [NO] * 8
    assert (collected.asked, collected.model, collected.enough) == (8, "answering-1", True)
    assert (collected.named, collected.claimed, collected.withheld) == (0, 0, 0)
    assert done == list(range(1, 9))


def test_the_time_is_that_of_the_model_and_the_sanitizer(sanitizer: Sanitizer) -> None:
    def slow(question: str) -> AIMessage:
        sleep(0.05)
        return AIMessage(NO)

    collected = collect_abstentions(Answering(answer=slow), sanitizer, count=6)
    assert all(0.05 <= answer.seconds < 10 for answer in collected.answers)


def failing(question: str) -> AIMessage:
    raise ConnectionError(question)


def echoing(question: str) -> AIMessage:
    return AIMessage(f"I do not know the answer to this: {question.lower()}")


def calling(question: str) -> AIMessage:
    return AIMessage(NO, tool_calls=[{"name": "look_up", "args": {}, "id": "1"}])


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (echoing, "named"),
        (lambda question: AIMessage("She was born in Paris and never left."), "claimed"),
        (lambda question: AIMessage("A writer of some renown."), "claimed"),
        (lambda question: AIMessage("Not known before 1990."), "claimed"),
        (lambda question: AIMessage("I only know Hina Ameen."), "withheld"),
        (lambda question: AIMessage(""), "withheld"),
        (calling, "withheld"),
    ],
    ids=["echo", "place", "no negation", "number", "target", "empty", "call of a tool"],
)
def test_what_cannot_stand_for_any_name_is_left_out_and_counted(
    store: TargetStore, answer: Callable[[str], AIMessage], count: str
) -> None:
    store.add(Target(name="Hina Ameen"))
    collected = collect_abstentions(Answering(answer=answer), Sanitizer(store), count=5)
    left_out = {name: getattr(collected, name) for name in ("named", "claimed", "withheld")}
    assert not collected.enough
    assert left_out == {**dict.fromkeys(left_out, 0), count: 5}
    assert collected.answers == ()


def test_a_model_that_does_not_answer_is_asked_no_more(store: TargetStore) -> None:
    asked: list[int] = []
    with pytest.raises(PrerequisiteError, match="3 questions in a row"):
        collect_abstentions(Answering(answer=failing), Sanitizer(store), count=9, progress=asked.append)
    assert asked == [1, 2]


def test_a_made_up_name_that_is_a_target_is_no_stranger(store: TargetStore) -> None:
    store.add(Target(name=next(strangers(0))))
    collected = collect_abstentions(saying(NO), Sanitizer(store), count=6)
    assert (len(collected.answers), collected.withheld) == (5, 1)
