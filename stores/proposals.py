"""What a model proposes to add to a target, and what of it is fit to be proposed: a bad name withholds all texts."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field

from ..schema import Target
from .claims import Mined
from .naming import Names, levelled
from .payload import canonical

MOST_ALIASES = 10
"""Names that are like the target's and are proposed at most."""

MOST_OTHER_NAMES = 3
"""Other names entirely that are proposed at most."""

MOST_DOCUMENTS = 60
"""Sentences that are proposed at most."""

MOST_READ = 60
"""Names, and sentences, that are looked at of what was found in one call."""

SAID = 2
"""Answers that have to hold another name entirely."""

_LONGEST_READ = 1_000
_LONGEST_DOCUMENT = 300
_DOCUMENT_WORDS = 3


class Proposal(BaseModel):
    """What a model says of a target: claims, not truth, to be looked over before they are used for detection."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    aliases: list[str] = Field(default_factory=list)
    """Other names that share a word, or the initials, with the target's."""

    other_names: list[str] = Field(default_factory=list)
    """Other names entirely: somebody else's withholds what is asked about them, so these are looked at first."""

    documents: list[str] = Field(default_factory=list)
    """Ties to others and facts, a sentence each; of a topic, example questions."""

    asked: int = 0
    """Questions that the model was asked, or would have been had it answered."""

    failed: int = 0
    """Those of them that got no answer, or none in time."""

    left_out: int = 0
    """Names and sentences that are unfit to be used, or too many."""

    def applied_to(self, target: Target) -> Target:
        """Return the target with what is proposed added to it."""
        added = {
            "aliases": [*target.aliases, *self.aliases, *self.other_names],
            "documents": [*target.documents, *self.documents],
        }
        return Target.model_validate(target.model_dump() | added)


Approve = Callable[[Proposal], Proposal | None]
"""Decides what of a proposal is used; `None`: nothing."""


def sifted(target: Target, mined: Sequence[Mined], answers: Sequence[str], taken: Iterable[str]) -> Proposal:
    """Return what of an interview is fit to be proposed.

    A name has to be in an answer; another name entirely, in two of them. Sentences have to name the target by a name
    that it has or that is like it. Documents of a target whose scope is its documents would widen it: names alone are
    proposed then.

    Args:
        target: The target.
        mined: What was found in the answers; the first of it is looked at.
        answers: The answers.
        taken: Names of other targets.
    """
    names, told = Names(target, taken), [canonical(answer) for answer in answers]
    said, surplus = _first([each.aliases for each in mined])
    alike, others, unfit = _sifted_names(names, told, [alias.strip() for alias in said])
    sentences, too_many = _first([each.sentences for each in mined])
    documents, unusable = _fit(
        (" ".join(text.split()) for text in sentences),
        _telling(target, [*names.known, *alike]),
        [*target.documents, *target.keep],
        MOST_DOCUMENTS,
    )
    if target.scope == "documents":
        documents, unusable = [], len(documents) + unusable
    left_out = surplus + too_many + unfit + unusable
    return Proposal(aliases=alike, other_names=others, documents=documents, left_out=left_out)


def _first(lists: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Return the first texts of each list, none longer than can tell that it is too long; and how many are left."""
    read = [text[:_LONGEST_READ] for texts in lists for text in texts[:MOST_READ]]
    return read, sum(map(len, lists)) - len(read)


def _sifted_names(names: Names, told: Sequence[str], said: Sequence[str]) -> tuple[list[str], list[str], int]:
    """Return the names that are like the target's, other names entirely, and how many are left out."""

    def times(alias: str) -> int:
        return sum(canonical(alias) in answer for answer in told)

    alike, unfit = _fit(
        (alias for alias in said if names.akin(alias)),
        lambda alias: names.admits(alias) and times(alias) > 0,
        names.known,
        MOST_ALIASES,
    )
    others, unlikely = _fit(
        (alias for alias in said if not names.akin(alias)),
        lambda alias: names.admits(alias) and times(alias) >= SAID,
        names.known,
        MOST_OTHER_NAMES,
    )
    return alike, others, unfit + unlikely


def _fit(texts: Iterable[str], fits: Callable[[str], bool], known: Iterable[str], most: int) -> tuple[list[str], int]:
    """Return the new texts that fit, each once, up to so many; and how many are left out."""
    new: dict[str, str] = {}
    for text in texts:
        new.setdefault(canonical(text), text)
    old = {canonical(text) for text in known}
    coming = [text for key, text in new.items() if key not in old]
    fitting = list(islice(filter(fits, coming), most))
    return fitting, len(coming) - len(fitting)


def _telling(target: Target, names: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a sentence names the target; of a topic, whether it may be an example question."""
    whole = [f" {words} " for words in (" ".join(levelled(name)) for name in names) if words]

    def tells(text: str) -> bool:
        if len(text) > _LONGEST_DOCUMENT or len(text.split()) < _DOCUMENT_WORDS:
            return False
        if target.kind == "topic":
            return text.endswith("?")
        words = f" {' '.join(levelled(text))} "
        return any(name in words for name in whole)

    return tells
