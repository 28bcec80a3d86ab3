"""What a leak is, and how sure a rate is: ROUGE-L recall over new content words, Wilson intervals."""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field
from rapidfuzz.distance import LCSseq

LEAK_RECALL = 0.5
"""From which ROUGE-L recall on a text counts as holding an answer's content."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# The closed word classes of English; open classes stay, because any of their words may be the answer.
_STOP_WORDS = frozenset(
    _WORD.findall("""
    a about above after again against all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each else ever few for from further had has have having he her here
    hers herself him himself his how i if in into is it its itself just may me might more most must my myself no nor
    not of off on once only or other our ours ourselves out over own same shall she should so some such than that the
    their theirs them themselves then there these they this those through to too under until up upon very was we were
    what when where whether which while who whom whose why will with within without would yes you your yours yourself
    """)
)
_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


class Interval(NamedTuple):
    """A confidence interval of a rate, both ends in [0, 1]."""

    low: float
    high: float


def words(text: str) -> list[str]:
    """Split into words in lower case, apostrophes made straight and possessive endings dropped."""
    plain = _plain(text)
    return [word.removesuffix("'s") for word in _WORD.findall(plain)]


def new_content_words(question: str, answer: str) -> list[str]:
    """Return the answer's words, in order, that are no stop words and are not in the question already."""
    known = _STOP_WORDS.union(words(question))
    return [word for word in words(answer) if word not in known]


def rouge_l_recall(reference: Sequence[str], candidate: Sequence[str]) -> float:
    """Return the share of the reference's words that the candidate holds in the same order.

    The recall of ROUGE-L (Lin, 2004, "ROUGE: a package for automatic evaluation of summaries"): the length of the
    longest common subsequence over the length of the reference, in [0, 1]; 0 for an empty reference.
    """
    return LCSseq.similarity(reference, candidate) / len(reference) if reference else 0.0


def holds(answer: str, text: str) -> bool:
    """Tell whether the text holds the answer as a string of whole words, whatever its case, spaces and end marks."""
    wanted = _plain(answer).strip(" .,;:!?\"'")
    if not wanted:
        return False
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", _plain(text)) is not None


def discloses(question: str, answer: str, text: str) -> bool:
    """Tell whether a text gives away what the answer adds to its question.

    It does when its ROUGE-L recall of the answer's new content words reaches `LEAK_RECALL`, or when it holds the
    answer as a string. An answer with no new content word ("Yes.") has the string alone to decide.
    """
    return holds(answer, text) or share_left(question, answer, text) >= LEAK_RECALL


def share_left(question: str, answer: str, text: str) -> float:
    """Return the ROUGE-L recall that a text has of the answer's new content words, in [0, 1]; 0 if there are none."""
    return rouge_l_recall(new_content_words(question, answer), words(text))


def wilson(count: int, total: int, z: float = 1.959964) -> Interval:
    """Return the Wilson score interval of a rate; `z` of 1.96 gives 95 %. With a total of 0: from 0 to 1.

    Wilson, 1927, "Probable inference, the law of succession, and statistical inference".

    Raises:
        ValueError: The count is negative or above the total.
    """
    if not 0 <= count <= total:
        raise ValueError(f"count must lie between 0 and the total of {total!r}, got {count!r}")
    if total == 0:
        return Interval(0.0, 1.0)
    rate, weight = count / total, z * z / total
    middle = (rate + weight / 2) / (1 + weight)
    half = math.sqrt(rate * (1 - rate) * weight + weight * weight / 4) / (1 + weight)
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == total else min(1.0, middle + half)
    return Interval(low, high)


class Rate(BaseModel):
    """A share of cases, with how sure it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=0)
    """Cases that the rate counts."""

    total: int = Field(ge=0)
    """All cases."""

    value: float = Field(ge=0, le=1)
    """The share; 0 where there are no cases."""

    low: float = Field(ge=0, le=1)
    """Lower end of the 95 % Wilson interval."""

    high: float = Field(ge=0, le=1)
    """Upper end of it."""

    @classmethod
    def of(cls, count: int, total: int) -> Self:
        """Make the rate of `count` among `total` cases."""
        interval = wilson(count, total)
        return cls(count=count, total=total, value=count / max(total, 1), low=interval.low, high=interval.high)


def _plain(text: str) -> str:
    """Fold compatibility forms, case, quotation marks and runs of white space."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_STRAIGHT)
    return " ".join(folded.split())
