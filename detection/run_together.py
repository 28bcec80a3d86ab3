"""Names searched for letter by letter, wherever the words of a text are cut."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import ahocorasick

_TELLING = 4


class LetterHit(NamedTuple):
    """A name in a text: its letters fill or lie in the words `first` to `last`, both included."""

    target: str
    first: int
    last: int


class RunTogether:
    """Keys without spaces, of all targets, in one Aho-Corasick automaton."""

    def __init__(self) -> None:
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._automaton = ahocorasick.Automaton()

    def add(self, key: str, target_id: str) -> None:
        """Add a key of a target."""
        self._owners[key].add(target_id)
        self._automaton.add_word(key, key)

    def remove(self, key: str, target_id: str) -> None:
        """Remove a key of a target, if it has it."""
        owners = self._owners.get(key)
        if owners:
            owners.discard(target_id)
            if not owners:
                del self._owners[key]
                self._automaton.remove_word(key)

    def ready(self) -> None:
        """Make the automaton; not thread-safe."""
        self._automaton.make_automaton()

    def __contains__(self, letters: str) -> bool:
        """Whether letters are a key."""
        return letters in self._owners

    def begins(self, letters: str) -> bool:
        """Whether a key begins with these letters; too few tell nothing."""
        return len(letters) >= _TELLING and len(self._automaton) > 0 and bool(self._automaton.match(letters))

    def search(self, words: Sequence[str], *, anywhere: bool = False) -> Iterator[LetterHit]:
        """Yield the keys that words spell when they are run together.

        Args:
            words: The words of a text.
            anywhere: Also inside a word, as in "whoishinaameen"; else only from the start of a word to the end of one.
        """
        if not len(self._automaton):
            return
        hits = list(self._automaton.iter("".join(words)))
        if not hits:  # as in most texts
            return
        ends = list(accumulate(map(len, words)))
        for end, key in hits:
            first, last = bisect_right(ends, end - len(key) + 1), bisect_left(ends, end + 1)
            starts_word = (ends[first - 1] if first else 0) == end - len(key) + 1
            if anywhere or (starts_word and ends[last] == end + 1):
                yield from (LetterHit(target, first, last) for target in self._owners[key])
