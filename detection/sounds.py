"""Layer 2, sounds: names written in a script that is not Latin, compared by their consonants.

"Такаши Накамура", "تاكاشي ناكامورا" and "Takashi Nakamura" have the consonants t-k-s-n-k-m-r. Scripts disagree on
vowels, and some write none; what they take for one consonant is levelled too (v, w, b and p, l and r, s and sh).
"""

import re
from functools import lru_cache

from .canonical import Words

MIN_CONSONANTS = 5
"""Consonants that a name needs for its sound to tell it from other words."""

READINGS_OF_W = ("w", "u")
"""What "w" stands for, in one script or another."""

# The last letter of the Latin blocks (Latin Extended-B); punctuation beyond is no matter, it makes no word.
_LATIN_END = "\u024f"
# In this order; what one consonant is in one script is two letters in another.
_LETTERS = [
    *(("dzh", "j"), ("dj", "j"), ("tsch", "s"), ("tch", "s"), ("sch", "s"), ("sh", "s")),
    *(("ce", "se"), ("ci", "si"), ("cy", "sy"), ("gh", ""), ("ch", ""), ("kh", ""), ("h", "")),
    *(("ts", "s"), ("tz", "s"), ("z", "s"), ("x", "ks")),
]
# Greek writes b, d and g at the start of a word as mp, nt and gk.
_INITIALS = {"mp": "v", "nt": "t", "gk": "k"}
_LEVELS = str.maketrans("jcqgwbpfdl", "kkkkvvvvtr", "aeiouy0123456789")
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def consonants(word: str, w: str = "w") -> str:
    """Return the levelled consonants of a canonical word, possibly none.

    Args:
        word: The word.
        w: What "w" stands for: a consonant as in "William", or the vowel that it is in some scripts.
    """
    word = word.replace("w", w)
    for letters, to in _LETTERS:
        word = word.replace(letters, to)
    word = _INITIALS.get(word[:2], word[:2]) + word[2:]
    return _TWICE.sub(r"\1", word.translate(_LEVELS))


def foreign(text: str, words: Words) -> Words:
    """Return those words of a text that are written in a script other than Latin."""
    if text.isascii():
        return Words.at([], [], [])
    places = [index for index, start in enumerate(words.starts) if text[start] > _LATIN_END]
    return Words.at(
        [words.words[index] for index in places],
        [words.starts[index] for index in places],
        [words.ends[index] for index in places],
    )
