"""Sentences without the clauses that hold what was found, by rules that need no model."""

import re
from collections.abc import Iterator, Sequence

from ..detection.canonical import Span
from .cuts import CUTS, Cut
from .grammar import FINITE, FOUND, FRONT, MASK, PRONOUN

# The patterns cost the square of a sentence's length; what holds more findings is about the target.
_LONGEST = 1_000
_MOST_FOUND = 8

# Flaws that a cut may leave: stray commas, empty brackets, conjunctions and prepositions with nothing after them.
_FLAW = re.compile(
    r"\s[,;.!?](?!\w)|,\s*[,.;:!?]|\(\s*\)|\"\s*\"|“\s*”|\b(?:and|or|but)\s+(?:and|or|but)\b"
    r"|\b(?:and|or|but|nor|by|with|of|from|the|an?|than|such as|including|between|according to|und|von|mit|y|de|con)"
    r"\s*(?:[,.;:!?)\]]|$)|\b(?:the|an?|his|her|their|its)\s(?:of|by|in|and|or|was|is|were|are)\b"
    r"|^\W*(?:and|or|but|who|which|whom|whose|where)\b|^[,;:)]|(?:&\w*|\bamong(?:st)? others)[.\s]*$"
    r"|\b(?:including|such as)\b[^,]*\sand\s(?:an?|the)\b"
    r"|\b(?:not only|neither|either|both|between)\b(?!.*\b(?:but|nor|or|and)\b)",
    re.IGNORECASE,
)
# An adverbial, or a subject with its relative clause, and no statement after it.
_FRAGMENT = re.compile(rf"^{FRONT}\b[^,]*$|^(?:(?!{FINITE})[^,])*,\s(?:who|which|whose|where)\b[^,]*$")
_VERB = re.compile(FINITE)
_LEANING = re.compile(rf"[,;]?\s?{PRONOUN}\b", re.IGNORECASE)
_LINK = (
    r"(?:However|Therefore|Thus|Hence|Moreover|Furthermore|Also|In addition|Additionally|Consequently|As a result"
    r"|Meanwhile|Nevertheless|Nonetheless|In contrast|By contrast|On the other hand|Similarly|Likewise|Instead|Then"
    r"|Afterwards|Later|Still|For example|For instance)"
)
_LINKED = re.compile(rf"{_LINK},\s+|(?:But|And|So|Yet)\s+(?=\w)")
# "It rained" speaks of nothing that was named before.
_SPEAKS_ON = re.compile(
    rf"\W*(?:{_LINK},?\s+|(?:And|But|So|Yet)\s+|(?:In|On|At|By|After|Before)\b[^,]{{1,30}},\s+)?(?:(?:he|she|they|his"
    r"|her|their|its|this|these|those|such|both|the former|the latter|one of them|er|ella?|ellos|sie|ihre?)\b"
    r"|it\b(?!\s(?:rain|snow|seem|is said|was said|(?:is|was) \w+ (?:that|to)\b)))",
    re.IGNORECASE,
)


def without_found(sentence: str) -> str | None:
    """Return a sentence without the clauses that hold what was found; `None` when it cannot do without them.

    Args:
        sentence: A sentence, what was found in it masked.
    """
    if len(sentence) > _LONGEST or len(re.findall(FOUND, sentence)) > _MOST_FOUND:
        return None
    while MASK in sentence:
        shorter = next((text for cut in CUTS for text in _tries(cut, sentence)), None)
        if shorter is None:
            return None
        sentence = shorter
    return sentence


def without_sentences(masked: str, text: str, spans: Sequence[Span], *, lost: bool, whole: bool) -> str:
    """Return a paragraph without the clauses that hold what was found, or the sentences that cannot do without those.

    A sentence that speaks on of one that was cut goes with it.

    Args:
        masked: The paragraph, what was found in it masked.
        text: The paragraph.
        spans: Its sentences.
        lost: Whether the sentence before it was cut.
        whole: Whether sentences are cut whole.
    """
    kept: list[str] = []
    for span in spans:
        piece = masked[span.start : span.end]
        if MASK in piece:
            kept.append((None if whole else without_found(piece)) or "")
        else:
            kept.append(_after_a_gap(piece) if lost else piece)
        lost = not kept[-1]
    _drop_quotations(text, spans, kept)
    return _joined(text, spans, kept)


