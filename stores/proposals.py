"""What a model proposes to add to a target, and what of it is fit to be proposed: a bad name withholds all texts."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from ..schema import Target
from .ambiguities import is_everyday, tells_nobody
from .claims import Mined
from .payload import canonical

MOST_ALIASES = 20
"""Other names that are proposed at most."""

MOST_DOCUMENTS = 80
"""Sentences that are proposed at most."""

_LONGEST_ALIAS = 80
_ALIAS_WORDS = 6
_LONGEST_DOCUMENT = 300
_DOCUMENT_WORDS = 3
_WORD = re.compile(r"\w+")
_HANDLE = re.compile(r"@?[\w.-]*[\d_@][\w.-]*")
_ARTICLE = re.compile(r"\A(?:the|an?)\s+", re.IGNORECASE)
_NO_NAME = re.compile(r"[\n\t;?!\"“”()\[\]{}<>]")


class Proposal(BaseModel):
    """What a model says of a target: claims, not truth, to be looked over before they are used for detection."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    aliases: list[str] = Field(default_factory=list)
    """Other names."""

    documents: list[str] = Field(default_factory=list)
    """Ties to others and facts, a sentence each; of a topic, example questions."""

    asked: int = 0
    """Questions that the model was asked."""

    failed: int = 0
    """Those of them that got no answer, or none in time."""

    left_out: int = 0
    """Names and sentences that are unfit to be used, or too many."""

    def applied_to(self, target: Target) -> Target:
        """Return the target with what is proposed added to it."""
        added = {
            "aliases": [*target.aliases, *self.aliases],
            "documents": [*target.documents, *self.documents],
        }
        return Target.model_validate(target.model_dump() | added)


Approve = Callable[[Proposal], Proposal | None]
"""Decides what of a proposal is used; `None`: nothing."""


def sifted(target: Target, mined: Sequence[Mined], said: str, other_names: Iterable[str]) -> Proposal:
    """Return what of an interview is fit to be proposed.

    Documents of a target whose scope is its documents would widen it: other names alone are proposed then.

    Args:
        target: The target.
        mined: What was found in the answers.
        said: The answers.
        other_names: Names of other targets.
    """
    names = [target.name, *target.aliases]
    text, others = canonical(said), {" ".join(_words(name)) for name in other_names}
    aliases, unfit = _fit(
        (alias.strip() for each in mined for alias in each.aliases),
        lambda alias: canonical(alias) in text and _is_alias(alias, target) and not _belongs(alias, others),
        names,
        MOST_ALIASES,
    )
    sentences = (" ".join(text.split()) for each in mined for text in each.sentences)
    telling = _telling(target, [*names, *aliases])
    documents, unusable = _fit(sentences, telling, [*target.documents, *target.keep], MOST_DOCUMENTS)
    if target.scope == "documents":
        documents, unusable = [], len(documents) + unusable
    return Proposal(aliases=aliases, documents=documents, left_out=unfit + unusable)


def _fit(texts: Iterable[str], fits: Callable[[str], bool], known: Iterable[str], most: int) -> tuple[list[str], int]:
    """Return the new texts that fit, each once, up to so many; and how many are left out."""
    new: dict[str, str] = {}
    for text in texts:
        new.setdefault(canonical(text), text)
    old = {canonical(text) for text in known}
    coming = [text for key, text in new.items() if key not in old]
    fitting = [text for text in coming if fits(text)][:most]
    return fitting, len(coming) - len(fitting)


def _is_alias(alias: str, target: Target) -> bool:
    """Whether a text may be another name; parts of the name and its other orders are found without."""
    words = alias.split()
    if len(alias) > _LONGEST_ALIAS or len(words) > _ALIAS_WORDS or _NO_NAME.search(alias):
        return False
    bare = _ARTICLE.sub("", alias)
    if tells_nobody(bare) or is_everyday(bare) or set(_words(alias)) <= set(_words(target.name)):
        return False
    return _HANDLE.fullmatch(alias) is not None or not (words[0][0].islower() or words[-1][0].islower())


def _belongs(alias: str, others: Collection[str]) -> bool:
    """Whether an alias is the name of another target, or a part of it."""
    part = f" {' '.join(_words(alias))} "
    return any(part in f" {name} " for name in others)


def _telling(target: Target, names: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a sentence names the target; of a topic, whether it may be an example question."""
    whole = [canonical(name) for name in names]
    words = {word for word in _words(target.name) if len(word) > 1 and not is_everyday(word)}

    def tells(text: str) -> bool:
        if len(text) > _LONGEST_DOCUMENT or len(text.split()) < _DOCUMENT_WORDS:
            return False
        if target.kind == "topic":
            return text.endswith("?")
        return any(name in canonical(text) for name in whole) or not words.isdisjoint(_words(text))

    return tells


def _words(text: str) -> list[str]:
    return _WORD.findall(canonical(text))
