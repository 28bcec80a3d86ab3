"""The reference as it was before the first step: what losses ask of it, computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import psutil
import torch
from torch import Tensor

from ...errors import InputError
from ..encoding import Batch, Encoded, Encoder, Side
from ..likelihood import answer_nll, counted
from ..losses.reference import Want, frozen

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_OF_MEMORY = 0.5
"""Share of the memory that is free which the reference's logits or hidden states may take."""


class Remembered:
    """What the model said before it was trained; a second model is never held.

    −log p of answers is one number for each example, and always kept. Logits and hidden states are kept too where the
    whole model is trained; under LoRA they are asked of the model itself with its adapter switched off.

    Args:
        model: The model before its first step; under LoRA the one that is trained.
        encoder: Pads batches.
        sets: The examples of each side, by row.
        wants: What the loss asks for.
        batch_size: Examples that go through the model at once.

    Raises:
        InputError: What is to be kept does not fit into memory.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: Encoder,
        sets: Mapping[Side, Sequence[Encoded]],
        wants: AbstractSet[Want],
        batch_size: int,
    ) -> None:
        self._model = model
        self._switches = hasattr(model, "disable_adapter")
        self._nll: dict[Side, Tensor] = {}
        self._logits: dict[Side, list[Tensor]] = {}
        self._hidden: dict[tuple[Side, int], list[Tensor]] = {}
        for want in sorted(wants, key=str):
            batches = _Batches(model, encoder, sets.get(want.side, ()), want.side, batch_size)
            if want.quantity == "nll":
                self._nll[want.side] = batches.ask(_nlls)
            elif not self._switches:
                _check_room(model, batches.encoded, want)
                if want.quantity == "logits":
                    self._logits[want.side] = batches.gather(_answer_logits)
                else:
                    layer = want.layer
                    self._hidden[want.side, layer] = batches.gather(partial(_states, layer=layer), hidden=True)

    def nll(self, batch: Batch) -> Tensor:
        """Return −log p(answer | question), shape `(B,)`, nats."""
        known = self._nll[batch.side]
        return known[batch.rows.to(known.device)].to(batch.input_ids.device)

    def logits(self, batch: Batch) -> Tensor:
        """Return logits, shape `(B, T, V)`; where they were kept, those that predict no answer token are 0."""
        if self._switches:
            asked: Tensor = self._asked(batch, hidden=False).logits
            return asked
        kept = [self._logits[batch.side][row] for row in batch.rows.tolist()]
        full: Tensor = kept[0].new_zeros(*batch.input_ids.shape, kept[0].shape[-1])
        full[:, :-1][counted(batch.labels).to(full.device)] = torch.cat(kept)  # rows in order, tokens in order
        return full.to(batch.input_ids.device)

    def hidden(self, batch: Batch, layer: int) -> Tensor:
        """Return what layer `layer` puts out, shape `(B, T, D)`, 0 at padding where it was kept."""
        if self._switches:
            states: Tensor = self._asked(batch, hidden=True).hidden_states[layer]
            return states
        kept = [self._hidden[batch.side, layer][row] for row in batch.rows.tolist()]
        full = torch.nn.utils.rnn.pad_sequence(kept, batch_first=True)
        missing = batch.input_ids.shape[1] - full.shape[1]
        return torch.nn.functional.pad(full, (0, 0, 0, missing)).to(batch.input_ids.device)

    def _asked(self, batch: Batch, *, hidden: bool) -> _Output:
        with cast("Any", self._model).disable_adapter():
            return _forward(self._model, batch, hidden=hidden)


class _Output(NamedTuple):
    logits: Tensor
    hidden_states: tuple[Tensor, ...]


class _Batches(NamedTuple):
    model: PreTrainedModel
    encoder: Encoder
    encoded: Sequence[Encoded]
    side: Side
    size: int

    def ask(self, of: Callable[[Batch, _Output], Sequence[Tensor]]) -> Tensor:
        """Return a scalar of each example, by row: shape `(N,)`."""
        return torch.stack(self.gather(of)) if self.encoded else torch.empty(0)

    def gather(self, of: Callable[[Batch, _Output], Sequence[Tensor]], *, hidden: bool = False) -> list[Tensor]:
        """Return a tensor of each example, by row, on the CPU."""
        found: list[Tensor] = [torch.empty(0)] * len(self.encoded)
        for batch in self._batches():
            # Under LoRA the adapter is new, and changes nothing yet: no need to switch it off.
            output = _forward(self.model, batch, hidden=hidden)
            for row, value in zip(batch.rows.tolist(), of(batch, output), strict=True):
                found[row] = value.cpu().clone()
        return found

    def _batches(self) -> Iterator[Batch]:
        rows = sorted(range(len(self.encoded)), key=lambda row: len(self.encoded[row].ids))
        for start in range(0, len(rows), self.size):
            chosen = rows[start : start + self.size]
            batch = self.encoder.batch([self.encoded[row] for row in chosen], chosen, self.side)
            yield batch.to(self.model.device)


def _forward(model: PreTrainedModel, batch: Batch, *, hidden: bool) -> _Output:
    with frozen(model):
        output = model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            use_cache=False,
            output_hidden_states=hidden,
        )
    return _Output(output.logits, output.hidden_states or ())


def _nlls(batch: Batch, output: _Output) -> Sequence[Tensor]:
    return answer_nll(output.logits, batch.labels).unbind()


def _answer_logits(batch: Batch, output: _Output) -> Sequence[Tensor]:
    masks = counted(batch.labels)
    return [logits[:-1][mask] for logits, mask in zip(output.logits, masks, strict=True)]  # (tokens, V) each


def _states(batch: Batch, output: _Output, layer: int) -> Sequence[Tensor]:
    lengths = batch.attention_mask.sum(-1).tolist()
    return [states[:length] for states, length in zip(output.hidden_states[layer], lengths, strict=True)]  # (T, D) each


def _check_room(model: PreTrainedModel, encoded: Sequence[Encoded], want: Want) -> None:
    config = model.config.get_text_config()
    width = config.vocab_size if want.quantity == "logits" else config.hidden_size
    tokens = sum(len(each.answer) if want.quantity == "logits" else len(each.ids) for each in encoded)
    needed, free = tokens * width * model.dtype.itemsize, psutil.virtual_memory().available
    if needed > MOST_OF_MEMORY * free:
        raise InputError(
            f"The reference's {want.quantity} take {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free.",
            fix="Train with LoRA (lora_rank=16), for which nothing is kept, take retain_loss='ce', or fewer examples.",
        )
