"""What makes a target hard to tell apart, said at its registration, without its texts."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from unicodedata import east_asian_width

from ..schema import Target
from .payload import canonical

COMMON_WORD = 1e-6
"""Share of the words of English texts from which a word is common."""

EVERYDAY_WORD = 1e-4
"""Share of the words of English texts from which a word is an everyday one."""

NAMED = 3
"""Other targets that a warning names."""

_MOST = 2
_SHORTEST = 3
_LONGEST = 60
_DATE_WORD = re.compile(
    r"\d{1,4}(?:st|nd|rd|th)?|\d{1,4}(?:[-/.]\d{1,4}){1,2}|of|the"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_ENDING = re.compile(r"(?:['\u2019]s|\W)+$")


def ambiguities(target: Target, namesakes: Iterable[str], kept_targets: Iterable[str] = ()) -> Iterator[str]:
    """Say what makes a target hard to tell apart: the two gravest reasons at most, each with what to do.

    Args:
        target: The target to register.
        namesakes: Ids of other targets that have its name.
        kept_targets: Ids of other targets that its kept texts are about.
    """
    yield from islice(_reasons(target, _listed(namesakes), _listed(kept_targets)), _MOST)


def _reasons(target: Target, namesakes: str, kept_targets: str) -> Iterator[str]:
    if not {canonical(text) for text in target.documents}.isdisjoint(map(canonical, target.keep)):
        yield (
            "A text of this target stands in `documents` and in `keep`, and nothing tells which is meant: where the "
            "name is not said, it is kept. Take it out of one of them."
        )
    if namesakes:
        yield (
            f"Another target ({namesakes}) has this name. If it is the same subject, `update` adds documents to it; "
            "if not, documents tell the two apart."
        )
    yield from _of_name(target)
    if target.kind != "topic" and any(map(tells_nobody, target.aliases)):
        yield (
            "An alias of this target is a common word, or one or two letters, and it will be met in texts about other "
            "things. Leave it out, or write it longer."
        )
    if kept_targets:
        yield (
            f"A kept text of this target is about another target ({kept_targets}), which is withheld all the same. "
            "Remove that target if it may be spoken of, or leave the text out."
        )
    if target.kind == "topic" and target.documents and not target.keep:
        yield (
            "Nothing says what stays beside this topic, and questions on near subjects will be withheld with it. "
            "Give 20 or more of them in `keep`."
        )


def _listed(ids: Iterable[str]) -> str:
    """List a few ids: thousands of targets may have one name."""
    first = list(islice(ids, NAMED + 1))
    return ", ".join(first[:NAMED]) + (", …" if len(first) > NAMED else "")


def _of_name(target: Target) -> Iterator[str]:
    """Say what is wrong with the name itself; a topic's is not looked for."""
    words = canonical(target.name).split()
    if is_bare_common_word(target):
        yield (
            "The name of this target is one common word, and it will be met in texts about other things. "
            "Give documents, aliases or a fuller name."
        )
    elif target.kind in ("topic", "secret"):
        return
    elif any(map(str.isdigit, target.name)) and all(map(_DATE_WORD.fullmatch, words)):
        yield (
            "The name of this target is a date or a number, and it will be met in texts about other things. "
            "Give a fuller name."
        )
    elif _letters(target.name) < _SHORTEST:
        yield (
            "The name of this target has one or two letters, and it will be met in texts about other things. "
            "Give a fuller name."
        )
    elif len(words) > 1 and not target.documents and is_everyday(target.name):
        yield (
            "Every word of this name is an everyday word, and its capitals alone tell it from them. "
            "Give documents or a fuller name."
        )


def is_bare_common_word(target: Target) -> bool:
    """Whether a person or an organisation is known only by a word such as "May" or "Apple"."""
    bare = target.kind in ("person", "organisation") and not target.aliases and not target.documents
    return bare and _is_common_word(target.name)


def subjects(target: Target) -> set[str]:
    """Return what the kept texts of a target may be about: the words that they open with, up to one in lower case.

    The kept texts of a topic are questions, and are about nobody.
    """
    texts = target.keep if target.kind != "topic" else ()
    return {subject for text in texts if (subject := _subject(text))} - {canonical(target.name)}


def _subject(text: str) -> str:
    words = text[:_LONGEST].split()
    lower = (place for place, word in enumerate(words) if word[0].islower())
    opening = words[: next(lower, len(words) if len(text) <= _LONGEST else 0)]
    return canonical(_ENDING.sub("", " ".join(opening)))


def tells_nobody(alias: str) -> bool:
    """Whether an alias is a common word, or one or two letters."""
    return _letters(alias) < _SHORTEST or _is_common_word(alias)


def is_everyday(name: str) -> bool:
    """Whether every word of a name is an everyday word."""
    return all(_shares().get(word, 0.0) >= EVERYDAY_WORD for word in canonical(name).split())


def _letters(name: str) -> int:
    """Count the signs of a name; an ideograph counts for two, as it says as much."""
    return sum(1 + (east_asian_width(sign) in "WF") for sign in name if not sign.isspace())


def _is_common_word(name: str) -> bool:
    return _shares().get(canonical(name), 0.0) >= COMMON_WORD


@cache
def _shares() -> dict[str, float]:
    from wordfreq import get_frequency_dict  # a quarter of a second to load its list, and not always needed

    return get_frequency_dict("en", "large")
