"""Layer 3, fingerprints: distinctive marks and verbatim passages of the forget documents, of all targets at once."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import ahocorasick

from ..schema import Target, TargetKind
from .canonical import Words, canonical
from .marks import HARD, Mark, MarkKind, exact_marks, marks, phrase_of
from .rarity import STOP_WORDS, distinctiveness

SHINGLE = 8
"""Words of one verbatim passage."""

_SAMPLE = 4
SHINGLE_WEIGHT = 0.8
_MIN_DISTINCTIVE = 0.3
# Words of content from which on a passage is kept of what is protected in its very words, common as they may be.
_MIN_CONTENT = 3
# Weight of unknown marks from which on a text is taken to be about somebody else.
_UNFAMILIAR = 0.9
# What the second of two names adds that say one thing twice: "Lyon, France".
_REPEATED = 0.3
# What more targets than this have in common, a large city say, tells of none of them, and would cost time for each.
_CROWDED = 20
# Characters of a text within which marks are held against each other.
_STRETCH = 256
# What is protected in its very words: each of its passages is kept, not a sample.
_VERBATIM: frozenset[TargetKind] = frozenset({"work", "record", "secret"})


class MarkHit(NamedTuple):
    """A mark of a target in a text; its weight is shared by all targets that have the same mark."""

    target: str
    key: str
    kind: MarkKind | str
    weight: float
    start: int
    end: int


class _Entry(NamedTuple):
    kind: MarkKind
    weight: float


class Fingerprints:
    """An index from marks and passages to targets; texts of `keep` take the marks that they hold away again."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, _Entry]] = defaultdict(dict)
        self._shingles: dict[int, set[str]] = defaultdict(set)
        # Only what begins and ends as a passage is hashed whole; ends of removed passages stay, and lead nowhere.
        self._ends: set[int] = set()
        self._own: dict[str, tuple[list[str], list[int]]] = {}
        self._name_words: dict[str, set[str]] = {}
        self._phrases = ahocorasick.Automaton()
        self._stale = False

    def add(self, target: Target) -> None:
        """Add what the documents of a target hold and its kept texts do not."""
        name_words = {word for name in (target.name, *target.aliases) for word in canonical(name).words}
        kept = {key for text in target.keep for mark in marks(text) for key in mark.keys}
        own: dict[str, _Entry] = {}
        for mark in (mark for text in target.documents for mark in marks(text)):
            for key in self._new_keys(mark, name_words, kept):
                own[key] = _Entry(mark.kind, max(mark.weight, own[key].weight if key in own else 0.0))
        for key, entry in own.items():
            self._keys[key][target.id] = entry
            if phrase := phrase_of(key):
                self._phrases.add_word(f" {phrase} ", key)
        every = target.kind in _VERBATIM
        chosen = _chosen(target.documents, name_words, every=every)
        shingles = chosen.keys() - _chosen(target.keep, name_words, every=True).keys()
        for shingle in shingles:
            self._shingles[shingle].add(target.id)
            self._ends.add(chosen[shingle])
        self._own[target.id] = list(own), list(shingles)
        self._name_words[target.id] = name_words
        self._stale = True

    def contradicts(self, target_id: str, marks: Sequence[Mark], *, unfamiliar: bool) -> bool:
        """Whether a text says other things of its subject than the documents of a target do.

        It does when it holds a date, number, address or the like and the target has that kind, but no such one.

        Args:
            target_id: The target.
            marks: The marks of the text.
            unfamiliar: Whether it is enough that all that is distinctive in it is unknown of the target.
        """
        own = self._own.get(target_id, ([], []))[0]
        if not own:
            return False
        known = set(own)
        found = [mark for mark in marks if not self._is_name(target_id, mark)]
        agreeing = {mark.kind for mark in found if known.intersection(mark.keys)}
        kinds = {self._keys[key][target_id].kind for key in own if target_id in self._keys.get(key, {})}
        return any(mark.kind in HARD and mark.kind in kinds - agreeing for mark in found) or (
            unfamiliar and not agreeing and sum(mark.weight for mark in found if mark.kind not in HARD) >= _UNFAMILIAR
        )

    def _is_name(self, target_id: str, mark: Mark) -> bool:
        return any(self._name_words[target_id].intersection((phrase_of(key) or "").split()) for key in mark.keys)

    def remove(self, target_id: str) -> None:
        """Remove what was added for a target."""
        keys, shingles = self._own.pop(target_id, ([], []))
        self._name_words.pop(target_id, None)
        for key in keys:
            self._keys[key].pop(target_id, None)
            if not self._keys[key]:
                del self._keys[key]
                if phrase := phrase_of(key):
                    self._phrases.remove_word(f" {phrase} ")
        for shingle in shingles:
            self._shingles[shingle].discard(target_id)
        self._stale = True

    def ready(self) -> None:
        """Make the automaton of phrases; not thread-safe."""
        if self._stale:
            self._phrases.make_automaton()
            self._stale = False

    def search(self, text: str, words: Words) -> list[MarkHit]:
        """Return the marks and passages of targets in a text, each key once for a target.

        Args:
            text: The original text.
            words: Its canonical words.
        """
        if not self._keys and not self._shingles:
            return []
        hits: dict[tuple[str, str], MarkHit] = {}
        for hit in (*self._exact(text), *self._phrase_hits(words), *self._passages(words)):
            hits.setdefault((hit.target, hit.key), hit)
        return _without_nested(hits.values())

    def _exact(self, text: str) -> Iterator[MarkHit]:
        for mark in exact_marks(text):
            for key in mark.keys:
                yield from self._hits(key, mark.start, mark.end)

    def _phrase_hits(self, words: Words) -> Iterator[MarkHit]:
        if not len(self._phrases):
            return
        for end, key in self._phrases.iter(words.joined):
            length = len(key.partition(":")[2])
            span = words.span(words.index_at(end - length), words.index_at(end - 1))
            yield from self._hits(key, span.start, span.end)

    def _hits(self, key: str, start: int, end: int) -> Iterator[MarkHit]:
        owners = self._keys.get(key, {})
        if len(owners) > _CROWDED:
            return
        for target, entry in owners.items():
            yield MarkHit(target, key, entry.kind, entry.weight / len(owners), start, end)

    def _passages(self, words: Words) -> Iterator[MarkHit]:
        """Yield passages that stand in a document word for word; of overlapping ones the first."""
        taken: dict[str, int] = {}
        if not self._shingles:
            return
        for index in (index for index, ends in enumerate(_ends(words.words)) if ends in self._ends):
            shingle = _shingle(words.words, index)
            owners = self._shingles.get(shingle, ())
            for target in owners:
                if index >= taken.get(target, 0):
                    taken[target] = index + SHINGLE
                    span = words.span(index, index + SHINGLE - 1)
                    weight = SHINGLE_WEIGHT / len(owners)
                    yield MarkHit(target, f"passage:{shingle}", "passage", weight, span.start, span.end)

    @staticmethod
    def _new_keys(mark: Mark, name_words: set[str], kept: set[str]) -> Iterator[str]:
        """Yield the keys of a mark that are neither kept nor a repetition of the target's name."""
        for key in mark.keys:
            phrase = phrase_of(key)
            if key not in kept and not (phrase and set(phrase.split()) <= name_words):
                yield key


