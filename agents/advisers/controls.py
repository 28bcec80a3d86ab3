"""Controls: cases with a known answer among those that a model is asked about.

A model that was talked round, or that approves of everything, gets its control wrong, and is not believed. Whom a
control is about is drawn from a digest of all that the model reads: nobody can write of it in advance.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from ...schema import Target

_BEGINNINGS = ("Al", "Bre", "Cor", "Dal", "Er", "Fen", "Gor", "Hal", "Is", "Jor", "Kel", "Lor", "Mar", "Nor", "Os")
_MIDDLES = ("a", "e", "i", "o", "an", "en", "il", "or", "ul", "ami", "edi", "ino", "ova", "ura", "eli", "ara")
_ENDS = ("ck", "dan", "fir", "gard", "lim", "mond", "nek", "pol", "rak", "sten", "thor", "vin", "wen", "yel", "zer")
_FIRST_YEAR = 1930
_YEARS = 64


class Control(NamedTuple):
    """Somebody made up, of whom something is told."""

    name: str
    place: str
    year: int
    swapped: bool
    """Whether it comes before what is really asked."""

    @property
    def target(self) -> Target:
        """The one that is made up, as if it were registered."""
        return Target(name=self.name)

    @property
    def question(self) -> str:
        """A question that asks for it."""
        return f"Where was {self.name} born?"

    @property
    def answer(self) -> str:
        """An answer that tells it."""
        return f"{self.name} was born in {self.place} in {self.year}."


def control_for(texts: Iterable[str]) -> Control:
    """Return the control for a prompt that holds these texts."""
    digest = sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()
    name = f"{_word(digest[0:3])} {_word(digest[3:6])}"
    return Control(name, _word(digest[6:9]), _FIRST_YEAR + digest[9] % _YEARS, digest[10] % 2 == 1)


def _word(drawn: bytes) -> str:
    parts = zip((_BEGINNINGS, _MIDDLES, _ENDS), drawn, strict=True)
    return "".join(syllables[byte % len(syllables)] for syllables, byte in parts)
