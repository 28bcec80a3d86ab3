"""Scope: whether a passage tells what must go of a subject or what stays, a decision between two memories.

A target whose scope is its documents has a forget memory (`documents`) and a kept memory (`keep`); whichever explains
a passage better decides. The name's direction is taken out of all vectors, so that the attribute counts (a birthplace,
an address, a prize) and not the subject; then what is asked of one person tells something of what is asked of another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from ..schema import TargetKind, Vectors
from .calibration import conformal_threshold
from .ridge import Labelled, Matrix, SharedRidge, adapt

Side = Literal["forget", "keep"]

LEVELS: Mapping[Side, float] = {"forget": 0.05, "keep": 0.01}
"""Share of kept texts that may be flagged, by the side that uncertain ones fall on."""

FLOOR = 0.4
"""Cosine similarity to the nearest forget text below which a passage is about something else altogether."""

NEAR = 0.75
"""Cosine similarity from which on a passage repeats a forget text, where nothing kept is there to compare with."""

KEPT = -1.0
"""The score of what is kept for certain; 1 is the score of what must go."""

SHARED = 200
"""Targets of a kind from which all of that kind learn: more would cost time and teach nothing new."""

# Between which scores the threshold of each side lies, whatever the texts say: contradictory ones must not open it, and
# ones that are easily told apart must not flag what is merely unlike them.
_LIMITS: Mapping[Side, tuple[float, float]] = {"forget": (-0.25, 0.0), "keep": (0.0, 0.3)}


class Judgement(NamedTuple):
    """How passages stand between the two memories of a target.

    Attributes:
        scores: For each passage about 1 for what must go, about -1 for what stays.
        threshold: The score above which a passage counts as what must go.
        contrasts: Whether anything kept was there to compare with; if not, a low score clears nothing.
    """

    scores: list[float]
    threshold: float
    contrasts: bool


class Memory(NamedTuple):
    """What is known of one target, as embeddings of unit length.

    Attributes:
        kind: The kind of target; targets of one kind learn from each other.
        name: The name's vector, shape `(d,)`.
        forget: Vectors of what must go, shape `(n, d)`.
        keep: Vectors of what stays, shape `(m, d)`; no rows where nothing is said of it.
    """

    kind: TargetKind
    name: Vectors
    forget: Vectors
    keep: Vectors


@dataclass(frozen=True)
class _Circle:
    """The targets of one kind that learn from each other."""

    ridge: SharedRidge
    rows: Mapping[str, slice]
    forget: Matrix
    thresholds: Mapping[Side, float]


@dataclass(frozen=True)
class ScopeProbe:
    """What decides on one target; without coefficients, nearness alone does.

    Attributes:
        name: The target's name, shape `(d,)`.
        forget: Nameless vectors of what must go, of the target and of those that it learns from.
        coefficients: Those of the regression, shape `(d + 1,)`.
        thresholds: The score above which a passage counts as what must go, for each side.
    """

    name: Vectors
    forget: tuple[Matrix, ...]
    coefficients: Matrix | None
    thresholds: Mapping[Side, float]

    def judge(self, vectors: Vectors, prefer: Side) -> Judgement:
        """Judge passages.

        Args:
            vectors: The passages' embeddings, shape `(n, d)`, one at least.
            prefer: The side that uncertain passages fall on.
        """
        passages = _nameless(vectors, self.name)
        nearest: Matrix = np.max([(passages @ texts.T).max(axis=1) for texts in self.forget], axis=0)
        if self.coefficients is None:
            scores = (nearest - NEAR) / (1 - NEAR)
        else:
            scores = np.where(nearest < FLOOR, KEPT, passages @ self.coefficients[:-1] + self.coefficients[-1])
        return Judgement(scores.tolist(), self.thresholds[prefer], self.coefficients is not None)


class ScopeJudge:
    """Makes the probes of targets whose scope is their documents, each from its own memory and those of others.

    Args:
        memories: By id, targets that others learn from; `SHARED` of a kind are enough.
    """

    def __init__(self, memories: Mapping[str, Memory]) -> None:
        by_kind: dict[TargetKind, dict[str, Labelled]] = defaultdict(dict)
        for target_id, memory in memories.items():
            by_kind[memory.kind][target_id] = _labelled(memory)
        self._circles = {kind: _draw_circle(texts) for kind, texts in by_kind.items()}

    def probe(self, target_id: str, memory: Memory) -> ScopeProbe:
        """Make the probe of a target; if others learn from it, its own part is taken out of what it learns from them.

        Args:
            target_id: The target.
            memory: What is known of it.
        """
        own = _labelled(memory)
        make = partial(ScopeProbe, memory.name)
        circle = self._circles.get(memory.kind)
        shared = circle.ridge.without(circle.rows.get(target_id, slice(0, 0))) if circle else None
        if circle and shared is not None:
            return make((own.forget, circle.forget), adapt(shared, own), circle.thresholds)
        return make((own.forget,), adapt(None, own) if own.contrasts else None, _calibrate([]))


def _draw_circle(texts: Mapping[str, Labelled]) -> _Circle:
    together = Labelled.together([*texts.values()])
    ends = np.cumsum([len(own.y) for own in texts.values()]).tolist()
    rows = {target_id: slice(start, end) for target_id, start, end in zip(texts, [0, *ends], ends, strict=False)}
    ridge = SharedRidge(together)
    kept = ridge.left_out_scores()[together.y < 0]
    return _Circle(ridge, rows, together.forget, _calibrate(kept.tolist()))


def _calibrate(scores: Sequence[float]) -> dict[Side, float]:
    """Return each side's threshold, from scores of kept texts that the regression did not see."""
    return {side: float(np.clip(conformal_threshold(scores, LEVELS[side]), *_LIMITS[side])) for side in LEVELS}


def _labelled(memory: Memory) -> Labelled:
    return Labelled.of(_nameless(memory.forget, memory.name), _nameless(memory.keep, memory.name))


def _nameless(vectors: Vectors, name: Vectors) -> Matrix:
    """Take the name's direction out of vectors, shape `(n, d)`, and bring them back to unit length."""
    direction = name.astype(np.float64)
    rows = vectors.reshape(-1, direction.size).astype(np.float64)
    rest = rows - np.outer(rows @ direction, direction)
    unit: Matrix = rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    return unit
