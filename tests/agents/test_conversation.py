"""Conversations in any form that LangChain takes."""

from itertools import pairwise

import pytest
from expunge.agents.conversation import Conversation, Piece, Role, Turn
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.utils import MessageLikeRepresentation

ROLES: list[Role] = ["system", "user", "assistant", "tool"]
conversations = st.builds(
    Conversation,
    st.lists(st.builds(Turn, st.sampled_from(ROLES), st.text("ab\n", max_size=5)), max_size=7).map(tuple),
)


def test_a_text_is_one_turn_of_the_user() -> None:
    assert Conversation.of("Hi").turns == (Turn("user", "Hi"),)


def test_messages_in_any_form() -> None:
    forms: list[list[MessageLikeRepresentation]] = [
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
        [("human", "a"), ("ai", "b"), ("human", "c")],
        [HumanMessage("a"), AIMessage([{"type": "text", "text": "b"}]), HumanMessage("c")],
    ]
    for form in forms:
        conversation = Conversation.of(form)
        assert conversation.ask == "c"
        assert conversation.context == (0, 1)


def test_no_user_no_ask() -> None:
    assert Conversation.of([("system", "Be kind.")]).ask == ""
    assert Conversation.of([]).turns == ()


@pytest.mark.parametrize(
    ("roles", "asking", "context"),
    [
        ("u", (0,), ()),
        ("uu", (0, 1), ()),
        ("uau", (2,), (0, 1)),
        ("uauu", (2, 3), (0, 1)),
        ("suatu", (4,), (0, 1, 2, 3)),
        ("uaut", (2,), (0, 1, 3)),
        ("uatuta", (3,), (0, 1, 2, 4, 5)),
        ("ua", (0,), (1,)),
        ("st", (), (0, 1)),
        ("", (), ()),
    ],
)
def test_the_ask_is_what_the_user_said_since_the_last_answer(
    roles: str, asking: tuple[int, ...], context: tuple[int, ...]
) -> None:
    named = {role[0]: role for role in ROLES}
    turns = [Turn(named[role], f"{role}{index}") for index, role in enumerate(roles)]
    conversation = Conversation(tuple(turns))
    assert (conversation.asking, conversation.context) == (asking, context)
    assert conversation.ask == "\n".join(turns[index].text for index in asking)
    assert conversation.said == "\n".join(turn.text for turn in turns if turn.role == "user")


@given(conversations)
def test_every_turn_is_asked_or_context(conversation: Conversation) -> None:
    assert sorted([*conversation.asking, *conversation.context]) == list(range(len(conversation.turns)))
    assert all(one < other for one, other in pairwise(conversation.asking))
    assert all(conversation.turns[index].role == "user" for index in conversation.asking)
    assert set(conversation.asking) <= set(conversation.of_user)
    assert bool(conversation.of_user) == bool(conversation.asking)


@given(conversations, st.data())
def test_a_stretch_of_joined_turns_is_put_together_by_its_pieces(
    conversation: Conversation, data: st.DataObject
) -> None:
    indexes = range(len(conversation.turns))
    turns = sorted(data.draw(st.sets(st.sampled_from(indexes)))) if indexes else []
    text = conversation.text_of(turns)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    pieces = list(conversation.pieces(start, end, turns))
    found = "".join(conversation.turns[piece.turn].text[piece.start : piece.end] for piece in pieces)
    begins = conversation.begins(turns)
    between = {begins[turn] - 1 for turn in turns[1:]}
    assert found == "".join(text[place] for place in range(start, end) if place not in between)
    assert list(begins) == turns
    assert all(text.startswith(conversation.turns[turn].text, begins[turn]) for turn in turns)


def test_past_the_end_there_is_nothing() -> None:
    conversation = Conversation.of([("user", "ab"), ("assistant", "c"), ("user", "def")])
    assert list(conversation.pieces(1, 99, (0, 2))) == [Piece(0, 1, 2), Piece(2, 0, 3)]
    assert list(conversation.pieces(99, 100, (0, 2))) == []
    assert list(conversation.pieces(0, 1, ())) == []