def _after_a_gap(sentence: str) -> str:
    """Return a sentence without the word that links it to the one before; nothing when it speaks on of that one."""
    if _SPEAKS_ON.match(sentence):
        return ""
    link = _LINKED.match(sentence)
    return _capitalised(sentence[link.end() :], sentence) if link else sentence


def _drop_quotations(text: str, spans: Sequence[Span], kept: list[str]) -> None:
    """Drop a quotation whole of which a sentence was cut that opens or closes it."""
    start = opened = quotes = 0
    for index, span in enumerate(spans):
        piece = text[span.start : span.end]
        opened += sum(piece.count(sign) for sign in "([{“") - sum(piece.count(sign) for sign in ")]}”")
        quotes += piece.count('"')
        if (opened or quotes % 2) and index < len(spans) - 1:
            continue
        group = range(start, index + 1)
        if any(not kept[i] and not _is_balanced(text[spans[i].start : spans[i].end]) for i in group):
            kept[start : index + 1] = [""] * len(group)
        start = index + 1


def _joined(text: str, spans: Sequence[Span], kept: Sequence[str]) -> str:
    """Put sentences together again, with the white space that stood before each."""
    pieces: list[str] = []
    for index, piece in enumerate(kept):
        if piece:
            before = text[spans[index - 1].end : spans[index].start] if index else ""
            pieces += [before if pieces else "", piece]
    return "".join(pieces)


def _capitalised(text: str, like: str) -> str:
    """Return a text with a capital at its beginning where the text that it is a part of had one, or a name was cut."""
    opening = like.lstrip("\"'“([")[:1]
    return text[:1].upper() + text[1:] if opening.isupper() or opening == MASK else text


def _is_balanced(text: str) -> bool:
    """Whether quotation marks and brackets are closed that were opened."""
    pairs = ("()", "[]", "{}", "“”")
    return text.count('"') % 2 == 0 and all(text.count(pair[0]) == text.count(pair[1]) for pair in pairs)


def _tries(cut: Cut, sentence: str) -> Iterator[str]:
    """Yield what a cut leaves of a sentence wherever it applies, as far as that is well formed."""
    for match in cut.pattern.finditer(sentence):
        text = _without_groups(sentence, match)
        fewer = text.count(MASK) < sentence.count(MASK)
        if fewer and not _leaves_hanging(sentence, match) and _is_well_formed(text, sentence, cut):
            yield text


def _leaves_hanging(sentence: str, match: re.Match[str]) -> bool:
    """Whether a cut alters a quotation, or what follows it speaks of what was cut."""
    start, end = match.span(1)
    follows = start == 0 or sentence.startswith(";", end)
    return sentence.count('"', 0, start) % 2 > 0 or (follows and _LEANING.match(sentence, end) is not None)


def _without_groups(sentence: str, match: re.Match[str]) -> str:
    text = sentence
    for group in range(match.re.groups, 0, -1):
        start, end = match.span(group)
        if start >= 0:
            glued = text[start - 1 : start].isalnum() and text[end : end + 1].isalnum()
            text = f"{text[:start]}{' ' if glued else ''}{text[end:]}"
    return _capitalised(text.lstrip(), sentence)


def _is_well_formed(text: str, before: str, cut: Cut) -> bool:
    """Whether a shortened sentence has no flaw that it did not have before."""
    return (
        len(text.split()) >= cut.least
        and not (cut.never and cut.never.search(text))
        and len(_FLAW.findall(text)) <= len(_FLAW.findall(before))
        and _is_balanced(text)
        and bool(_FRAGMENT.search(text)) <= bool(_FRAGMENT.search(before))
        and bool(_VERB.search(text)) >= bool(_VERB.search(before))
    )
