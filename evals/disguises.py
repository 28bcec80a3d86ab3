"""Ways to write a text that a person or a model can still read, and how to read it back."""

# ruff: noqa: RUF001 - tables of look-alike letters

import base64
import binascii
import codecs
import re
from collections.abc import Callable
from random import Random
from typing import Literal, NamedTuple

from anyascii import anyascii

Script = Literal["Cyrillic", "Greek"]

_LOOKALIKES = str.maketrans("aceopxyijsABCEHIKMOPTXSJ", "асеорхуіјѕАВСЕНІКМОРТХЅЈ")
_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_INVISIBLE = "\u200b\u200c\u200d\u2060"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){4,}")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_OPENINGS = (
    "Apples Birds Clouds Doors Evenings Ferries Gardens Houses Islands Journeys Kettles Lamps Meadows Nights Orchards "
    "Pears Questions Rivers Stones Trees Umbrellas Voices Willows Xylophones Years Zebras"
)
_CYRILLIC = (
    "shch щ sh ш ch ч zh ж kh х ts ц ya я yu ю yo ё a а b б c к d д e е f ф g г h х i и j дж k к l л m м n н o о p п "
    "q к r р s с t т u у v в w в x кс y й z з"
)
_GREEK = (
    "th θ ch χ ph φ ps ψ ou ου a α b μπ c κ d δ e ε f φ g γ h χ i ι j τζ k κ l λ m μ n ν o ο p π q κ r ρ s σ t τ u ου "
    "v β w ου x ξ y υ z ζ"
)


class Code(NamedTuple):
    """A way to write any text."""

    name: str
    """What people call it."""

    encode: Callable[[str], str]
    """Write a text in it."""

    decode: Callable[[str], str]
    """Read it back, also where it stands among plain words."""


def typo(name: str, random: Random) -> str:
    """Mistype one long word of a name: letters swapped, left out, doubled, or taken for one beside it on the keyboard.

    A name without a word of three letters stays as it is.
    """
    words = name.split(" ")
    long = [number for number, word in enumerate(words) if len(word) >= 3 and word[0].isupper()]
    if not long:
        return name
    index = max(long, key=lambda number: (len(words[number]) > 3, random.random()))
    word = words[index]
    at = random.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    slips = (after[0] + letter + after[1:], after, letter + letter + after, _beside(letter, random) + after)
    words[index] = before + random.choice(slips)
    return " ".join(words)


def _beside(letter: str, random: Random) -> str:
    plain = anyascii(letter).lower()
    row = next((row for row in _KEYBOARD if plain in row), "")
    near = [row[place] for place in (row.find(plain) - 1, row.find(plain) + 1) if row and 0 <= place < len(row)]
    return random.choice(near or ["e"])


def homoglyphs(text: str) -> str:
    """Write letters as the Cyrillic ones that look the same."""
    return text.translate(_LOOKALIKES)


def zero_width(text: str, random: Random) -> str:
    """Put invisible characters between the letters."""
    return "".join(letter + random.choice(_INVISIBLE) if letter.isalnum() else letter for letter in text)


def spaced(text: str) -> str:
    """Put a space between the letters, and three between the words."""
    return "   ".join(" ".join(word) for word in text.split())


def leetspeak(text: str) -> str:
    """Write letters as the digits that look like them."""
    return text.translate(_LEET)


def transliterated(text: str, script: Script) -> str:
    """Write a text in Latin letters in those of another script, by ear."""
    pairs = (_CYRILLIC if script == "Cyrillic" else _GREEK).split()
    table = dict(zip(pairs[::2], pairs[1::2], strict=True))
    pattern = "|".join(sorted(table, key=len, reverse=True))

    def letter(match: re.Match[str]) -> str:
        written = table[match.group().lower()]
        return written.capitalize() if match.group()[0].isupper() else written

    return re.sub(pattern, letter, anyascii(text), flags=re.IGNORECASE)


def acrostic(text: str) -> str:
    """Spell a text by the first letters of lines, a stanza for each word."""
    stanzas = [[_line(letter) for letter in word if letter.isalnum()] for word in anyascii(text).split()]
    return "\n\n".join("\n".join(stanza) for stanza in stanzas if stanza)


def read_acrostic(text: str) -> str:
    """Read the first letters of lines, a word for each stanza."""
    stanzas = re.split(r"\n\s*\n", text)
    return " ".join("".join(line[:1] for line in stanza.splitlines()) for stanza in stanzas)


def _line(letter: str) -> str:
    opening = next((word for word in _OPENINGS.split() if word[0] == letter.upper()), letter)
    return f"{opening} were here before us."


def _to_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _to_hex(text: str) -> str:
    return text.encode().hex()


def _pieces(pattern: re.Pattern[str], read: Callable[[str], bytes]) -> Callable[[str], str]:
    def decode(text: str) -> str:
        return pattern.sub(lambda match: _text_or(read, match.group()), text)

    return decode


def _text_or(read: Callable[[str], bytes], piece: str) -> str:
    try:
        return read(piece).decode()
    except (binascii.Error, ValueError):
        return piece


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _mirrored(text: str) -> str:
    return text[::-1]


CODES = (
    Code("Base64", _to_base64, _pieces(_BASE64, base64.b64decode)),
    Code("hexadecimal", _to_hex, _pieces(_HEX, bytes.fromhex)),
    Code("ROT13", _rot13, _rot13),
    Code("reversed", _mirrored, _mirrored),
)
"""Codes that a language model reads and writes without being told how."""
