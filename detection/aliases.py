"""Layer 2, aliases: whole names, derived forms and parts of names, on word boundaries."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import ahocorasick

from ..schema import Target
from .canonical import Words
from .names import Form, Strength, forms, parts
from .run_together import RunTogether
from .sounds import MIN_CONSONANTS, READINGS_OF_W, consonants

Part = Literal["given", "family"]

_MIN_SQUEEZED = 7
_SIGN_INSIDE = re.compile(r"\w\W*[;:!?,。！？]\W*\w|\w{3}\. *\w")


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
        # First words of parts of several words; those of removed targets stay, and lead nowhere.
        self._openings: set[str] = set()
        self._names: dict[str, frozenset[str]] = {}
        self._with_signs: set[str] = set()
        self._automaton = ahocorasick.Automaton()
        self._letters = RunTogether()
        self._spelled = RunTogether()
        self._sounds = RunTogether()
        self._stale = False

    def add(self, target: Target) -> None:
        """Add a target's names; search makes the automaton anew when it is next asked."""
        own = self._forms[target.id] = list(forms(target))
        if any(_SIGN_INSIDE.search(name) for name in (target.name, *target.aliases)):
            self._with_signs.add(target.id)
        for form in own:
            pattern = _pattern(form.words)
            self._owners[pattern][target.id] = form.strength
            self._automaton.add_word(pattern, pattern)
            for letters, key in self._keys(form):
                letters.add(key, target.id)
        if person := parts(target):
            names: list[tuple[Part, str]] = [("given", " ".join(person.given)), ("family", " ".join(person.family))]
            for part, name in names:
                self._parts[name].setdefault(target.id, part)
                self._openings.update(name.split()[:-1][:1])
            self._part_names[target.id] = [name for _, name in names]
            self._names[target.id] = frozenset(own[0].words)
        self._stale = True

    def remove(self, target_id: str) -> None:
        """Remove a target's names."""
        for form in self._forms.pop(target_id, ()):
            pattern = _pattern(form.words)
            self._owners[pattern].pop(target_id, None)
            for letters, key in self._keys(form):
                letters.remove(key, target_id)
            if not self._owners[pattern]:
                del self._owners[pattern]
                self._automaton.remove_word(pattern)
        for name in self._part_names.pop(target_id, ()):
            self._parts[name].pop(target_id, None)
        self._names.pop(target_id, None)
        self._with_signs.discard(target_id)
        self._stale = True

    def _keys(self, form: Form) -> Iterator[tuple[RunTogether, str]]:
        """Yield the keys of a form without spaces; a name that would be found inside ordinary text has only some."""
        letters = "".join(form.words)
        if len(letters) >= _MIN_SQUEEZED:
            yield self._spelled, letters
            if form.strength not in {"common", "loose", "initials"}:
                yield self._letters, letters
        if len(form.words) > 1 and form.strength in {"full", "common"}:
            readings = READINGS_OF_W if "w" in letters else READINGS_OF_W[:1]
            sounds = {"".join(consonants(word, w) for word in form.words) for w in readings}
            yield from ((self._sounds, sound) for sound in sounds if len(sound) >= MIN_CONSONANTS)

    def ready(self) -> None:
        """Make the automaton. Takes about half a second for 100,000 targets; not thread-safe."""
        if self._stale:
            self._automaton.make_automaton()
            for letters in (self._letters, self._spelled, self._sounds):
                letters.ready()
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

    def begins(self, words: Sequence[str], *, whole: bool) -> bool:
        """Whether a name begins with these words, also run together; the last one may go on, unless it is whole."""
        phrase = _pattern(words) if whole else _pattern(words)[:-1]
        return len(self._automaton) > 0 and bool(self._automaton.match(phrase) or self._letters.begins("".join(words)))

    def holds(self, words: Sequence[str]) -> bool:
        """Whether these words are a name, also run together."""
        return _pattern(words) in self._automaton or "".join(words) in self._letters

    def run_together(self, words: Words) -> list[AliasHit]:
        """Return names whose words are run together or cut otherwise: "HinaAmeen", "Xiao-lan", "Ten-nerby"."""
        return [AliasHit(*hit, "derived") for hit in self._letters.search(words.words)]

    def spelled(self, words: Words) -> list[AliasHit]:
        """Return names spelled out anywhere in runs of single letters: "w h o i s h i n a a m e e n"."""
        return [AliasHit(*hit, "derived") for hit in self._spelled.search(words.words, anywhere=True)]

    def sounding(self, words: Words) -> list[AliasHit]:
        """Return names that words of another script sound like."""
        spoken = ([consonants(word, w) for word in words.words] for w in READINGS_OF_W)
        return [AliasHit(*hit, "derived") for sounds in spoken for hit in self._sounds.search(sounds)]

    def holds_signs(self, target_id: str) -> bool:
        """Whether a name is itself written with a sign that ends statements: "Alien: Covenant", "Yes! We Can"."""
        return target_id in self._with_signs

    def whole(self, target_id: str) -> frozenset[str]:
        """Return the words of a person's name; none of a name of one part or of what is no person."""
        return self._names.get(target_id, frozenset())

    def parts_in(self, words: Words) -> Iterator[PartHit]:
        """Yield parts of names that belong to one target alone: a part that several share tells nobody apart."""
        single = [(index, 0, name) for index, name in enumerate(words.words) if name in self._parts]
        double = [
            (index, 1, f"{one} {other}")
            for index, (one, other) in enumerate(pairwise(words.words))
            if one in self._openings and f"{one} {other}" in self._parts
        ]
        for index, more, name in (*single, *double):
            owners = self._parts[name]
            if len(owners) == 1:
                ((target, part),) = owners.items()
                yield PartHit(target, index, index + more, part)


def _pattern(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _longest(hits: list[AliasHit]) -> list[AliasHit]:
    """Drop hits that lie inside a longer hit of the same target."""
    kept: list[AliasHit] = []
    for hit in sorted(hits, key=lambda hit: (hit.target, hit.first, -hit.last)):
        if kept and kept[-1].target == hit.target and hit.last <= kept[-1].last:
            continue
        kept.append(hit)
    return kept
