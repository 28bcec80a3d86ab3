"""Layer 5, topics: probes trained at registration. Most text is let pass by its wording, and is never embedded."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple
from zlib import crc32

import numpy as np

from ..models.layers import embed_layers, layers_shown
from ..schema import Embedder, Target, Vectors
from ..stores.trained import Contents
from .canonical import canonical
from .grams import grams
from .packing import pack, unpack
from .probe import Passages, Probe, train
from .prose import plain_texts
from .rarity import random_texts

# Of a long text each stretch of this many characters is looked at: a topic must not hide in a sea of other words.
_WINDOW = 800
_STRIDE = 600
_BATCH = 64
# Windows that are embedded, the most suspicious ones: each costs up to 40 ms.
_MOST_EMBEDDED = 64
_RANDOM_TEXTS = 1_000
# What decides how a probe turns out, beside its texts and the embedding model: a change of it outdates probes kept.
_INGREDIENTS = ("background.txt", "canonical.py", "grams.py", "packing.py", "probe.py", "rarity.py", "topics.py")

# The background by the model that embedded it: it takes seconds, and is the same for all registers.
_GENERAL: dict[str, Passages] = {}


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
        trained: Where probes are kept for the next process; `None`: nowhere.
    """

    def __init__(self, embedder: Callable[[], Embedder], trained: Contents | None = None) -> None:
        self._embedder = embedder
        self._trained = trained
        self._probes: dict[str, Probe] = {}

    def train(self, target: Target) -> Probe:
        """Return the probe of a topic with example questions.

        One that was not kept takes seconds, and the first some more.
        """
        return self._restored(target) or self._train(target)

    def add(self, target_id: str, probe: Probe) -> None:
        """Look for a topic from now on, in place of what was looked for under this id."""
        self._probes[target_id] = probe

    def remove(self, target_id: str) -> None:
        """Forget a topic; nothing happens when it is not known."""
        self._probes.pop(target_id, None)

    def _restored(self, target: Target) -> Probe | None:
        content = self._trained.read(target, self._recipe) if self._trained else None
        return unpack(content) if content else None

    def _train(self, target: Target) -> Probe:
        kept = [window for text in target.keep for window in windows(text)]
        # Of a long example the first window is its question; others may be on anything.
        examples = [text[:_WINDOW] for text in target.documents]
        embedder = self._embedder()
        probe = train(_passages(examples, embedder), _passages(kept, embedder), _general(embedder), _random())
        if self._trained:
            self._trained.write(target, self._recipe, pack(probe))
        return probe

    @cached_property
    def _recipe(self) -> str:
        ingredients = b"".join(files(__package__).joinpath(name).read_bytes() for name in _INGREDIENTS)
        return f"{_model(self._embedder())}/{crc32(ingredients):08x}"

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
        wording = _wordings(suspicious)
        layers = embed_layers(self._embedder(), suspicious)
        hits = [TopicHit(key, float(p.scores(wording, layers).max()), p.threshold) for key, p in probes.items()]
        return [hit for hit in hits if hit.score > hit.threshold]


def _passages(texts: Sequence[str], embedder: Embedder) -> Passages:
    return Passages(_wordings(texts), embed_layers(embedder, texts))


def _general(embedder: Embedder) -> Passages:
    model = _model(embedder)
    if model not in _GENERAL:
        _GENERAL[model] = _passages(background(), embedder)
    return _GENERAL[model]


def _model(embedder: Embedder) -> str:
    return f"{embedder.name}/{layers_shown(embedder)}"


@cache
def _random() -> Vectors:
    return _wordings(random_texts(_RANDOM_TEXTS))


def _sifted(texts: Sequence[str], probes: Iterable[Probe]) -> list[str]:
    """Return the texts that pass a sieve; of very many those that pass by the widest margin."""
    sieves = [probe.sieve for probe in probes]
    weights = np.stack([sieve.weights for sieve in sieves], axis=1)  # (BINS, topics)
    thresholds = np.array([sieve.threshold for sieve in sieves])
    margins = np.concatenate(
        [
            (_wordings(texts[start : start + _BATCH]) @ weights - thresholds).max(axis=1)
            for start in range(0, len(texts), _BATCH)
        ]
    )
    order = np.argsort(-margins, kind="stable")[:_MOST_EMBEDDED]
    return [texts[index] for index in order if margins[index] > 0]


def _wordings(texts: Sequence[str]) -> Vectors:
    return grams([canonical(text).joined for text in texts])
