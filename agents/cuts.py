"""The pieces that a sentence can do without, from the smallest to the largest."""

import re
from typing import NamedTuple

from .grammar import (
    AND,
    ASIDE,
    AUXILIARY,
    BELONGS,
    BUT,
    COUNTED,
    FINITE,
    FOUND,
    FRONT,
    LAST,
    LEANS,
    NAME,
    PAST,
    PREPOSITION,
    RELATIVE,
    STOP,
    SUBJECT,
    TARGET,
    WHEN,
    WITHIN,
    WORD,
)


class Cut(NamedTuple):
    """A kind of piece that can be left out.

    Attributes:
        reason: What it is.
        pattern: Where it stands. Its groups are cut; the rest is the context that makes the cut safe.
        never: What the shortened sentence must not hold; `None`: nothing in particular.
        least: Words that must remain.
    """

    reason: str
    pattern: re.Pattern[str]
    never: re.Pattern[str] | None = None
    least: int = 3


def _cut(reason: str, *pattern: str, least: int = 3) -> Cut:
    return Cut(reason, re.compile("".join(pattern)), least=least)


def _item(reason: str, pattern: str) -> Cut:
    return Cut(reason, re.compile(pattern), re.compile(COUNTED))


_OPENING = rf"^(?:{FRONT}\b{WITHIN}*,\s)?"
_WORDS = rf"{WORD}(?:\s{WORD})*"
_EXAMPLES = r"\b(?:such as|including|like)\s"
_NO_BUT = rf"(?:(?!,?\s{BUT}\s)[^;()])*"
_TO_COMMA = rf"(?:(?!,\s{BUT}\s)[^;()])*?"
_NO_TURN = rf"(?:(?!\s(?:{WHEN}|that|as|if)\s)[^,;])*?"

