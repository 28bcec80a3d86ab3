"""A chat model that knows what it is told to know about somebody, for the tests of registration with a model."""

from collections.abc import Mapping
from typing import Any

from expunge.stores.claims import Mined
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

UNKNOWN = "I do not have any information about that."


class Knowing(BaseChatModel):
    """Answers a question with what belongs to the first of its keys that the question holds; raises what is an error.

    It mines what it is told to; without that it cannot follow a structure.
    """

    knows: Mapping[str, Any]
    mined: Mined | None = None
    asked: list[str] = Field(default_factory=list)
    prompts: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "knowing"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        text = self._answer(str(messages[-1].text)) if len(messages) == 1 else self._record(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def _answer(self, question: str) -> str:
        self.asked.append(question)
        answer = next((known for part, known in self.knows.items() if part in question), UNKNOWN)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    def _record(self, messages: list[BaseMessage]) -> str:
        assert isinstance(messages[0], SystemMessage)
        self.prompts.append(messages)
        return self.mined.model_dump_json() if self.mined else "I can only chat."
