"""Chat models in a local folder, run by transformers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

from ..errors import InputError
from .checkpoint import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForLLMRun

ANSWER_TOKENS = 512
"""Tokens of an answer at most, where neither the caller nor the model says how many."""

SMALL = 20_000_000
"""Parameters below which a model runs in one thread."""


class LocalChatModel(BaseChatModel):
    """A causal language model of transformers, with the chat template of its tokenizer.

    Nothing is fetched, and no code of the folder is run. The model is loaded when the object is made, on a GPU where
    there is one; threads may share it, and take turns. `invoke` and its like take `stop`, `max_tokens` and
    `temperature`; the last two win over the fields for that call.

    Raises:
        PrerequisiteError: torch or transformers is missing.
        ModelNotFound: The folder holds no model that transformers can load.
        InputError: There is no chat template; or, in a call, a conversation that the model cannot take.
    """

    path: Path
    """The model's folder."""

    max_new_tokens: int | None = Field(default=None, ge=1)
    """Tokens of an answer at most; `None`: as the model's generation config says, or else 512."""

    temperature: float = Field(default=0.0, ge=0.0)
    """0: the likeliest token each time; above: sampling."""

    device: str | None = None
    """Where torch is to run it, for example `"cuda:1"`; `None`: a GPU where there is one."""

    chat_template: str | None = None
    """A Jinja template in place of the tokenizer's own."""

    _checkpoint: Checkpoint = PrivateAttr()
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @classmethod
    def from_path(
        cls,
        path: str | Path,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        device: str | None = None,
        chat_template: str | None = None,
    ) -> Self:
        """Load the model of a folder; the arguments are the fields of the class."""
        return cls(
            path=Path(path),
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            device=device,
            chat_template=chat_template,
        )

    def model_post_init(self, context: Any, /) -> None:
        """Load the model."""
        super().model_post_init(context)
        self._checkpoint = load_checkpoint(self.path, self.device)
        if not (self.chat_template or self._checkpoint.tokenizer.chat_template):
            # A made-up format would not be the one that the model was trained on, and its answers no evidence of
            # what it knows.
            raise InputError(
                f"The tokenizer in {str(self.path)!r} has no chat template.",
                fix="Take the chat or instruct version of the model, or pass chat_template=….",
            )

    @property
    def _llm_type(self) -> str:
        return "expunge-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.model_dump(mode="json", include={"path", "max_new_tokens", "temperature", "chat_template"})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        import torch

        stop = [mark for mark in stop or () if mark]
        limit = kwargs.get("max_tokens") or self._answer_tokens
        temperature = self.temperature if kwargs.get("temperature") is None else kwargs["temperature"]
        # A tokenizer is not safe to share between threads, and answers made side by side would each take longer.
        with self._lock, torch.inference_mode(), _threads(self._checkpoint.model.num_parameters()):
            prompt = self._fit(messages, room=self._context - min(limit, self._context // 2))
            ids = torch.tensor([prompt], device=self._checkpoint.model.device)  # (1, T)
            output = self._checkpoint.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=min(limit, self._context - len(prompt)),
                pad_token_id=self._checkpoint.tokenizer.pad_token_id or 0,
                stop_strings=stop or None,
                tokenizer=self._checkpoint.tokenizer,
                **_sampling(temperature),
            )
            message = self._message(output[0, len(prompt) :].tolist(), len(prompt), stop)
        return ChatResult(generations=[ChatGeneration(message=message)])

    @property
    def _answer_tokens(self) -> int:
        return self.max_new_tokens or self._checkpoint.model.generation_config.max_new_tokens or ANSWER_TOKENS

    @property
    def _context(self) -> int:
        config = self._checkpoint.model.config.get_text_config()
        return getattr(config, "max_position_embeddings", None) or sys.maxsize

    def _fit(self, messages: Sequence[BaseMessage], room: int) -> list[int]:
        """Return the prompt's token ids, `room` at most: a conversation too long loses its oldest turns.

        A system message at its head stays.
        """
        prompt = self._encode(messages)
        if len(prompt) <= room:
            return prompt
        head = [message for message in messages[:1] if message.type == "system"]
        turns = [number for number, message in enumerate(messages) if message.type == "human"]
        prompts = (self._encode([*head, *messages[start:]]) for start in reversed(turns))
        fitting = list(takewhile(lambda prompt: len(prompt) <= room, prompts))
        if not fitting:
            raise InputError(
                f"The last turn alone does not fit into the {room:,} tokens that this model has for a prompt.",
                fix="Shorten it, or ask for a shorter answer.",
            )
        return fitting[-1]

    def _encode(self, messages: Sequence[BaseMessage]) -> list[int]:
        from jinja2 import TemplateError

        conversation = convert_to_openai_messages(messages, text_format="string")
        for message in conversation:
            if not isinstance(message["content"], str):
                raise InputError("A local model takes text alone, and a message holds something else.")
            # Half of a surrogate pair is no text: tokenizers reject it.
            message["content"] = message["content"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        try:
            ids = self._checkpoint.tokenizer.apply_chat_template(
                conversation,
                chat_template=self.chat_template,
                add_generation_prompt=True,
                return_dict=False,
                tokenizer_kwargs={"verbose": False},  # what is too long is dealt with after
            )
        except TemplateError as error:
            raise InputError(
                f"The chat template of {str(self.path)!r} does not take this conversation.",
                fix="Many want a user's message first, and then one of each side in turn.",
            ) from error
        return cast("list[int]", ids)

    def _message(self, ids: list[int], prompt_tokens: int, stop: Sequence[str]) -> AIMessage:
        text = str(self._checkpoint.tokenizer.decode(ids, skip_special_tokens=True)).strip()
        ends = [text.index(mark) for mark in stop if mark in text]
        stopped = bool(ends) or bool(ids and ids[-1] in self._end_tokens)
        return AIMessage(
            text[: min(ends, default=None)],
            usage_metadata=UsageMetadata(
                input_tokens=prompt_tokens, output_tokens=len(ids), total_tokens=prompt_tokens + len(ids)
            ),
            response_metadata={"finish_reason": "stop" if stopped else "length", "model_name": self.path.name},
        )

    @property
    def _end_tokens(self) -> list[int]:
        ends = self._checkpoint.model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [ends]


@contextmanager
def _threads(parameters: int) -> Iterator[None]:
    """Run a small model in one thread: more take longer to meet than they save, and much longer on busy cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1 if parameters < SMALL else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _sampling(temperature: float) -> dict[str, Any]:
    if temperature > 0:
        return {"do_sample": True, "temperature": temperature}
    # None takes back what the model's own configuration says of sampling: greedy search would warn of it.
    return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