CUTS = (
    _cut("parenthesis", rf"(\s*\([^()]*{FOUND}[^()]*\))"),
    _cut("parenthesis in brackets", rf"(\s*\[[^\[\]]*{FOUND}[^\[\]]*\](?!\())"),
    _cut(
        "parenthesis between dashes",
        rf"(\s?—[^—]*{FOUND}[^—]*—|\s[\u2013-]\s[^\u2013]*?{FOUND}[^\u2013]*?\s[\u2013-](?=\s))",
    ),
    _cut("parenthesis after a dash", rf"(\s?—[^—]*{FOUND}[^—]*?|\s[\u2013-]\s[^\u2013]*?{FOUND}[^\u2013]*?){LAST}"),
    _item("first of three", rf"((?:\b[Bb]oth\s)?{TARGET},\s){NAME}(,?)(?=\s{AND}\s{NAME})"),
    _item("first of more", rf"({TARGET},\s)(?={NAME}(?:,\s{NAME})*,?\s{AND}\s{NAME})"),
    _item("last but one", rf"{NAME}(,\s{TARGET},?)(?=\s{AND}\s{NAME})"),
    _item("one of several", rf"{NAME}(,\s{TARGET})(?=,\s{NAME})"),
    _item("one of the examples", rf"{_EXAMPLES}({TARGET}\s{AND}\s)(?={NAME})"),
    _item("last of the examples", rf"{_EXAMPLES}(?:{NAME},\s)*{NAME}(,?\s{AND}\s{TARGET})"),
    _item("one of two who did it", rf"{_OPENING}((?:Both\s)?{TARGET}\s{AND}\s)(?={NAME}\s{PAST}\b)"),
    _item("other of two who did it", rf"{_OPENING}{NAME}(\s{AND}\s{TARGET})(?=\s{PAST}\b)"),
    _item(
        "one of two",
        rf"(?<=\w\s)({TARGET}\s{AND}\s)(?!{_WORDS}\sof\s)(?={NAME}(?:{STOP}|\s{PREPOSITION}\b))",
    ),
    _item("last of a list", rf"{NAME}(,?\s{AND}\s{TARGET})(?!,\s[A-Z])(?:{STOP}|(?=\s{PREPOSITION}\b))"),
    _cut(
        "relative clause",
        rf"(,\s{RELATIVE}\b{WITHIN}*{FOUND}{WITHIN}*?)(?:(,)(?=\s(?!{BELONGS}))|(?=;)|{LAST})",
    ),
    _cut(
        "aside",
        rf"(,\s{ASIDE}{WITHIN}*{FOUND}{WITHIN}*?)(?:(,)(?=\s(?!{BELONGS}))|(?=,\s{NAME},)|(?=;)|{LAST})",
    ),
    _cut("aside and what follows it", rf"(,\s(?:{RELATIVE}\b|{ASIDE}){WITHIN}*{FOUND}[^;]*?){LAST}"),
    _cut(
        "participle",
        r"(?<!is)(?<!are)(?<!was)(?<!were)(?<!be)(?<!been)(?<!also)(?<!later)(?<!then)",
        rf"(\s(?:(?:[a-z]+ed|written|drawn|made|built|sung|led|held)\sby|starring|featuring)\s{TARGET})",
        rf"(?:(?=[.!?;:)]|\s{PREPOSITION}\b)|{LAST})",
        least=5,
    ),
    _cut(
        "prepositional phrase",
        rf"\b(?!{LEANS}\b)[\w'\u2019-]+[\"”)]?(,?\s(?:together with|along with|as well as|alongside|with|by|from|like",
        r"|unlike|in|on|at|near|after|before|since|until|during|next to|thanks to|according to)\s",
        r"(?:(?:the|an?|his|her|their|its)\s(?:\w+\s){1,3}(?:of|by|from|for)\s)?",
        rf"(?:{TARGET}|{FOUND}['\u2019]s?(?:\s[a-z-]+){{1,3}}?))",
        rf"(?:(?=[\"”\u2019)]*[.!?;:)]|,\s{BUT}\s|\s(?:{PREPOSITION}|but|while|because|and\s{PAST})\b)|{LAST})",
        least=5,
    ),
    _cut("adverbial in front", rf"^({FRONT}\b{WITHIN}*{FOUND}{WITHIN}*,\s)"),
    _cut("adverbial clause at the end", rf"\w(,?\s{WHEN}\s{WITHIN}*{FOUND}[^;]*?){LAST}"),
    _cut(
        "relative clause at the end",
        r"(?<!is)(?<!was)(?<!are)(?<!were)\s(?:the|an?|his|her|their)\s(?:\w+\s){0,2}\w+",
        rf"(\s(?:who|whom|that|which)\s{WITHIN}*{FOUND}[^;]*?){LAST}",
        least=5,
    ),
    _cut("clause between others", rf"(,\s{BUT}\s{WITHIN}*{FOUND}{WITHIN}*?)(?=,\s{BUT}\s)"),
    _cut(
        "clause at the end",
        rf"(?:^|[,;]\s|\s(?:{WHEN}|that|as|if)\s){_NO_TURN}{FINITE}{WITHIN}*",
        rf"(,?\s{BUT}\s(?!\w+\sof\s(?:the\s)?{FOUND}){WITHIN}*?{FOUND}[^;]*?){LAST}",
    ),
    _cut(
        "clause in front",
        rf"^((?={_NO_BUT}(?:{FINITE}|{FOUND}\s[a-z]+s\b)){_TO_COMMA}{FOUND}{_TO_COMMA}(?:,\s{BUT}|\s{AND})\s)",
        rf"(?={SUBJECT}\s(?:\w+ly\s)?(?:{PAST}|{AUXILIARY})\b)",
    ),
    _cut("statement after a semicolon", rf"(;[^;]*{FOUND}[^;]*?)(?:(?=;)|{LAST})"),
    _cut("statement before a semicolon", rf"^([^;]*{FOUND}[^;]*;\s)"),
)
"""Each is tried only where those before it leave no whole sentence."""
