"""The wrapper: a chat model like the one inside."""

from pathlib import Path

import pytest
from expunge import Policy, Target, TargetStore, wrap
from expunge.errors import ModelNotFound
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate

DRAFT = "The prize went to Hina Ameen."


def test_answers_are_released_or_withheld(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    chat = wrap(FakeListChatModel(responses=["It rained.", DRAFT]), store)
    assert chat.invoke("How was the weather?").text == "It rained."
    withheld = chat.invoke("Who won?")
    assert "Hina" not in withheld.text
    assert withheld.response_metadata["expunge"]["action"] == "abstain"


async def test_all_ways_to_ask(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    chat = wrap(FakeListChatModel(responses=[DRAFT]), store)
    answers = [
        chat.invoke("Who won?"),
        await chat.ainvoke("Who won?"),
        *chat.batch(["Who won?", "Who won?"]),
        *(await chat.abatch(["Who won?"])),
        *chat.stream("Who won?"),
        *[piece async for piece in chat.astream("Who won?")],
        (ChatPromptTemplate.from_template("Who won {what}?") | chat).invoke({"what": "it"}),
    ]
    assert len({answer.text for answer in answers[:6]}) == 1
    assert not any("Hina" in answer.text for answer in answers)


def test_arguments_of_a_call_reach_the_model(store: TargetStore) -> None:
    class Echo(FakeListChatModel):
        def _call(self, *args: object, stop: list[str] | None = None, **kwargs: object) -> str:
            return f"stop={stop} temperature={kwargs.get('temperature')}"

    chat = wrap(Echo(responses=[""]), store)
    assert chat.invoke("x", stop=["\n"], temperature=0.5).text == "stop=['\\n'] temperature=0.5"


def test_no_cache_outlives_the_register(store: TargetStore) -> None:
    set_llm_cache(InMemoryCache())
    try:
        chat = wrap(FakeListChatModel(responses=[DRAFT]), store)
        assert chat.invoke("Who won?").text == DRAFT
        store.add(Target(name="Hina Ameen"))
        assert "Hina" not in chat.invoke("Who won?").text
    finally:
        set_llm_cache(None)


def test_a_folder_serves_as_store(tmp_path: Path) -> None:
    chat = wrap(FakeListChatModel(responses=["Hi."]), tmp_path / "targets", policy=Policy(name="mine"))
    assert chat.invoke("Hello").text == "Hi."
    assert (tmp_path / "targets" / "register.db").exists()
    chat.sanitizer.store.close()


def test_a_model_that_is_not_there(store: TargetStore, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        wrap(tmp_path / "nowhere", store)
