"""An embedding model that makes big registers affordable to measure."""

from collections.abc import Sequence

import numpy as np

from ..schema import Embedder, Vectors


class SampledEmbedder:
    """An embedding model that is spared most of a big register.

    Args:
        model: Embeds every text but the spared ones.
        texts: What is to be registered.
        exact: How many of these are embedded as they are. Each of the others is spared: it gets a vector with a cosine
            of about 0.9 to one of them, so that the vectors lie as texts of this kind lie.
    """

    def __init__(self, model: Embedder, texts: Sequence[str], exact: int) -> None:
        self._model = model
        self._sample = model.embed(texts[:exact])
        self._spared = frozenset(texts[exact:])
        self._random = np.random.default_rng(0)
        self._calls = 0

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def dimensions(self) -> int:
        """The length of one vector."""
        return self._model.dimensions

    @property
    def substitutes(self) -> int:
        """How many different texts are spared."""
        return len(self._spared)

    @property
    def calls(self) -> int:
        """How many times it was asked for vectors."""
        return self._calls

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), dimensions)`, rows of unit length."""
        self._calls += 1
        spared = np.array([text in self._spared for text in texts], dtype=bool)
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        vectors[spared] = self._near_sample(int(spared.sum()))
        vectors[~spared] = self._model.embed([text for text in texts if text not in self._spared])
        return vectors

    def _near_sample(self, count: int) -> Vectors:
        if not count:
            return self._sample[:0]
        noise = self._random.normal(scale=0.5 / self.dimensions**0.5, size=(count, self.dimensions))
        near: Vectors = (self._random.choice(self._sample, count) + noise).astype(np.float32)
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        return near
