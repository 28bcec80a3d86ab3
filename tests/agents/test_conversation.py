"""Conversations in any form that LangChain takes."""

from expunge.agents.conversation import Conversation, Turn
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.utils import MessageLikeRepresentation


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
        assert conversation.context == (Turn("user", "a"), Turn("assistant", "b"))


def test_no_user_no_ask() -> None:
    assert Conversation.of([("system", "Be kind.")]).ask == ""
    assert Conversation.of([]).turns == ()
