"""An agents' model that reads its prompt as a model would, and answers as it is told to.

    agent = Scripted(auditor=lambda prompt: told(prompt, "unrelated"))    # honest where nothing else is said
    Sanitizer(store, agent_model=agent)

What it is asked for is in `agent.prompts`. An honest one says of every control what is true, and of every other subject
`relation`; it writes what `texts` holds and rates what repeats the passages 1, everything else 5.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from expunge.schema import Role
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

BLOCK = re.compile(r"\[\[(?P<name>[^\]\n]+?) (?P<fence>[0-9a-f]{16})\]\]\n(?P<text>.*?)\n\[\[end (?P=fence)\]\]", re.S)
ROLE = re.compile(r"You are the (vetter|auditor|rewriter|critic)")
NAME = re.compile(r"^Name: (.*)$", re.M)

Answer = dict[str, Any]
Script = Callable[["Prompt"], Answer | str | BaseException]


@dataclass(frozen=True)
class Prompt:
    """A prompt as it is read.

    Attributes:
        role: Which agent asks.
        text: All of it.
        blocks: The data, by name.
    """

    role: Role
    text: str
    blocks: Mapping[str, str]

    @classmethod
    def of(cls, messages: list[BaseMessage] | list[Mapping[str, Any]]) -> "Prompt":
        """Read messages, LangChain's or those of OpenAI's protocol."""
        texts = [str(each["content"] if isinstance(each, Mapping) else each.text) for each in messages]
        text = "\n\n".join(texts)
        role = ROLE.search(text)
        assert role
        blocks = {block["name"]: block["text"] for block in BLOCK.finditer(text)}
        return cls(role.group(1), text, blocks)  # type: ignore[arg-type]

    def named(self, name: str) -> dict[str, str]:
        """Return the blocks of a name, by what follows it."""
        return {key.removeprefix(name).strip(): text for key, text in self.blocks.items() if key.startswith(name)}

    @property
    def subjects(self) -> dict[str, str]:
        """The names of the subjects, by letter."""
        return {key.split()[0]: NAME.findall(text)[0] for key, text in self.named("subjects").items()}

    def is_control(self, letter: str) -> bool:
        """Whether a subject is the control: the text that it is judged in is short, and made of its name."""
        name = self.subjects[letter]
        (number,) = (key.split()[-1] for key in self.named("subjects") if key.split()[0] == letter)
        judged = self.named("conversations" if self.role == "vetter" else "questions")[number]
        return f"Where was {name} born?" in judged


def asked(prompt: Prompt, relation: str, meant: str = "") -> Answer:
    """Return a vetter's answer: this of every subject, the truth of the control."""
    return {
        "subjects": [
            {"subject": letter, "relation": "asked", "meant": ""}
            if prompt.is_control(letter)
            else {"subject": letter, "relation": relation, "meant": meant}
            for letter in prompt.subjects
        ]
    }


def told(prompt: Prompt, relation: str, *quotes: str, meant: str = "") -> Answer:
    """Return an auditor's answer: this of every subject, the truth of the control."""
    return {
        "subjects": [
            {"subject": letter, "relation": "states", "quotes": ["born"], "meant": ""}
            if prompt.is_control(letter)
            else {"subject": letter, "relation": relation, "quotes": [*quotes], "meant": meant}
            for letter in prompt.subjects
        ]
    }


def rated(prompt: Prompt, forgetting: int = 5, usefulness: int = 5) -> Answer:
    """Return a critic's answer: 1 for what repeats a passage, these ratings for everything else."""
    passages = prompt.named("passages").values()
    return {
        "ratings": [
            {
                "text": letter,
                "forgetting": 1 if any(passage in text for passage in passages) else forgetting,
                "usefulness": usefulness,
                "reason": "As it reads.",
                "mend": "",
            }
            for letter, text in prompt.named("texts").items()
        ]
    }


def written(*texts: str) -> Answer:
    """Return a rewriter's answer."""
    return {"texts": [*texts]}


def honest(prompt: Prompt) -> Answer:
    """Return what a careful model that finds nothing would say."""
    match prompt.role:
        case "vetter":
            return asked(prompt, "unrelated")
        case "auditor":
            return told(prompt, "unrelated")
        case "rewriter":
            return written()
        case "critic":
            return rated(prompt)


class Scripted(BaseChatModel):
    """The model. It has no tools and no JSON schema: its text is read."""

    vetter: Script = honest
    auditor: Script = honest
    rewriter: Script = honest
    critic: Script = honest
    prompts: list[Prompt] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def roles(self) -> list[Role]:
        """Which agents asked, in order."""
        return [prompt.role for prompt in self.prompts]

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        prompt = Prompt.of(messages)
        self.prompts.append(prompt)
        script: Script = getattr(self, prompt.role)
        answer = script(prompt)
        if isinstance(answer, BaseException):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])
