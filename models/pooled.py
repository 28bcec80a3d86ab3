"""Embeddings asked for one by one, and worked out many at a time."""

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import ExpungeError
from ..schema import Embedder, Vectors
from .layers import embed_layers, layers_shown


class NotYet(BaseException):
    """What was asked for is not worked out yet: fill the pool, and ask again.

    No `Exception`, so that nothing on the way takes it for an error.
    """


class Refused(Exception):
    """The model failed on a text. Holds nothing of it."""


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
            Refused: The model failed on one of them.
        """
        if self.waits and texts:
            return self._plain.get(texts)
        return self._embedder.embed(texts)

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        """Embed texts by two layers, shape `(len(texts), 2, dimensions)`.

        Raises:
            NotYet: They are put off.
            Refused: The model failed on one of them.
        """
        if self.waits and texts:
            return self._layers.get(texts)
        return embed_layers(self._embedder, texts)

    def fill(self) -> None:
        """Embed all that was put off; what the model refuses is refused to whoever asks for it again.

        Raises:
            ExpungeError: The model cannot be had.
        """
        self._plain.fill()
        self._layers.fill()

    def empty(self) -> None:
        """Forget what was embedded."""
        self._plain.empty()
        self._layers.empty()


class _Answers:
    """The vectors of one way to embed, by text."""

    def __init__(self, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed
        self._wanted: dict[str, None] = {}
        self._known: dict[str, Vectors | None] = {}

    def get(self, texts: Sequence[str]) -> Vectors:
        if missing := [text for text in texts if text not in self._known]:
            self._wanted |= dict.fromkeys(missing)
            raise NotYet
        vectors = [vector for text in texts if (vector := self._known[text]) is not None]
        if len(vectors) < len(texts):
            raise Refused
        return np.stack(vectors)

    def fill(self) -> None:
        wanted, self._wanted = list(self._wanted), {}
        if not wanted:
            return
        try:
            self._known.update(zip(wanted, self._embed(wanted), strict=True))
        except ExpungeError:
            raise
        except Exception:  # noqa: BLE001 - one bad text must not stand in the way of the others
            self._known.update((text, self._alone(text)) for text in wanted)

    def empty(self) -> None:
        self._known.clear()

    def _alone(self, text: str) -> Vectors | None:
        try:
            [vector] = self._embed([text])
            return np.asarray(vector, dtype=np.float32)
        except Exception:  # noqa: BLE001 - whoever asks for it is told
            return None
