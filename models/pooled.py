"""Embeddings asked for one by one, and worked out many at a time."""

from collections.abc import Callable, Sequence

import numpy as np

from ..schema import Embedder, Vectors
from .layers import embed_layers, layers_shown


class NotYet(BaseException):
    """What was asked for is not worked out yet: fill the pool, and ask again.

    No `Exception`, so that nothing on the way takes it for an error.
    """


class Pool:
    """An embedding model, a `LayeredEmbedder`, that may put off what it is asked for until there is more.

    Not shared between threads.

    Args:
        embedder: The model.

    Attributes:
        waits: Whether texts that are not known are put off; else they are embedded at once.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.waits = False
        self._plain = _Answers(embedder.embed)
        self._layers = _Answers(lambda texts: embed_layers(embedder, texts))

    @property
    def name(self) -> str:
        """The model's name."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """The length of one vector."""
        return self._embedder.dimensions

    @property
    def layers_shown(self) -> int:
        """2 when the middle is shown; 1 when the last layer stands for it."""
        return layers_shown(self._embedder)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), dimensions)`.

        Raises:
            NotYet: They are put off.
        """
        if self.waits and texts:
            return self._plain.get(texts)
        return self._embedder.embed(texts)

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by two layers, shape `(len(texts), 2, dimensions)`.

        Raises:
            NotYet: They are put off.
        """
        if self.waits and texts:
            return self._layers.get(texts)
        return embed_layers(self._embedder, texts)

    def fill(self) -> None:
        """Embed all that was put off."""
        self._plain.fill()
        self._layers.fill()

    def empty(self) -> None:
        """Forget what was embedded."""
        self._plain.known.clear()
        self._layers.known.clear()


class _Answers:
    """The vectors of one way to embed, by text."""

    def __init__(self, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed
        self._wanted: dict[str, None] = {}
        self.known: dict[str, Vectors] = {}

    def get(self, texts: Sequence[str]) -> Vectors:
        if missing := [text for text in texts if text not in self.known]:
            self._wanted |= dict.fromkeys(missing)
            raise NotYet
        return np.stack([self.known[text] for text in texts])

    def fill(self) -> None:
        wanted, self._wanted = list(self._wanted), {}
        if wanted:
            self.known.update(zip(wanted, self._embed(wanted), strict=True))
