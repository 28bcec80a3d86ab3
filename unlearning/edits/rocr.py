"""ROCR: what a model says of a named entity is led to what it says of a harmless one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from ..encoding import Encoded
from ..skeleton import skeleton_of
from .edit import Edit, EditOptions, Material
from .keys import Block, Glimpse, blocks_of, glimpse
from .naming import ends, subjects_of
from .stepping import Progress, batches_of

TEMPLATES = ("{}", "Who is {}?", "Tell me about {}.", "What do you know about {}?", "Please describe {}.")
"""Ways to name a subject, beside those of the examples."""


class ROCROptions(EditOptions):
    """Options of ROCR."""

    concept: str = Field(default="Orrin Veskadale", min_length=1)
    """The harmless concept, whose place they take: as it is, a name that nobody bears, so that the model answers as
    about somebody it does not know."""

    layer: int | None = Field(default=None, ge=0)
    """The first layer to edit, from 0; `None`: that at a sixth of the depth, about where names are recalled."""

    layers: int = Field(default=1, ge=1)
    """How many layers are edited, from that one up."""

    target: Literal["state", "value"] = "state"
    """What is made that of the concept: the hidden state that leaves the layer, or only what `down_proj` adds to it.
    With several layers the first does more."""

    lam: float = Field(default=1.0, gt=0)
    """λ: the weight of the change's own size; smaller: the names are led away more exactly."""

    retain_weight: float = Field(default=0.03, ge=0)
    """The weight of what must stay, token by token, compared with an occurrence of a name; larger: less is changed."""

    tolerance: float = Field(default=1e-2, ge=0, le=1)
    """Directions of keys count as unused by what must stay where their sum of squares is at most this share of the
    largest; 1: all do, and `retain_weight` alone spares it."""


