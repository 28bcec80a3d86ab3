"""What a target is known by beside its name: the marks and the passages of its documents."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..schema import Target, TargetKind
from .canonical import canonical
from .marks import Mark, MarkKind, marks, phrase_of
from .rarity import STOP_WORDS, distinctiveness

SHINGLE = 8
"""Words of one verbatim passage."""

_SAMPLE = 4
_MIN_DISTINCTIVE = 0.3
# Words of content from which on a passage is kept of what is protected in its very words, common as they may be.
_MIN_CONTENT = 3
# What is protected in its very words: each of its passages is kept, not a sample.
_VERBATIM: frozenset[TargetKind] = frozenset({"work", "record", "secret"})


class Entry(NamedTuple):
    """A mark of a target."""

    kind: MarkKind
    weight: float


class Imprint(NamedTuple):
    """What the documents of a target hold and its kept texts do not; milliseconds of work for a long document.

    Attributes:
        target: The target's id.
        entries: Its marks by key.
        shingles: Hashes of its passages, each with the number of its ends, as `ends_of` gives it.
        name_words: The canonical words of its names.
    """

    target: str
    entries: dict[str, Entry]
    shingles: dict[int, int]
    name_words: frozenset[str]

    @classmethod
    def of(cls, target: Target) -> "Imprint":
        """Take the imprint of a target."""
        name_words = frozenset(word for name in (target.name, *target.aliases) for word in canonical(name).words)
        kept = {key for text in target.keep for mark in marks(text) for key in mark.keys}
        entries: dict[str, Entry] = {}
        for mark in (mark for text in target.documents for mark in marks(text)):
            for key in _new_keys(mark, name_words, kept):
                entries[key] = Entry(mark.kind, max(mark.weight, entries[key].weight if key in entries else 0.0))
        chosen = _chosen(target.documents, name_words, every=target.kind in _VERBATIM)
        told = _chosen(target.keep, name_words, every=True)
        shingles = {shingle: ends for shingle, ends in chosen.items() if shingle not in told}
        return cls(target.id, entries, shingles, name_words)


def shingle_at(words: list[str], index: int) -> int:
    """Return the hash of the run of `SHINGLE` words from `index` on."""
    # Python's own hash differs from process to process, and a verdict must not.
    passage = " ".join(words[index : index + SHINGLE]).encode()
    return int.from_bytes(hashlib.blake2b(passage, digest_size=8).digest())


def ends_of(words: list[str]) -> Iterator[int]:
    """Yield a number for the first and the last word of each run of `SHINGLE` words; it holds for this process."""
    return map(hash, zip(words, words[SHINGLE - 1 :], strict=False))


def _new_keys(mark: Mark, name_words: frozenset[str], kept: set[str]) -> Iterator[str]:
    """Yield the keys of a mark that are neither kept nor a repetition of the target's name."""
    for key in mark.keys:
        phrase = phrase_of(key)
        if key not in kept and not (phrase and set(phrase.split()) <= name_words):
            yield key


def _chosen(texts: Iterable[str], name_words: frozenset[str], *, every: bool) -> dict[int, int]:
    """Return the shingles of texts that tell something beside the name, each with its ends.

    Unless every one is wanted, one in four is kept, by its hash (Manber 1994, "0 mod p"), so that texts that share a
    passage agree on which.
    """
    chosen: dict[int, int] = {}
    for text in texts:
        words = canonical(text).words
        for index, ends in enumerate(ends_of(words)):
            shingle = shingle_at(words, index)
            window = words[index : index + SHINGLE]
            distinctive = any(w not in name_words and distinctiveness(w) >= _MIN_DISTINCTIVE for w in window)
            telling = sum(w not in STOP_WORDS for w in window) >= _MIN_CONTENT
            if (every and (distinctive or telling)) or (distinctive and shingle % _SAMPLE == 0):
                chosen[shingle] = ends
    return chosen
