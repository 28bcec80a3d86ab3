"""Chat models in a local folder, run by transformers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from ..errors import InputError
from .checkpoint import Checkpoint, Dtype, load_checkpoint
from .stops import finished, settled
from .templates import ChatTemplate

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun

    from .decoding import AssistantDecoding

ANSWER_TOKENS = 512
"""Tokens of an answer at most, where neither the caller nor the model says how many."""


class Generated(NamedTuple):
    """What the model made of a prompt."""

    text: str
    ids: list[int]
    prompt_tokens: int


class LocalChatModel(BaseChatModel):
    """A causal language model of transformers, with the chat template of its tokenizer.

    A folder with a `decoding.json` is that of a steered model: it answers with its assistant or not at all.

    Nothing is fetched, and no code of the folder is run. The model is loaded when the object is made, on a GPU where
    there is one; threads may share it, and take turns. `invoke` and its like take `stop`, `max_tokens` and
    `temperature`; the last two win over the fields for that call.

    Raises:
        PrerequisiteError: torch or transformers is missing.
        ModelNotFound: The folder holds no model that transformers can load, or what steers it is damaged.
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

    dtype: Dtype = "auto"
    """The weights' precision; `"auto"`: that of their files, but float32 for float16 on a CPU."""

    chat_template: str | None = None
    """A Jinja template in place of the tokenizer's own."""

    _checkpoint: Checkpoint = PrivateAttr()
    _decoding: AssistantDecoding | None = PrivateAttr(default=None)
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @classmethod
    def from_path(
        cls,
        path: str | Path,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        device: str | None = None,
        dtype: Dtype = "auto",
        chat_template: str | None = None,
    ) -> Self:
        """Load the model of a folder; the arguments are the fields of the class."""
        return cls(
            path=Path(path),
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            device=device,
            dtype=dtype,
            chat_template=chat_template,
        )

    def model_post_init(self, context: Any, /) -> None:
        """Load the model."""
        super().model_post_init(context)
        self._checkpoint = load_checkpoint(self.path, self.device, self.dtype)
        self._decoding = _decoding_of(self.path, self.device, self.dtype)
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
        fields = {"path", "max_new_tokens", "temperature", "dtype", "chat_template"}
        return self.model_dump(mode="json", include=fields)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        stop = _marks(stop)
        generated = self._run(messages, stop, kwargs)
        ending = finished(generated.text, stop)
        message = AIMessage(ending.text, **self._metadata(generated, stopped=ending.stopped))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Generator[ChatGenerationChunk, None, None]:
        from .generation import streaming

        stop, text, sent = _marks(stop), "", 0
        run = partial(self._run, messages, stop, kwargs)
        with streaming(run, self._checkpoint.tokenizer) as answer:
            for piece in answer.pieces:
                text += piece
                ready = settled(text, stop)
                if len(ready) > sent:
                    yield ChatGenerationChunk(message=AIMessageChunk(content=ready[sent:]))
                    sent = len(ready)
        ending = finished(text, stop)
        metadata = self._metadata(answer.output.result(), stopped=ending.stopped)
        yield ChatGenerationChunk(message=AIMessageChunk(content=ending.text[sent:], chunk_position="last", **metadata))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        # LangChain's own waits for its turn in a thread of the event loop's few, which all else shares.
        pool, chunks = ThreadPoolExecutor(1), self._stream(messages, stop, **kwargs)
        try:
            loop = asyncio.get_running_loop()
            while (chunk := await loop.run_in_executor(pool, next, chunks, None)) is not None:
                yield chunk
        finally:
            pool.submit(chunks.close)
            pool.shutdown(wait=False)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, **kwargs))

    def _run(
        self, messages: Sequence[BaseMessage], stop: Sequence[str], options: dict[str, Any], **streaming: Any
    ) -> Generated:
        import torch

        from .generation import sampling, suited_threads

        model, tokenizer = self._checkpoint
        limit = options.get("max_tokens") or self._answer_tokens
        temperature = self.temperature if options.get("temperature") is None else options["temperature"]
        # A tokenizer is not safe to share between threads, and answers made side by side would each take longer.
        with self._lock, torch.inference_mode(), suited_threads(model.num_parameters()):
            template = ChatTemplate(tokenizer, self.chat_template)
            prompt = template.fit(messages, room=self._context - min(limit, self._context // 2))
            ids = torch.tensor([prompt], device=model.device)  # (1, T)
            output = self._checkpoint.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=min(limit, self._context - len(prompt)),
                pad_token_id=tokenizer.pad_token_id or 0,
                stop_strings=list(stop) or None,
                tokenizer=tokenizer,
                **sampling(temperature),
                **streaming,
                **({"logits_processor": self._decoding.processors()} if self._decoding else {}),
            )
            answer = output[0, len(prompt) :].tolist()
            return Generated(str(tokenizer.decode(answer, skip_special_tokens=True)), answer, len(prompt))

    @property
    def _answer_tokens(self) -> int:
        return self.max_new_tokens or self._checkpoint.model.generation_config.max_new_tokens or ANSWER_TOKENS

    @property
    def _context(self) -> int:
        config = self._checkpoint.model.config.get_text_config()
        return getattr(config, "max_position_embeddings", None) or sys.maxsize

    def _metadata(self, generated: Generated, *, stopped: bool) -> dict[str, Any]:
        """Return the fields of a message that tell the answer's size, and why it ended."""
        _, ids, prompt_tokens = generated
        stopped = stopped or bool(ids and ids[-1] in self._end_tokens)
        return {
            "usage_metadata": UsageMetadata(
                input_tokens=prompt_tokens, output_tokens=len(ids), total_tokens=prompt_tokens + len(ids)
            ),
            "response_metadata": {"finish_reason": "stop" if stopped else "length", "model_name": self.path.name},
        }

    @property
    def _end_tokens(self) -> list[int]:
        ends = self._checkpoint.model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [ends]


def _decoding_of(folder: Path, device: str | None, dtype: Dtype) -> AssistantDecoding | None:
    """Return what steers the model of a folder; `None`: nothing is to."""
    from .decoding import load_decoding, steered

    return load_decoding(folder, device, dtype) if steered(folder) else None


def _marks(stop: Sequence[str] | None) -> list[str]:
    return [mark for mark in stop or () if mark]
