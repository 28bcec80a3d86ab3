"""Chat models in a local folder, run by transformers."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, cast

import torch
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from ..errors import InputError, ModelNotFound


class LocalChatModel(BaseChatModel):
    """A causal language model of transformers, with the chat template of its tokenizer.

    Nothing is fetched and no code of the folder is run. Answers are greedy unless `temperature` is above 0.
    """

    path: Path
    """The model's folder."""

    max_new_tokens: int = 256
    """Tokens of an answer at most."""

    temperature: float = 0.0
    """0: the likeliest token each time; above: sampling."""

    _model: PreTrainedModel = PrivateAttr()
    _tokenizer: PreTrainedTokenizerBase = PrivateAttr()
    _lock: Any = PrivateAttr(default_factory=Lock)

    def model_post_init(self, context: Any, /) -> None:
        """Load the model; on a GPU where there is one, in the precision of its files.

        Raises:
            ModelNotFound: The folder holds no model that transformers can load.
            InputError: The tokenizer has no chat template.
        """
        super().model_post_init(context)
        self._tokenizer, self._model = _load(self.path)
        if not self._tokenizer.chat_template:
            raise InputError(
                f"The tokenizer of {str(self.path)!r} has no chat template: this is no chat model.",
                fix="Take the chat or instruct version of the model, or put a chat_template.jinja beside it.",
            )

    @property
    def _llm_type(self) -> str:
        return "expunge-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"path": str(self.path), "max_new_tokens": self.max_new_tokens, "temperature": self.temperature}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        prompt = self._prompt(messages)
        # One answer at a time: the stop criteria of transformers keep state, and threads would fight for the cores.
        with self._lock, torch.inference_mode():
            output = self._model.generate(  # type: ignore[operator]  # transformers types it as a tensor
                prompt,
                attention_mask=torch.ones_like(prompt),
                tokenizer=self._tokenizer,
                **self._options(prompt.shape[1], stop, kwargs),
            )
        answer = output[0, prompt.shape[1] :]
        return ChatResult(generations=[ChatGeneration(message=self._message(answer.tolist(), prompt.shape[1], stop))])

    def _prompt(self, messages: Sequence[BaseMessage]) -> torch.Tensor:
        """Write the conversation by the chat template, shape `(1, tokens)`; of one too long the last tokens."""
        conversation = convert_to_openai_messages(messages, text_format="string")
        ids = cast(
            "list[int]",
            self._tokenizer.apply_chat_template(conversation, add_generation_prompt=True, return_dict=False),
        )
        room = self._context - min(self.max_new_tokens, self._context // 2)
        return torch.tensor([ids[-room:]], device=self._model.device)

    @property
    def _context(self) -> int:
        return int(getattr(self._model.config, "max_position_embeddings", 2048))

    def _options(self, prompt_tokens: int, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        temperature = kwargs.get("temperature", self.temperature)
        sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        wanted = kwargs.get("max_tokens") or self.max_new_tokens
        return {
            "max_new_tokens": min(wanted, self._context - prompt_tokens),
            "pad_token_id": self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
            **({"stop_strings": stop} if stop else {}),
            **sampling,
        }

    def _message(self, ids: list[int], prompt_tokens: int, stop: list[str] | None) -> AIMessage:
        text = str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()
        places = [text.index(mark) for mark in stop or () if mark in text]
        ended = bool(places) or (bool(ids) and ids[-1] in self._end_tokens)
        return AIMessage(
            text[: min(places)] if places else text,
            usage_metadata=UsageMetadata(
                input_tokens=prompt_tokens, output_tokens=len(ids), total_tokens=prompt_tokens + len(ids)
            ),
            response_metadata={"finish_reason": "stop" if ended else "length", "model_name": self.path.name},
        )

    @property
    def _end_tokens(self) -> set[int]:
        own = self._model.generation_config.eos_token_id if self._model.generation_config else None
        return {*(own if isinstance(own, list) else [own]), self._tokenizer.eos_token_id} - {None}


def _load(path: Path) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(path, local_files_only=True, dtype="auto")
    except Exception as error:
        raise ModelNotFound(
            f"The folder {str(path)!r} holds no chat model that transformers can load ({type(error).__name__}).",
            fix="It needs config.json, the weights as safetensors, and the tokenizer's files.",
        ) from error
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
    # Half precision has few kernels on a CPU, and is slower there.
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    module = cast("torch.nn.Module", model)
    module.to(device, torch.float32 if device == "cpu" else None)
    module.eval()
    return tokenizer, model
