"""Layer 2, aliases: whole names, derived forms and parts of names, on word boundaries."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

import ahocorasick

from ..schema import Target
from .canonical import Words
from .names import Form, Strength, forms, parts

Part = Literal["given", "family"]

_MIN_SQUEEZED = 7


class AliasHit(NamedTuple):
    """A name of a target in a text: the words `first` to `last`, both included."""

    target: str
    first: int
    last: int
    strength: Strength


class PartHit(NamedTuple):
    """A part of a person's name in a text."""

    target: str
    first: int
    last: int
    part: Part


class Aliases:
    """The names of all targets in one Aho-Corasick automaton; the time of a search does not grow with the targets."""

    def __init__(self) -> None:
        self._forms: dict[str, list[Form]] = {}
        self._owners: dict[str, dict[str, Strength]] = defaultdict(dict)
        self._parts: dict[str, dict[str, Part]] = defaultdict(dict)
        self._part_names: dict[str, list[str]] = {}
        self._squeezed: dict[str, set[str]] = defaultdict(set)
        self._automaton = ahocorasick.Automaton()
        self._letters = ahocorasick.Automaton()
        self._stale = False

    def add(self, target: Target) -> None:
        """Add a target's names; search makes the automaton anew when it is next asked."""
        own = self._forms[target.id] = list(forms(target))
        for form in own:
            pattern = _pattern(form.words)
            self._owners[pattern][target.id] = form.strength
            self._automaton.add_word(pattern, pattern)
            if squeezed := _squeezed(form):
                self._squeezed[squeezed].add(target.id)
                self._letters.add_word(squeezed, squeezed)
        if person := parts(target):
            names: list[tuple[Part, str]] = [("given", " ".join(person.given)), ("family", " ".join(person.family))]
            for part, name in names:
                self._parts[name].setdefault(target.id, part)
            self._part_names[target.id] = [name for _, name in names]
        self._stale = True

    def remove(self, target_id: str) -> None:
        """Remove a target's names."""
        for form in self._forms.pop(target_id, ()):
            pattern = _pattern(form.words)
            self._owners[pattern].pop(target_id, None)
            self._drop_letters(_squeezed(form), target_id)
            if not self._owners[pattern]:
                del self._owners[pattern]
                self._automaton.remove_word(pattern)
        for name in self._part_names.pop(target_id, ()):
            self._parts[name].pop(target_id, None)
        self._stale = True

    def _drop_letters(self, squeezed: str, target_id: str) -> None:
        owners = self._squeezed.get(squeezed)
        if owners:
            owners.discard(target_id)
            if not owners:
                del self._squeezed[squeezed]
                self._letters.remove_word(squeezed)

    def ready(self) -> None:
        """Make the automaton. Takes about half a second for 100,000 targets; not thread-safe."""
        if self._stale:
            self._automaton.make_automaton()
            self._letters.make_automaton()
            self._stale = False

    def search(self, words: Words) -> list[AliasHit]:
        """Return the names in a text; of several that overlap for one target the longest."""
        if not len(self._automaton):
            return []
        hits = [
            AliasHit(target, words.index_at(end - len(pattern) + 2), words.index_at(end - 1), strength)
            for end, pattern in self._automaton.iter(words.joined)
            for target, strength in self._owners[pattern].items()
        ]
        return _longest(hits)

    def run_together(self, words: Words, *, anywhere: bool = False) -> list[AliasHit]:
        """Return names whose words are run together or cut otherwise: "HinaAmeen", "Xiao-lan", "Ten-nerby".

        Args:
            words: The words of a text.
            anywhere: Also inside a word, as in "whoishinaameen"; else only from the start of a word to the end of one.
        """
        if not len(self._letters):
            return []
        ends = list(accumulate(len(word) for word in words.words))
        hits = []
        for end, name in self._letters.iter("".join(words.words)):
            first, last = bisect_right(ends, end - len(name) + 1), bisect_left(ends, end + 1)
            starts_word = (ends[first - 1] if first else 0) == end - len(name) + 1
            if anywhere or (starts_word and ends[last] == end + 1):
                hits += [AliasHit(target, first, last, "derived") for target in self._squeezed[name]]
        return hits

    def parts_in(self, words: Words) -> Iterator[PartHit]:
        """Yield parts of names that belong to one target alone: a part that several share tells nobody apart."""
        pairs = (" ".join(pair) for pair in pairwise(words.words))
        for length, names in enumerate((words.words, pairs)):
            for index, name in enumerate(names):
                owners = self._parts.get(name)
                if owners and len(owners) == 1:
                    ((target, part),) = owners.items()
                    yield PartHit(target, index, index + length, part)


def _pattern(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _squeezed(form: Form) -> str:
    """Return a name's letters without spaces; empty for a name that would be found inside ordinary text."""
    letters = "".join(form.words)
    return letters if len(letters) >= _MIN_SQUEEZED and form.strength not in {"common", "loose"} else ""


def _longest(hits: list[AliasHit]) -> list[AliasHit]:
    """Drop hits that lie inside a longer hit of the same target."""
    kept: list[AliasHit] = []
    for hit in sorted(hits, key=lambda hit: (hit.target, hit.first, -hit.last)):
        if kept and kept[-1].target == hit.target and hit.last <= kept[-1].last:
            continue
        kept.append(hit)
    return kept
