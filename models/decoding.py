"""What steers a local model while it speaks: an assistant whose knowledge is taken away from what the model says.

This is suppression, not removal. The model's weights know what they knew, and other programs that load the folder
do not read `decoding.json`: they get the model as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from ..errors import ModelNotFound
from .checkpoint import Dtype, load_checkpoint

if TYPE_CHECKING:
    from transformers import DynamicCache, PreTrainedModel

RECORD = "decoding.json"
"""The file, beside a model's own, that says how it is steered."""

ASSISTANT = "assistant"
"""The folder, beside it, of the assistant."""


class DecodingRecord(BaseModel):
    """What `decoding.json` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["uld"]
    """The method."""

    strength: float = Field(ge=0)
    """How much of the assistant's log p is taken away."""

    filter: float = Field(ge=0, le=1)
    """Below which share of the likeliest token's probability a token is no candidate."""

    base: dict[str, str] = Field(min_length=1)
    """SHA-256 (hex) of the weights of the model that it was trained beside, by file name."""

    assistant: dict[str, str] = Field(min_length=1)
    """SHA-256 (hex) of the assistant's weights, by file name."""


@dataclass(frozen=True)
class AssistantDecoding:
    """Takes an assistant's knowledge away from a model's (Ji et al., 2024): see `steer`.

    The assistant reads whatever the model reads, so each token costs a step of both.
    """

    assistant: PreTrainedModel
    """Knows what is to be suppressed, and is uniform elsewhere; set to evaluation."""

    strength: float
    """How much of its log p is taken away."""

    filter: float
    """Below which share of the likeliest token's probability a token is no candidate."""

    pad: int
    """The token id with which prompts are padded."""

    def combine(self, input_ids: Tensor, attention_mask: Tensor, logits: Tensor) -> Tensor:
        """Return the logits of all positions as they are steered: log p, float32, `(B, T, V)`.

        Args:
            input_ids: What the model read, shape `(B, T)`; padded on either side.
            attention_mask: 1 for tokens, 0 for padding, shape `(B, T)`.
            logits: The model's, shape `(B, T, V)`.
        """
        ids, mask = (tensor.to(self.assistant.device) for tensor in (input_ids, attention_mask))
        with torch.no_grad():
            output = self.assistant(input_ids=ids, attention_mask=mask, position_ids=_positions(mask), use_cache=False)
        return steer(logits, output.logits.to(logits.device), self.strength, self.filter)

    def processors(self) -> LogitsProcessorList:
        """Return what does the same for one call of `generate`; the next call needs its own."""
        return LogitsProcessorList([_Steering(self)])


class _Steering(LogitsProcessor):
    """Steers each next token; keeps what the assistant made of those before it."""

    def __init__(self, decoding: AssistantDecoding) -> None:
        self._decoding = decoding
        self._seen = torch.empty(0)  # the ids that the cache is of, (B, T)
        self._mask = torch.empty(0)
        self._cache: DynamicCache | None = None

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Return log p of the next token, shape `(B, V)`."""
        steered = steer(scores, self._next(input_ids).to(scores.device), self._decoding.strength, self._decoding.filter)
        return cast("torch.FloatTensor", steered)

    def _next(self, input_ids: Tensor) -> Tensor:
        """Return the assistant's logits of the next token, shape `(B, V)`."""
        assistant = self._decoding.assistant
        ids = input_ids.to(assistant.device)
        new = ids
        if torch.equal(self._seen, ids[:, :-1]):
            new, self._mask = ids[:, -1:], torch.nn.functional.pad(self._mask, (0, 1), value=1)
        else:  # the first step, or a search that has changed what came before
            self._cache, self._mask = None, unpadded(ids, self._decoding.pad)
        self._seen = ids
        with torch.no_grad():
            output = assistant(
                input_ids=new,
                attention_mask=self._mask,
                position_ids=_positions(self._mask)[:, -new.shape[1] :],
                past_key_values=self._cache,
                use_cache=True,
            )
        self._cache = output.past_key_values
        logits: Tensor = output.logits[:, -1]
        return logits


