"""Layer 3, fingerprints: distinctive marks and verbatim passages of the forget documents, of all targets at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import ahocorasick

from .canonical import Words
from .imprints import SHINGLE, Entry, Imprint, ends_of, shingle_at
from .marks import HARD, Mark, MarkKind, exact_marks, phrase_of

SHINGLE_WEIGHT = 0.8
# Weight of unknown marks from which on a text is taken to be about somebody else.
_UNFAMILIAR = 0.9
# What the second of two names adds that say one thing twice: "Lyon, France".
_REPEATED = 0.3
# What more targets than this have in common, a large city say, tells of none of them, and would cost time for each.
_CROWDED = 20
# Characters of a text within which marks are held against each other.
_STRETCH = 256


class MarkHit(NamedTuple):
    """A mark of a target in a text; its weight is shared by all targets that have the same mark."""

    target: str
    key: str
    kind: MarkKind | str
    weight: float
    start: int
    end: int


class Fingerprints:
    """An index from marks and passages to targets; texts of `keep` take the marks that they hold away again."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._shingles: dict[int, set[str]] = defaultdict(set)
        # Only what begins and ends as a passage is hashed whole; ends of removed passages stay, and lead nowhere.
        self._ends: set[int] = set()
        self._own: dict[str, tuple[list[str], list[int]]] = {}
        self._name_words: dict[str, frozenset[str]] = {}
        self._phrases = ahocorasick.Automaton()
        self._stale = False

    def add(self, imprint: Imprint) -> None:
        """Add what the documents of a target hold and its kept texts do not."""
        target_id = imprint.target
        for key, entry in imprint.entries.items():
            self._keys[key][target_id] = entry
            if phrase := phrase_of(key):
                self._phrases.add_word(f" {phrase} ", key)
        for shingle, ends in imprint.shingles.items():
            self._shingles[shingle].add(target_id)
            self._ends.add(ends)
        self._own[target_id] = list(imprint.entries), list(imprint.shingles)
        self._name_words[target_id] = imprint.name_words
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

    def begins(self, words: Sequence[str], *, whole: bool) -> bool:
        """Whether a title or the like begins with these words; the last one may go on, unless it is whole."""
        return len(self._phrases) > 0 and bool(self._phrases.match(f" {' '.join(words)}{' ' if whole else ''}"))

    def holds(self, words: Sequence[str]) -> bool:
        """Whether these words are a title or the like."""
        return f" {' '.join(words)} " in self._phrases

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
        for index in (index for index, ends in enumerate(ends_of(words.words)) if ends in self._ends):
            shingle = shingle_at(words.words, index)
            owners = self._shingles.get(shingle, ())
            for target in owners:
                if index >= taken.get(target, 0):
                    taken[target] = index + SHINGLE
                    span = words.span(index, index + SHINGLE - 1)
                    weight = SHINGLE_WEIGHT / len(owners)
                    yield MarkHit(target, f"passage:{shingle}", "passage", weight, span.start, span.end)


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
