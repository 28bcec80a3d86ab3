"""Layer 5, topics: probes trained at registration. Most text is let pass by its wording, and is never embedded."""

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from ..schema import Embedder, Target, Vectors
from .canonical import canonical
from .grams import grams
from .probe import Passages, Probe, train
from .prose import plain_texts
from .rarity import common_words, random_texts

# Of a long text each stretch of this many characters is looked at: a topic must not hide in a sea of other words.
_WINDOW = 800
_STRIDE = 600
_BATCH = 64
# Windows that are embedded, the most suspicious ones: each costs up to 40 ms.
_MOST_EMBEDDED = 64
_RANDOM_TEXTS = 600
# Embeddings of the background by the name of their model: they take seconds, and are the same for all registers.
_BACKGROUND: dict[str, Vectors] = {}


class TopicHit(NamedTuple):
    """A text on a topic: the target, the score, and the score from which on it counts."""

    target: str
    score: float
    threshold: float


def background() -> list[str]:
    """Return prompts on everyday subjects, negatives of all probes."""
    return files(__package__).joinpath("background.txt").read_text("utf-8").splitlines()


def windows(text: str) -> list[str]:
    """Cut a text into overlapping stretches."""
    return [text[start : start + _WINDOW] for start in range(0, max(1, len(text) - _WINDOW + _STRIDE), _STRIDE)]


class Topics:
    """The probes of all topics of a register.

    Args:
        embedder: Gives the embedding model; asked for when something is to be embedded.
    """

    def __init__(self, embedder: Callable[[], Embedder]) -> None:
        self._embedder = embedder
        self._probes: dict[str, Probe] = {}
        self._untrained: dict[str, Target] = {}

    def add(self, target: Target) -> None:
        """Take a topic with example questions; it is known once `ready` was called."""
        self._untrained[target.id] = target

    def remove(self, target_id: str) -> None:
        """Forget a topic; nothing happens when it is not known."""
        self._untrained.pop(target_id, None)
        self._probes.pop(target_id, None)

    def ready(self) -> None:
        """Train the probes that are missing: some seconds for the first, as general text has to be embedded for it."""
        if not self._untrained:
            return
        general = Passages(*_wordings(background()), _background_meaning(self._embedder()))
        random, _ = _wordings(random_texts(_RANDOM_TEXTS))
        for target_id, target in list(self._untrained.items()):
            kept = [window for text in target.keep for window in windows(text)]
            # Of a long example the first window is its question; others may be on anything.
            examples = [text[:_WINDOW] for text in target.documents]
            self._probes[target_id] = train(self._passages(examples), self._passages(kept), general, random)
            del self._untrained[target_id]

    def search(self, text: str, *, disguised: bool = True) -> list[TopicHit]:
        """Return the topics that a text is on, by its window that is most on it. Linear in the length of the text.

        Args:
            text: Any text.
            disguised: Whether to look at what an encoded or otherwise disguised text reads as, too.
        """
        probes = dict(self._probes)
        if not probes or not text.strip():
            return []
        texts = [text, *plain_texts(text)] if disguised else [text]
        suspicious = _sifted([window for one in texts for window in windows(one)], probes.values())
        if not suspicious:
            return []
        _, wording = _wordings(suspicious)
        meaning = self._embedder().embed(suspicious)
        hits = [TopicHit(key, float(p.scores(wording, meaning).max()), p.threshold) for key, p in probes.items()]
        return [hit for hit in hits if hit.score > hit.threshold]

    def _passages(self, texts: Sequence[str]) -> Passages:
        return Passages(*_wordings(texts), self._embedder().embed(texts))


def _background_meaning(embedder: Embedder) -> Vectors:
    if embedder.name not in _BACKGROUND:
        _BACKGROUND[embedder.name] = embedder.embed(background())
    return _BACKGROUND[embedder.name]


def _sifted(texts: Sequence[str], probes: Iterable[Probe]) -> list[str]:
    """Return the texts that pass a sieve; of very many those that pass by the widest margin."""
    sieves = [probe.sieve for probe in probes]
    weights = np.stack([sieve.weights for sieve in sieves], axis=1)  # (BINS, topics)
    thresholds = np.array([sieve.threshold for sieve in sieves])
    margins = np.concatenate(
        [
            (_content(texts[start : start + _BATCH]) @ weights - thresholds).max(axis=1)
            for start in range(0, len(texts), _BATCH)
        ]
    )
    order = np.argsort(-margins, kind="stable")[:_MOST_EMBEDDED]
    return [texts[index] for index in order if margins[index] > 0]


def _content(texts: Sequence[str]) -> Vectors:
    common = common_words()
    return grams([f" {' '.join(word for word in canonical(text).words if word not in common)} " for text in texts])


def _wordings(texts: Sequence[str]) -> tuple[Vectors, Vectors]:
    """Return content and wording as in `Passages`."""
    return _content(texts), grams([canonical(text).joined for text in texts])
