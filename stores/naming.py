"""What may be another name of a target: a bad one withholds all texts that hold it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property

from anyascii import anyascii

from ..schema import Target
from .ambiguities import is_everyday, tells_nobody

LONGEST_ALIAS = 80
"""Characters of another name at most."""

_MOST_WORDS = 6
_LETTERS = 3
_WORD = re.compile(r"[a-z0-9]+")
_DIGIT = re.compile(r"[0-9]")
_HANDLE = re.compile(r"@?[\w.-]*[\d_@][\w.-]*")
_NO_NAME = re.compile(r"[\n\t;?!\"“”()\[\]{}<>]")
_READ_AS_LETTERS = str.maketrans("013457@$", "oieastas")
_TITLE = re.compile(
    r"admiral|ambassador|archbishop|baron|baroness|bishop|captain|cardinal|chairman|chairwoman|chancellor|chief"
    r"|colonel|commander|congressman|count|countess|dame|deputy|director|doctor|dr|duchess|duke|earl|emperor"
    r"|empress|executive|excellency|father|general|governor|highness|holiness|honour|imam|judge|justice|king"
    r"|lady|lieutenant|lord|madam|madame|major|majesty|master|mayor|miss|minister|monsieur|mother|mr|mrs|ms"
    r"|officer|pope|premier|president|prime|prince|princess|prof|professor|queen|rabbi|reverend|saint|secretary"
    r"|senator|sergeant|sheikh|sir|sister|speaker|sultan|vice|viscount"
)


def levelled(text: str) -> list[str]:
    """Return the words of a text as detection compares them: in plain letters and digits, an ideograph a word."""
    signs = unicodedata.normalize("NFKC", text)
    apart = "".join(f" {sign} " if unicodedata.east_asian_width(sign) == "W" else sign for sign in signs)
    return _WORD.findall(" ".join(anyascii(word) for word in apart.split()).lower())


class Names:
    """The names that a target has, and what is like them.

    Args:
        target: The target.
        taken: Names of other targets.
    """

    def __init__(self, target: Target, taken: Iterable[str]) -> None:
        self.known = [target.name, *target.aliases]
        self._words = levelled(target.name)
        self._taken = taken

    def admits(self, alias: str) -> bool:
        """Whether a text may be another name; parts of the name and its other orders are found without."""
        if len(alias) > LONGEST_ALIAS or not _is_readable(alias):
            return False
        plain, words = levelled(alias), alias.split()
        if len(words) > _MOST_WORDS or set(plain) <= set(self._words) or _tells_little(alias):
            return False
        if not (self.akin(alias) or _tells_more_than_a_number(plain)):
            return False
        handle = _HANDLE.fullmatch(alias) is not None
        return (handle or not (words[0][0].islower() or words[-1][0].islower())) and not self._belongs(plain)

    def akin(self, alias: str) -> bool:
        """Whether a text shares a word with the name, or its initials: else it is another name entirely."""
        words = levelled(alias)
        telling = {word for word in self._words if len(word) > 1 and not is_everyday(word)}
        if not telling.isdisjoint(words) or _abbreviates(words, self._words) or _abbreviates(self._words, words):
            return True
        letters = _DIGIT.sub("", "".join(words))
        within = len(letters) > _LETTERS and letters in "".join(self._words)
        return _HANDLE.fullmatch(alias) is not None and (within or any(word in letters for word in telling))

    def _belongs(self, words: Sequence[str]) -> bool:
        """Whether words are the name of another target, or a part of it."""
        part = f" {' '.join(words)} "
        return any(part in name for name in self._others)

    @cached_property
    def _others(self) -> set[str]:
        return {f" {' '.join(levelled(name))} " for name in self._taken}


def _is_readable(alias: str) -> bool:
    """Whether all of a text is seen, and each of its words is written in one script."""
    if _NO_NAME.search(alias) or any(unicodedata.category(sign)[0] == "C" for sign in alias):
        return False
    return not any(map(_mixes_scripts, unicodedata.normalize("NFKC", alias).split()))


def _mixes_scripts(word: str) -> bool:
    """Whether a word holds Latin letters and others, which look like them."""
    return len({unicodedata.name(sign, "").startswith("LATIN ") for sign in word if sign.isalpha()}) > 1


def _tells_little(alias: str) -> bool:
    """Whether a text is a number, a title or an everyday word, also in disguise, or has hardly a letter."""
    readings = (" ".join(levelled(text)) for text in (alias, alias.translate(_READ_AS_LETTERS)))
    return tells_nobody(alias) or any(map(_is_little, readings))


def _is_little(reading: str) -> bool:
    words = [word for word in _DIGIT.sub("", reading).split() if word not in ("a", "an", "the")]
    letters = "".join(words)
    if len(letters) < _LETTERS or tells_nobody(" ".join(words)) or is_everyday(letters):
        return True
    initials = len(letters) == len(words)
    return not initials and all(_TITLE.fullmatch(word) or is_everyday(word) for word in words)


def _tells_more_than_a_number(words: Sequence[str]) -> bool:
    """Whether a text is no known word with a number, as things of which there are many are called."""
    from wordfreq import word_frequency  # a quarter of a second to load its list, and not always needed

    numbered = any(map(_DIGIT.search, words))
    letters = filter(None, (_DIGIT.sub("", word) for word in words))
    return not (numbered and all(word_frequency(word, "en", "large") for word in letters))


def _abbreviates(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether the letters of a short name are the first ones of the words of a long one."""
    return len(long) >= _LETTERS and "".join(short) == "".join(word[0] for word in long)
