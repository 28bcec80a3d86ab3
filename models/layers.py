"""Texts by two layers of an embedding model, where it shows them: what it was trained to say, and what it knows."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from ..schema import Embedder, Vectors


@runtime_checkable
class LayeredEmbedder(Embedder, Protocol):
    """An embedding model that shows its middle layers too, or whose like do."""

    @property
    def layers_shown(self) -> int:
        """2 when the middle is shown; 1 when the last layer stands for it."""

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by the last layer and by those in the middle, shape `(len(texts), 2, dimensions)`."""


def layers_shown(embedder: Embedder) -> int:
    """Return whether vectors of `embed_layers` are of two layers or of one, twice."""
    return embedder.layers_shown if isinstance(embedder, LayeredEmbedder) else 1


def embed_layers(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Embed texts by the last layer and by those in the middle; where only the last is shown, by that one twice.

    Returns:
        Shape `(len(texts), 2, dimensions)`, rows of unit length.
    """
    if isinstance(embedder, LayeredEmbedder):
        return embedder.embed_layers(texts)
    return np.repeat(embedder.embed(texts)[:, None], 2, axis=1)