def steer(base: Tensor, assistant: Tensor, strength: float, filter: float) -> Tensor:  # noqa: A002 - the paper's word
    """Return log p of a model without what an assistant knows.

    Candidates are the tokens whose probability by the model is at least `filter` times that of its likeliest. Among
    them p ∝ p_base / p_assistant^strength. All other tokens keep the probability that the model gives them, and the
    candidates share the rest, so p sums to 1, nothing becomes impossible, and the likeliest token is always a
    candidate. Where the assistant is uniform, p is the model's own. (The paper leaves the others out: log p of a
    given answer would then be minus infinity as soon as it has one of them.)

    Args:
        base: The model's logits, shape `(…, V)`; minus infinity for tokens that something else has ruled out.
        assistant: The assistant's logits, shape `(…, V)`.
        strength: How much of the assistant's log p is taken away, at least 0.
        filter: The share, 0 to 1. A model that is sure of its answer leaves a low one only.

    Returns:
        log p, float32, shape `(…, V)`.
    """
    known = base.float().log_softmax(-1)
    likeliest = known.amax(-1, keepdim=True)
    candidates = (known >= likeliest + torch.tensor(filter).log()) & known.isfinite()
    without = known - strength * assistant.float().log_softmax(-1)
    share = known.masked_fill(~candidates, -torch.inf).logsumexp(-1, keepdim=True)
    sharing = without.masked_fill(~candidates, -torch.inf).log_softmax(-1) + share
    return torch.where(candidates, sharing, known)


def unpadded(ids: Tensor, pad: int) -> Tensor:
    """Return 1 for tokens and 0 for padding on the left, shape `(B, T)`.

    The longest prompt of a batch has no padding: what all rows begin with is text, though it may be of the same id.
    """
    begun = (ids != pad).cumsum(-1) > 0
    padding = (~begun).sum(-1)
    padding = padding - padding.min()
    return (torch.arange(ids.shape[1], device=ids.device) >= padding[:, None]).long()


def steered(folder: Path) -> bool:
    """Return whether a model's folder says that it is to be steered, be it rightly or not."""
    record = folder / RECORD
    return record.exists() or record.is_symlink()


def load_decoding(folder: Path, device: str | None = None, dtype: Dtype = "auto") -> AssistantDecoding:
    """Load what steers the model of a folder.

    The model's weights are read whole, to see that they are those that the assistant was trained beside.

    Args:
        folder: The model's, with `decoding.json` and `assistant/` beside its files.
        device: Where torch is to run the assistant; `None`: on a GPU where there is one.
        dtype: The assistant's precision.

    Raises:
        ModelNotFound: `decoding.json` or the assistant is missing or damaged, or belongs to other weights. A model
            that is to be steered must not be asked without it.
    """
    record = _read(folder)
    for place, digests in ((folder, record.base), (folder / ASSISTANT, record.assistant)):
        if digest_weights(place) != digests:
            raise ModelNotFound(
                f"The weights in {str(place)!r} are not those that {RECORD!r} was written for.",
                fix="Copy the job's whole result again; it steers no other model.",
            )
    assistant, tokenizer = load_checkpoint(folder / ASSISTANT, device, dtype)
    pad = tokenizer.pad_token_id if isinstance(tokenizer.pad_token_id, int) else 0
    return AssistantDecoding(assistant, record.strength, record.filter, pad)


def digest_weights(folder: Path) -> Mapping[str, str]:
    """Return the SHA-256 (hex) of every safetensors file in a folder, by name; empty: there is none."""
    return {path.name: _sha256(path) for path in sorted(folder.glob("*.safetensors"))}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(folder: Path) -> DecodingRecord:
    try:
        return DecodingRecord.model_validate(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ModelNotFound(
            f"The file {str(folder / RECORD)!r} is missing or damaged, and the model must not be asked without it.",
            fix="Copy the job's whole result again.",
        ) from error


def _positions(mask: Tensor) -> Tensor:
    """Return each token's position among those that are no padding, shape `(B, T)`."""
    return (mask.cumsum(-1) - 1).clamp(min=0)
