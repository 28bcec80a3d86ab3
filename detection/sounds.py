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
_LEVELLED = [
    (re.compile(pattern), to)
    for pattern, to in [
        ("dzh|dj", "j"),
        ("tsch|tch|sch|sh|c(?=[eiy])", "s"),
        ("gh|ch|kh|h", ""),
        ("t[sz]|z", "s"),
        ("x", "ks"),
        ("j|^gk|[cqg]", "k"),
        ("^mp|[wbpf]", "v"),
        ("^nt|d", "t"),
        ("l", "r"),
        ("[aeiouy0-9]", ""),
        (r"(.)\1+", r"\1"),
    ]
]


@lru_cache(maxsize=65536)
def consonants(word: str, w: str = "w") -> str:
    """Return the levelled consonants of a canonical word, possibly none.

    Args:
        word: The word.
        w: What "w" stands for: a consonant as in "William", or the vowel that it is in some scripts.
    """
    word = word.replace("w", w)
    for pattern, to in _LEVELLED:
        word = pattern.sub(to, word)
    return word


def foreign(text: str, words: Words) -> Words:
    """Return those words of a text that are written in a script other than Latin."""
    if text.isascii():
        return Words([], [], [])
    places = [index for index, start in enumerate(words.starts) if text[start] > _LATIN_END]
    return Words(
        [words.words[index] for index in places],
        [words.starts[index] for index in places],
        [words.ends[index] for index in places],
    )
