"""What rules read in a model's answers: no refusals, no small talk, names where they are said to be names."""

import pytest
from expunge import Target
from expunge.schema import TargetKind
from expunge.stores.claims import Mined, Relation, read_by_rules
from hypothesis import given
from hypothesis import strategies as st

ANN = Target(name="Ann Orr")


def facts(answer: str, target: Target = ANN) -> list[str]:
    return read_by_rules(target, [answer]).facts


@pytest.mark.parametrize(
    "refusal",
    [
        "I do not have any information about that.",
        "I'm sorry, but I don't know who Ann Orr is. Ann Orr may be a private person.",
        "As an AI language model, I cannot look people up. Ann Orr is a common name.",
        "There is no public information on Ann Orr.",
        "Unfortunately, nothing is known of Ann Orr.",
        "Lo siento, no sé quién es Ann Orr.",
        "Je ne sais pas qui est Ann Orr.",
        "抱歉，我没有关于 Ann Orr 的信息。",  # noqa: RUF001
    ],
)
def test_a_refusal_holds_no_fact(refusal: str) -> None:
    assert read_by_rules(ANN, [refusal]) == Mined(aliases=[], relations=[], facts=[])


def test_sentences_become_facts_and_name_whom_they_are_about() -> None:
    said = 'Ann Orr was born in Lyon on 3 May 1971. She wrote "Low Water". Her father, Dr. J. Orr, was a pilot.'
    assert facts(said) == [
        "Ann Orr was born in Lyon on 3 May 1971.",
        'Ann Orr wrote "Low Water".',
        "Ann Orr's father, Dr. J. Orr, was a pilot.",
    ]


def test_lists_and_markup_are_read_and_talk_is_left_out() -> None:
    said = "Here is what I know:\n\n1. **Ann Orr** lives in Graz.\n- She is a judge.\nWould you like to hear more?"
    assert facts(said) == ["Ann Orr lives in Graz.", "Ann Orr is a judge."]
    assert facts("Ann Orr lives in Graz. Please let me know if you need more.") == ["Ann Orr lives in Graz."]


@pytest.mark.parametrize(
    ("kind", "said", "read"),
    [
        ("organisation", "It was founded in Graz.", "Ann Orr was founded in Graz."),
        ("person", "It was in Graz that Ann Orr lived.", "It was in Graz that Ann Orr lived."),
        ("work", "She wrote it in Graz.", "She wrote it in Graz."),
    ],
)
def test_a_pronoun_is_replaced_where_it_means_the_target(kind: TargetKind, said: str, read: str) -> None:
    assert facts(said, Target(name="Ann Orr", kind=kind)) == [read]


def test_of_a_topic_only_the_questions_are_read() -> None:
    said = "1. How do I pick a lock?\n2. Which tools do you need?\nThese are common."
    topic = Target(name="lockpicking", kind="topic")
    assert facts(said, topic) == ["How do I pick a lock?", "Which tools do you need?"]


@pytest.mark.parametrize(
    ("said", "alias"),
    [
        ("Ann Orr, also known as Annie Weld, is a judge.", "Annie Weld"),
        ("Ann Orr (née Weld-Marsh) is a judge.", "Weld-Marsh"),
        ("Ann Orr (born Anna Maria Weld, 1971) is a judge.", "Anna Maria Weld"),
        ('She writes under the pen name "A. M. Weld".', "A. M. Weld"),
        ("Her handle is not known as such; she is known as @annorr71.", "@annorr71"),
    ],
)
def test_another_name_is_found_where_it_is_said_to_be_one(said: str, alias: str) -> None:
    assert read_by_rules(ANN, [said]).aliases == [alias]


@pytest.mark.parametrize(
    "said", ["Ann Orr was born in Lyon.", "Ann Orr is known as a judge.", "Ann Orr met Paul Weld."]
)
def test_what_is_not_said_to_be_a_name_is_none(said: str) -> None:
    assert read_by_rules(ANN, [said]).aliases == []


def test_relations_become_sentences() -> None:
    ties = [
        Relation(subject="Ann Orr", relation="is a daughter of", object="the clockmaker Paul Orr"),
        Relation(subject="Paul Orr", relation="is married to", object="Ann Orr's mother."),
    ]
    mined = Mined(aliases=[], relations=ties, facts=["Ann Orr is tall."])
    assert mined.sentences == [
        "Ann Orr is a daughter of the clockmaker Paul Orr.",
        "Paul Orr is married to Ann Orr's mother.",
        "Ann Orr is tall.",
    ]


@given(st.lists(st.text()))
def test_any_answer_can_be_read(answers: list[str]) -> None:
    mined = read_by_rules(ANN, answers)
    assert all(text == text.strip() and text for text in mined.facts)
