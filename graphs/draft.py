"""The wrapped model's answer before release: a copy of what is audited in it, and of nothing else."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import UsageMetadata

from ..agents.conversation import texts_in

REASONING_FIELD = "reasoning_content"
"""Where models without content blocks put what they thought, and where what is released of it stands."""

BREAK = "\n\n"
"""What stands between reasoning and text where the auditor reads them together."""

Block = dict[str, Any]
"""One block of a message's content."""

# An answer from a cache comes with its cost alone.
_TOKENS = frozenset({"input_tokens", "output_tokens", "total_tokens"})
_NAMES = ("model_name", "model_provider")
_NAME = re.compile(r"[\w.:/@+-]{1,100}", re.ASCII)
# What providers call the ends of answers; in another word there may stand anything.
_ENDS = frozenset(
    """
    stop length tool_calls content_filter function_call end_turn max_tokens stop_sequence tool_use pause_turn refusal
    eos eos_token STOP MAX_TOKENS SAFETY RECITATION COMPLETE
    """.split()  # noqa: SIM905 - quoted words would be harder to read
)
_REASONING = frozenset({"reasoning", "thinking"})


def text_of(message: AIMessage) -> str:
    """Return a message's text; where a block ends in the middle of a line of words, the next begins a new line.

    Put together without a sign between them, the last word of one and the first of the next would hide each other.
    """
    text = ""
    for _, piece in texts_of(message):
        text += beside(text, piece)
    return text


def texts_of(message: AIMessage) -> Iterator[tuple[object, str]]:
    """Yield the texts of a message's blocks, each with the index of its block, where it has one."""
    if isinstance(message.content, str):
        yield None, message.content
        return
    for block in message.content:
        if isinstance(block, str):
            yield None, block
        elif block.get("type") == "text" and isinstance(block.get("text"), str):
            yield block.get("index"), block["text"]


def beside(before: str, text: str) -> str:
    """Return the text of a block as it stands after that of another one."""
    return f"\n{text}" if before[-1:].isalnum() and text[:1].isalnum() else text


def reasoning_of(message: AIMessage) -> str:
    """Return what a model says that it thought before it answered, in blocks or in a field; empty when nothing."""
    thought = message.additional_kwargs.get(REASONING_FIELD)
    texts = [*(_thought(block) for block in _reasoning_blocks(message)), thought if isinstance(thought, str) else ""]
    return "".join(texts)


def _reasoning_blocks(message: AIMessage) -> Iterator[Block]:
    for block in message.content if isinstance(message.content, list) else ():
        if isinstance(block, dict) and block.get("type") in _REASONING:
            yield block


def _thought(block: Block) -> str:
    """Return the text of a block of reasoning, which may be in summaries (OpenAI's Responses API)."""
    own = block.get("reasoning") or block.get("thinking")
    summary = block.get("summary")
    parts = [part.get("text") for part in summary if isinstance(part, dict)] if isinstance(summary, list) else []
    return "\n".join(text for text in (own, *parts) if isinstance(text, str))


def is_name(text: str) -> bool:
    """Whether a text may be the name of a model or a provider: it is short, and has no blanks."""
    return _NAME.fullmatch(text) is not None


def _metadata(told: Mapping[str, object]) -> dict[str, str]:
    """Return how an answer ended, and the names of the model and its provider, where they look like names."""
    names = {name: value for name in _NAMES if isinstance(value := told.get(name), str) and is_name(value)}
    ended = told.get("finish_reason")
    return {**names, "finish_reason": ended} if isinstance(ended, str) and ended in _ENDS else names


@dataclass(frozen=True)
class Draft:
    """What the wrapped model answered, copied when it came: the model's own message may change under our hands.

    Only what is audited is taken over; pictures, citations and other fields stay behind.

    Attributes:
        text: The text.
        reasoning: What the model thought before it answered, where it says so.
        blocks: The same as the model gave it, where it gave blocks.
        tool_calls: Calls of tools, with their arguments.
        invalid_tool_calls: Calls that the model wrote badly; audited, never released.
        usage: The tokens used.
        metadata: Fields that say how the answer ended and which model gave it.
    """

    text: str
    reasoning: str = ""
    blocks: list[Block] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    invalid_tool_calls: list[InvalidToolCall] = field(default_factory=list)
    usage: UsageMetadata | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, message: AIMessage) -> "Draft":
        """Copy a message."""
        own = deepcopy(message)
        return cls(
            text=text_of(own),
            reasoning=reasoning_of(own),
            blocks=list(_reasoning_blocks(own)),
            tool_calls=own.tool_calls,
            invalid_tool_calls=own.invalid_tool_calls,
            usage=own.usage_metadata if own.usage_metadata and own.usage_metadata.keys() >= _TOKENS else None,
            metadata=_metadata(own.response_metadata),
        )

    @property
    def told(self) -> str:
        """All that a reader would see: the reasoning, then the text; and last what else stands in its blocks."""
        texts = [self.reasoning, self.text, *texts_in(self.blocks)]
        return BREAK.join(filter(None, texts))

    def message(self) -> AIMessage:
        """Return the draft's texts and tool calls as a message."""
        beside = self.reasoning and not self.blocks
        text = [{"type": "text", "text": self.text}] if self.text else []
        return AIMessage(
            [*self.blocks, *text] if self.blocks else self.text,
            additional_kwargs={REASONING_FIELD: self.reasoning} if beside else {},
            tool_calls=self.tool_calls,
        )

    def __repr__(self) -> str:
        return "Draft(…)"
