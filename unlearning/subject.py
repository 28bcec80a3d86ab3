"""A model under examination: asked for answers, and for what it thinks of given ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from .encoding import Batch, Encoder
from .losses.reference import frozen

if TYPE_CHECKING:
    from transformers import LogitsProcessorList, PreTrainedModel

Question = str | tuple[Sequence[tuple[str, str]], str]
"""A question, or one with the exchanges that come before it."""

ANSWER_TOKENS = 64
"""Tokens of an answer at most; TOFU's answers have about 40."""

_GREEDY: Mapping[str, object] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}


class Decoding(Protocol):
    """Something beside the model that steers what it says, as `expunge.models.decoding` loads it."""

    def combine(self, input_ids: Tensor, attention_mask: Tensor, logits: Tensor) -> Tensor:
        """Return the logits of all positions, shape `(B, T, V)`, as they are steered."""

    def processors(self) -> LogitsProcessorList:
        """Return what does the same for `generate`."""


@dataclass(frozen=True)
class Subject:
    """A model, how examples are written for it, and what steers it."""

    model: PreTrainedModel
    encoder: Encoder
    decoding: Decoding | None = None

    def logits(self, batch: Batch) -> Tensor:
        """Return logits for given answers, shape `(B, T, V)`, on the model's device and without gradient."""
        batch = batch.to(self.model.device)
        with frozen(self.model):
            output = self.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False)
            logits: Tensor = output.logits
            if self.decoding:
                logits = self.decoding.combine(batch.input_ids, batch.attention_mask, logits)
        return logits

    def answers(
        self, questions: Sequence[Question], *, batch_size: int = 32, max_new_tokens: int = ANSWER_TOKENS
    ) -> list[str]:
        """Return what the model says, by greedy decoding, in the order of the questions."""
        prompts = [self._prompt(question) for question in questions]
        return self.continuations(prompts, batch_size=batch_size, max_new_tokens=max_new_tokens)

    def continuations(
        self, prompts: Sequence[list[int]], *, batch_size: int = 32, max_new_tokens: int = ANSWER_TOKENS
    ) -> list[str]:
        """Return how the model goes on after given token ids, by greedy decoding, in their order."""
        return self._in_batches(prompts, batch_size, max_new_tokens, _GREEDY)

    def samples(
        self,
        questions: Sequence[Question],
        *,
        count: int,
        temperature: float,
        seed: int,
        batch_size: int = 32,
        max_new_tokens: int = ANSWER_TOKENS,
    ) -> list[list[str]]:
        """Return several things that the model may say to each question, in the order of the questions.

        The same questions, seed and batch size give the same answers; torch's own random state is left as it is.

        Args:
            questions: What is asked.
            count: Answers to each, drawn one by one: some may be the same.
            temperature: Above 0; 1 draws by the model's own probabilities.
            seed: What all chance comes from.
            batch_size: Answers that are written at once.
            max_new_tokens: Tokens of an answer at most.
        """
        prompts = [prompt for question in questions for prompt in [self._prompt(question)] * count]
        ways = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        device = self.model.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            texts = self._in_batches(prompts, batch_size, max_new_tokens, ways)
        return [texts[start : start + count] for start in range(0, len(texts), count)]

    def _in_batches(
        self, prompts: Sequence[list[int]], batch_size: int, max_new_tokens: int, ways: Mapping[str, object]
    ) -> list[str]:
        order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))  # like lengths: little padding
        texts = [""] * len(prompts)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            written = self._generate([prompts[row] for row in rows], max_new_tokens, ways)
            for row, text in zip(rows, written, strict=True):
                texts[row] = text
        return texts

    def _prompt(self, question: Question) -> list[int]:
        if isinstance(question, str):
            return self.encoder.prompt(question)
        shots, asked = question
        return self.encoder.prompt(asked, shots)

    def _generate(self, prompts: Sequence[list[int]], max_new_tokens: int, ways: Mapping[str, object]) -> list[str]:
        width, pad = max(map(len, prompts)), self.encoder.pad
        ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])  # padded on the left: (B, T)
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        generate: Callable[..., Tensor] = self.model.generate  # type: ignore[assignment]
        with frozen(self.model):
            output = generate(
                input_ids=ids.to(self.model.device),
                attention_mask=mask.to(self.model.device),
                max_new_tokens=max_new_tokens,
                pad_token_id=pad,
                **ways,
                **({"logits_processor": self.decoding.processors()} if self.decoding else {}),
            )
        texts = self.encoder.tokenizer.batch_decode(output[:, width:], skip_special_tokens=True)
        return [text.strip() for text in texts]