class ROCR(Edit[ROCROptions]):
    """Leads a subject's keys to a harmless concept's values, in the directions that nothing else uses.

    In each edited layer, with W the weight of `mlp.down_proj`, shape `(D, F)`:

    - K, `(F, N)`: the keys, what `down_proj` is given at the last token of each occurrence of a subject's name, in
      the forget examples and in some templates; of several subjects together;
    - R, `(D, N)`: the residual, what its output has to change by, so that it, or the layer's hidden state, becomes
      what it is where the concept's name stands in that place;
    - C, `(F, F)`: `retain_weight` times the sum of kkᵀ over all tokens of what must stay; P, `(F, F)`: the projector
      onto the eigenvectors of C whose eigenvalues are at most `tolerance` times the largest.

    Minimised is, over all Δ, `(F, D)`, with Δ = PΔ:

        ‖KᵀΔ − Rᵀ‖² + tr(ΔᵀCΔ) + λ‖Δ‖²

    Its gradient on the range of P is zero where (P(KKᵀ + C) + λI)·Δ = P·K·Rᵀ, whose solution lies in that range, as
    λΔ = P(…) shows. Then W ← W + Δᵀ. Layers are edited one after the other, each seen with those before it changed.
    Eigenvectors of an F × F matrix are taken, in float64 on the CPU: minutes where F is beyond ten thousand.

    This is meant for **named entities in deep models**, where the layers in the middle recall what a name stands for,
    at its last token. On models of two or three layers it did not work well: a name is read there by attention from
    its tokens themselves, past the edited place, and keys of different names are so alike that what must stay is
    lost together with what must go. Examine the result; take another method where it did not hold.
    """

    name: ClassVar[str] = "rocr"
    title: ClassVar[str] = "ROCR"
    source: ClassVar[str] = "Ye et al., 2025, LLM Unlearning Should Be Form-Independent"
    options_type: ClassVar[type[EditOptions]] = ROCROptions
    strength: ClassVar[str] = "retain_weight"
    needs_retain: ClassVar[bool] = True

    def check(self, config: object) -> None:
        """See to it that the model has the layers.

        Raises:
            InputError: It has not, or not as ROCR knows them.
        """
        self._chosen(blocks_of(skeleton_of(config)))

    def apply(self, model: PreTrainedModel, material: Material) -> None:
        """Edit the weights in place.

        Raises:
            InputError: There is no retain set, no subject is found, the tokenizer does not give a name back, or the
                model has no such layers.
        """
        if not material.corpus.retain:
            raise InputError(
                "ROCR spares what must stay, and the retain set is empty.",
                fix="Give examples that must stay, like those that must go.",
            )
        blocks = self._chosen(blocks_of(model))
        pairs = _all_pairs(material, self.options.concept)
        steps = len(blocks) * (-(-len(material.corpus.retain) // material.batch_size) + 1)
        progress = Progress(material.progress, steps)
        for block in blocks:
            covariance = self.options.retain_weight * _squares(model, block, material, progress)
            wanted = self._wanted(model, block, material, pairs)
            change = redirection(
                wanted.keys, wanted.residual, covariance, lam=self.options.lam, tolerance=self.options.tolerance
            )
            with torch.no_grad():
                block.projection.weight.add_(change.T.to(block.projection.weight))
            progress.step()

    def _chosen(self, blocks: Sequence[Block]) -> Sequence[Block]:
        first = len(blocks) // 6 if self.options.layer is None else self.options.layer
        if first + self.options.layers > len(blocks):
            raise InputError(
                f"The model has {len(blocks)} layers: there are no {self.options.layers} from layer {first} up.",
                fix="Give a lower 'layer' or fewer 'layers'.",
            )
        return blocks[first : first + self.options.layers]

    def _wanted(self, model: PreTrainedModel, block: Block, material: Material, pairs: Sequence[_Pair]) -> _Wanted:
        now = _at_names(model, block, material, [pair.subject for pair in pairs])
        then = _at_names(model, block, material, [pair.concept for pair in pairs])
        if self.options.target == "state":
            return _Wanted(now.keys.T, (then.states - now.states).T)
        return _Wanted(now.keys.T, (then.values - now.values).T)


def redirection(keys: Tensor, residual: Tensor, covariance: Tensor, *, lam: float, tolerance: float) -> Tensor:
    """Return Δ of (P(KKᵀ + C) + λI)·Δ = P·K·Rᵀ.

    Solved in the basis U₀ of the range of P, where it is symmetric: Δ = U₀Y with
    (U₀ᵀKKᵀU₀ + Λ₀ + λI)·Y = U₀ᵀKRᵀ, Λ₀ the eigenvalues of C that belong to U₀.

    Args:
        keys: K, shape `(F, N)`.
        residual: R, shape `(D, N)`.
        covariance: C, symmetric, shape `(F, F)`.
        lam: λ, above 0.
        tolerance: Which share of the largest eigenvalue is small, 0 to 1.

    Returns:
        Shape `(F, D)`, float64.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    small = values <= tolerance * values[-1]
    unused = vectors[:, small]  # U₀, (F, U)
    inner = unused.T @ keys.double()  # (U, N)
    system = inner @ inner.T + torch.diag(values[small].clamp(min=0) + lam)
    change: Tensor = unused @ torch.linalg.solve(system, inner @ residual.double().T)
    return change


class _Named(NamedTuple):
    """A text as token ids, and the last token of each occurrence of a name."""

    ids: list[int]
    ends: list[int]


class _Pair(NamedTuple):
    """A text with a subject's name, and the same with the concept's in its place."""

    subject: _Named
    concept: _Named


class _Wanted(NamedTuple):
    """K, shape `(F, N)`, and R, shape `(D, N)`."""

    keys: Tensor
    residual: Tensor


def _all_pairs(material: Material, concept: str) -> list[_Pair]:
    """Return all texts that name the subjects of what must go.

    Raises:
        InputError: A subject's name, or the concept's, is found in none.
    """
    found = [list(_pairs(material, subject, concept)) for subject in subjects_of(material.corpus.forget)]
    if lost := sum(not pairs for pairs in found):
        raise InputError(
            f"{lost:,} of {len(found):,} names are not found among the tokens: the tokenizer does not give them, or "
            "that of the concept, back as they are written.",
            fix="Write 'subject' and the option 'concept' as the tokenizer does, for example in lower case, or take "
            "another method.",
        )
    return [pair for pairs in found for pair in pairs]


def _pairs(material: Material, subject: str, concept: str) -> Iterator[_Pair]:
    """Yield all texts that name a subject."""
    encoder = material.encoder
    for example in material.corpus.forget:
        if subject in example.prompt:
            one = encoder.encode(example.prompt, example.answer).ids
            answer = example.answer.replace(subject, concept)
            other = encoder.encode(example.prompt.replace(subject, concept), answer).ids
            yield from _paired(material, one, other, subject, concept)
    for template in TEMPLATES:
        one, other = (encoder.prompt(template.format(name)) for name in (subject, concept))
        yield from _paired(material, one, other, subject, concept)


def _paired(material: Material, one: list[int], other: list[int], subject: str, concept: str) -> Iterator[_Pair]:
    tokenizer = material.encoder.tokenizer
    pair = _Pair(_Named(one, ends(tokenizer, one, subject)), _Named(other, ends(tokenizer, other, concept)))
    # A long example may be cut within a name, and a chat template may hold one of its own; a tokenizer that changes
    # letters gives back none.
    if pair.subject.ends and len(pair.subject.ends) == len(pair.concept.ends):
        yield pair


def _squares(model: PreTrainedModel, block: Block, material: Material, progress: Progress) -> Tensor:
    """Return the sum of kkᵀ over all tokens of what must stay, shape `(F, F)`."""
    total = torch.zeros(1, dtype=torch.float64)  # (F, F) from the first batch on
    for batch in batches_of(material.encoder, material.corpus.retain, material.batch_size):
        keys = glimpse(model, block, batch).keys[batch.attention_mask.bool()].double()  # (N, F)
        squares: Tensor = keys.T @ keys
        total = total + squares
        progress.step()
    return total


def _at_names(model: PreTrainedModel, block: Block, material: Material, texts: Sequence[_Named]) -> Glimpse:
    """Return what a layer makes of the last tokens of names, shapes `(N, …)`."""
    size, found = material.batch_size, []
    for start in range(0, len(texts), size):
        chosen = texts[start : start + size]
        seen = glimpse(model, block, material.encoder.batch([Encoded(text.ids, 1) for text in chosen]))
        rows = torch.tensor([row for row, text in enumerate(chosen) for _ in text.ends], dtype=torch.long)
        columns = torch.tensor([end for text in chosen for end in text.ends], dtype=torch.long)
        found.append([each[rows, columns] for each in seen])
    return Glimpse(*(torch.cat(parts) for parts in zip(*found, strict=True)))
