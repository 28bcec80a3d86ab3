"""Parties: a record is told by all the names that its own name joins ("contract between Ardo SA and Belk Ltd").

Whoever names one party and somebody else means another record, however alike the two are in their words.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import ahocorasick

from ..schema import Target
from .canonical import Span, Words, canonical
from .evidence import Evidence, Scan, Sighting
from .names import LEGAL_FORMS, is_common
from .sentences import people

_JOINTS = re.compile(r"[,;:/()–—]|\s-\s|\b(?:between|and|with|versus|vs?|of|by|to|from|for|the)\b\.?", re.IGNORECASE)
_CAPITALISED = re.compile(r"(?:[^\W\d_a-z][\w.&'’-]*\s*)+")


def parties(target: Target) -> list[tuple[str, ...]]:
    """Return the parties of a record, in canonical words without legal forms; none where its name joins no two."""
    pieces = [piece.strip() for piece in _JOINTS.split(target.name)] if target.kind == "record" else []
    names = [_short(tuple(canonical(piece).words)) for piece in pieces if _CAPITALISED.fullmatch(piece)]
    distinct = [name for name in dict.fromkeys(names) if name and not is_common(name)]
    return distinct if len(distinct) > 1 else []


def _short(name: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the legal form, unless only common words would be left."""
    short = name[:-1] if name[-1:] and name[-1] in LEGAL_FORMS else name
    return name if is_common(short) else short


class Parties:
    """The parties of all records in one automaton; a search takes time for those alone that a text names."""

    def __init__(self) -> None:
        self._own: dict[str, frozenset[str]] = {}
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._automaton = ahocorasick.Automaton()
        self._stale = False

    def __len__(self) -> int:
        """Return the number of records that have parties."""
        return len(self._own)

    def add(self, target: Target) -> None:
        """Add a record's parties; any other target has none."""
        patterns = frozenset(f" {' '.join(words)} " for words in parties(target))
        if patterns:
            self._own[target.id] = patterns
            self._stale = True
        for pattern in patterns:
            self._owners[pattern].add(target.id)
            self._automaton.add_word(pattern, pattern)

    def remove(self, target_id: str) -> None:
        """Remove a record's parties."""
        for pattern in self._own.pop(target_id, frozenset()):
            self._stale = True
            self._owners[pattern].discard(target_id)
            if not self._owners[pattern]:
                del self._owners[pattern]
                self._automaton.remove_word(pattern)

    def ready(self) -> None:
        """Make the automaton; not thread-safe."""
        if self._stale:
            self._automaton.make_automaton()
            self._stale = False

    def see(self, found: Scan, text: str, words: Words) -> None:
        """Add the records all of whose parties stand in a text, and drop what only looks like a record.

        Where others are named and not all of its parties, passages of a record are those of the form it was written on.

        Args:
            found: What was found in the text so far.
            text: The text.
            words: Its canonical words.
        """
        seen = self._search(words)
        for target_id, places in seen.items():
            if len(places) == len(self._own[target_id]):
                names = [Sighting(span.start, span.end, "derived") for span in places.values()]
                found.setdefault(target_id, Evidence()).names.extend(names)
        for target_id in found.keys() & self._own.keys():
            evidence = found[target_id]
            if not evidence.names and people(text):
                evidence.marks[:] = [hit for hit in evidence.marks if hit.kind != "passage"]

    def completed(self, ask: Words, draft: Words) -> dict[str, list[Sighting]]:
        """Return where a draft names the last parties of records, the others of which were asked about, by record."""
        asked = self._search(ask)
        return {
            target_id: [Sighting(span.start, span.end, "derived") for span in (places[name] for name in new)]
            for target_id, places in (self._search(draft) if asked else {}).items()
            if (new := places.keys() - asked.get(target_id, {}).keys())
            and len(places.keys() | asked.get(target_id, {}).keys()) == len(self._own[target_id]) > len(places)
        }

    def _search(self, words: Words) -> dict[str, dict[str, Span]]:
        """Return where the parties of each record stand, each party's first place."""
        seen: dict[str, dict[str, Span]] = defaultdict(dict)
        for pattern, span in self._hits(words):
            for target_id in self._owners[pattern]:
                seen[target_id].setdefault(pattern, span)
        return seen

    def _hits(self, words: Words) -> Iterator[tuple[str, Span]]:
        if len(self._automaton):
            for end, pattern in self._automaton.iter(words.joined):
                yield pattern, words.span(words.index_at(end - len(pattern) + 2), words.index_at(end - 1))
