"""A conversation as the tokens that a model was trained to read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple, cast

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from ..errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class ChatTemplate(NamedTuple):
    """The chat template of a tokenizer, or one in its place."""

    tokenizer: PreTrainedTokenizerBase
    source: str | None
    """A Jinja template; `None`: the tokenizer's own."""

    def fit(self, messages: Sequence[BaseMessage], room: int) -> list[int]:
        """Return the prompt's token ids, `room` at most: a conversation too long loses its oldest turns.

        A system message at its head stays.

        Raises:
            InputError: The last turn alone is too long, or `encode` does not take the messages.
        """
        prompt = self.encode(messages)
        if len(prompt) <= room:
            return prompt
        head = [message for message in messages[:1] if message.type == "system"]
        turns = [number for number, message in enumerate(messages) if message.type == "human"]
        prompts = (self.encode([*head, *messages[start:]]) for start in reversed(turns))
        fitting = list(takewhile(lambda prompt: len(prompt) <= room, prompts))
        if not fitting:
            raise InputError(
                f"The last turn alone does not fit into the {room:,} tokens that this model has for a prompt.",
                fix="Shorten it, or ask for a shorter answer.",
            )
        return fitting[-1]

    def encode(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the token ids of a conversation, up to where the model's answer begins.

        Raises:
            InputError: A message holds more than text, or the template does not take the conversation.
        """
        from jinja2 import TemplateError

        conversation = convert_to_openai_messages(messages, text_format="string")
        for message in conversation:
            if not isinstance(message["content"], str):
                raise InputError("A local model takes text alone, and a message holds something else.")
            # Half of a surrogate pair is no text: tokenizers reject it.
            message["content"] = message["content"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        try:
            ids = self.tokenizer.apply_chat_template(
                conversation,
                chat_template=self.source,
                add_generation_prompt=True,
                return_dict=False,
                tokenizer_kwargs={"verbose": False},  # what is too long is dealt with after
            )
        except TemplateError as error:
            raise InputError(
                f"The chat template of {str(self.tokenizer.name_or_path)!r} does not take this conversation.",
                fix="Many want a user's message first, and then one of each side in turn.",
            ) from error
        return cast("list[int]", ids)
