"""Controls: cases with a known answer among those that a model is asked about.

A model that was talked round, or that approves of everything, gets its control wrong, and is not believed. Whom a
control is about and by which letters the subjects go is drawn from a keyed digest of all that the model reads: nobody
without the register's key can write of it in advance. It is no proof against a model that both follows a text meant for
the real subject and judges the control well.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ...schema import Target

Digest = Callable[[str, bytes], bytes]
"""A keyed digest of 32 bytes: of a purpose and a content."""

# All of the same lengths, so that a prompt is as long whoever is drawn.
_BEGINNINGS = ("Alb", "Bre", "Cor", "Dal", "Erm", "Fen", "Gor", "Hal", "Isk", "Jor", "Kel", "Lor", "Mar", "Nor", "Osk")
_MIDDLES = ("an", "en", "il", "or", "ul", "am", "ed", "in", "ov", "ur", "el", "ar")
_ENDS = ("dan", "fir", "gar", "lim", "mon", "nek", "pol", "rak", "ste", "tho", "vin", "wen", "yel", "zer")
_FIRST_YEAR = 1930
_YEARS = 64
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Control(NamedTuple):
    """Somebody made up, of whom something is told."""

    name: str
    place: str
    year: int
    swapped: bool
    """Whether it comes before what is really asked."""

    seed: bytes
    """From what labels are drawn."""

    def labels(self) -> Iterator[str]:
        """Yield labels of two letters, none twice."""
        start, most = int.from_bytes(self.seed), len(_LETTERS) ** 2
        for number in range(most):
            first, second = divmod((start + number * 101) % most, len(_LETTERS))  # 101 is prime to 576
            yield _LETTERS[first] + _LETTERS[second]

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


def control_for(texts: Iterable[str], digest: Digest) -> Control:
    """Return the control for a prompt that holds these texts.

    Args:
        texts: What the model reads.
        digest: The register's keyed digest.
    """
    drawn = digest("control", "\0".join(texts).encode("utf-8", "surrogatepass"))
    name = f"{_word(drawn[0:3])} {_word(drawn[3:6])}"
    return Control(name, _word(drawn[6:9]), _FIRST_YEAR + drawn[9] % _YEARS, drawn[10] % 2 == 1, drawn[11:15])


def _word(drawn: bytes) -> str:
    parts = zip((_BEGINNINGS, _MIDDLES, _ENDS), drawn, strict=True)
    return "".join(syllables[byte % len(syllables)] for syllables, byte in parts)
