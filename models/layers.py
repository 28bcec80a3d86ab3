"""Texts by two layers of an embedding model, where it shows them: what it was trained to say, and what it knows."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from ..schema import Embedder, Vectors


@runtime_checkable
class LayeredEmbedder(Embedder, Protocol):
    """An embedding model that shows its middle layers too."""

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by the last layer and by those in the middle, shape `(len(texts), 2, dimensions)`."""


def embed_layers(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Embed texts by the last layer and by those in the middle; where only the last is shown, by that one twice.

    Returns:
        Shape `(len(texts), 2, dimensions)`, rows of unit length.
    """
    if isinstance(embedder, LayeredEmbedder):
        return embedder.embed_layers(texts)
    return np.repeat(embedder.embed(texts)[:, None], 2, axis=1)