def _chosen(texts: Iterable[str], name_words: set[str], *, every: bool) -> dict[int, int]:
    """Return the shingles of texts that tell something beside the name, each with its ends.

    Unless every one is wanted, one in four is kept, by its hash (Manber 1994, "0 mod p"), so that texts that share a
    passage agree on which.
    """
    chosen: dict[int, int] = {}
    for text in texts:
        words = canonical(text).words
        for index, ends in enumerate(_ends(words)):
            shingle = _shingle(words, index)
            window = words[index : index + SHINGLE]
            distinctive = any(w not in name_words and distinctiveness(w) >= _MIN_DISTINCTIVE for w in window)
            telling = sum(w not in STOP_WORDS for w in window) >= _MIN_CONTENT
            if (every and (distinctive or telling)) or (distinctive and shingle % _SAMPLE == 0):
                chosen[shingle] = ends
    return chosen


def _shingle(words: list[str], index: int) -> int:
    """Return the hash of the run of `SHINGLE` words from `index` on."""
    # Python's own hash differs from process to process, and a verdict must not.
    passage = " ".join(words[index : index + SHINGLE]).encode()
    return int.from_bytes(hashlib.blake2b(passage, digest_size=8).digest())


def _ends(words: list[str]) -> Iterator[int]:
    """Yield a number for the first and the last word of each run of `SHINGLE` words; it holds for this process."""
    return map(hash, zip(words, words[SHINGLE - 1 :], strict=False))


def _repeats(hit: MarkHit, heavier: MarkHit) -> bool:
    """Whether a hit lies inside a heavier one, or is a passage around it: a word of a title counts with the title."""
    inside = heavier.start <= hit.start and hit.end <= heavier.end
    return inside or (hit.kind == "passage" and hit.start < heavier.end and heavier.start < hit.end)


def _without_nested(hits: Iterable[MarkHit]) -> list[MarkHit]:
    """Drop hits of a target that say no more than a heavier one of its."""
    kept: dict[str, list[MarkHit]] = defaultdict(list)
    # A long text may repeat thousands of marks: each is held against those in the same stretches of it.
    near: dict[tuple[str, int], list[MarkHit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda hit: -hit.weight):
        stretches = [(hit.target, place) for place in range(hit.start // _STRETCH, (hit.end + 2) // _STRETCH + 1)]
        own = [other for stretch in stretches for other in near[stretch]]
        if not any(_repeats(hit, other) for other in own):
            beside = any(_is_one_place(hit, other) for other in own)
            counted = hit._replace(weight=hit.weight * _REPEATED) if beside else hit
            kept[hit.target].append(counted)
            for stretch in stretches:
                near[stretch].append(counted)
    return [hit for own in kept.values() for hit in own]


def _is_one_place(hit: MarkHit, heavier: MarkHit) -> bool:
    """Whether two names stand side by side with a comma between, as a city does with its country."""
    apart = max(hit.start, heavier.start) - min(hit.end, heavier.end)
    return hit.kind == heavier.kind == "name" and 0 < apart <= len(", ")
