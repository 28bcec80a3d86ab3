"""Sentences and the people in them, by rules that need no model."""

import re
from collections.abc import Iterator

from .canonical import Span
from .rarity import STOP_WORDS

_END = re.compile(r"""(?<=[.!?。！？])["'”’)\]]*\s+(?=["'“‘(\[]*[^\s\W a-z])|\n\s*|(?<=[。！？])(?=\S)""")
_ENDING = re.compile(r"[.!?…。！？।؟۔\n]")
_WHOLE = re.compile(r"""(?<=[.!?…。！？।؟۔])["'”’)\]]*\s+(?=\S)|\n\s*(?=\S)|(?<=[。！？।])(?=[^\s"'”’)\]])""")
# Characters without an end of a sentence after which a reader is not kept waiting.
_LONG = 600
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|Vol|Inc|Ltd|Co)\.)$|(?:^|\n)\s*\d{1,3}\.$"
)
_PERSON_NOUN = r"author|writer|person|man|woman|guy|individual|poet|novelist|artist|scientist|founder|director|winner"
_THING_NOUN = r"company|firm|organi[sz]ation|book|work|novel|story|contract|record|film|song"
_PRONOUN = re.compile(
    r"\b(?:he|him|his|himself|she|her|hers|herself|they|them|their|theirs|themselves)\b"
    rf"|\b(?:the|this|that|same) (?:same )?(?:{_PERSON_NOUN}|{_THING_NOUN}|one)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(rf"\b(?:this|that|same) (?:same )?(?:{_PERSON_NOUN}|{_THING_NOUN}|one)\b", re.IGNORECASE)
_COLON = re.compile(r":\s+")
_NEUTER = re.compile(r"\b(?:it|its|itself)\b", re.IGNORECASE)
# A question that cannot be understood without the one before it.
_ELLIPTIC = re.compile(
    r"^\W*(?:yes|no|and|but|so|why|ok|okay|sure|really|please|go on|come on|try|tell me|just|give|how about|what about"
    r"|are you sure|anyway|more|continue|again)\b",
    re.IGNORECASE,
)
# "Tell me a joke" asks for something of its own.
_OWN_TOPIC = re.compile(
    r"\b(?:an?|some|about|how to)\s+"
    r"(?!(?:bit|little|hint|guess|try|moment|him|her|them|it|this|that|he|she|they)\b)\w{3,}",
    re.IGNORECASE,
)
# "It" in "it is raining" means nothing that was named.
_DUMMY = re.compile(
    r"\bit(?:['’]s| is| was| will be| has been)? (?:\w+ly )?(?:rain|snow|cold|warm|hot|sunny|late|early|time|possible"
    r"|important|hard|easy|true|clear)\w*",
    re.IGNORECASE,
)
# A sentence without a subject of its own, or a line of a record ("Born: Whitby").
_HEADLESS = re.compile(
    r"^\W*(?:born|raised|married|known|educated|based|died|studie[ds]|works?|worked|lives?|lived|wrote|writes|won|best"
    r"|received|also|author|writer|son|daughter|[a-z]+ed|[a-z]+ing)\b|^\W*[\w /-]{1,30}:\s",
    re.IGNORECASE,
)
_FINITE = re.compile(r"\w\W+(?:is|are|was|were|has|have|had|does|did|can|will|would|we|you|i)\b", re.IGNORECASE)
_OWN_SUBJECT = re.compile(r"^\W*(?:the|an?|it|there|this|these|we|you|i)\b", re.IGNORECASE)
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "dame", "dear", "author", "judge", "mayor", "captain"}
    | {"senator", "minister", "doctor", "novelist", "poet", "writer", "winner", "chef", "coach", "pastor", "sheriff"}
)
_OPENINGS = STOP_WORDS | _TITLES
# Words of titles in capitals that are nobody's name, and words of which the names of some large places consist.
_INSTITUTIONS = frozenset(
    """
    academy agency airport american association award awards bank bay beach book bridge business castle cathedral
    center centre century championship church city club college committee company conference contest corporation council
    county court department district engineer exhibition festival foundation gallery government group high hospital
    hotel industry institute international island journal league library literary literature medal ministry movement
    museum national network novel office organization palace party prize province region republic review river road
    romance school science series service society station street studies studio theatre theater times tower town union
    university village war world year
    """.split()  # noqa: SIM905 - a hundred quoted words would be unreadable
)
# "The Stars Will Be Our Lamps": words that stand in titles and in nobody's name.
_OF_TITLES = STOP_WORDS - {"will", "an", "do", "so", "no", "to", "my", "in", "s", "t", "a", "i"}
_PLACES = frozenset(
    """
    africa african america american arabia arabian asia asian australian brazil british california cape central chinese
    costa eastern emirates england europe european french german hong indian indonesia irish islamic italian japanese
    jewish kingdom kong korea korean latin lanka los angeles mexican middle new north northern orleans pacific rica
    rico puerto russian san francisco saudi south southern spanish sri states town united western york zealand
    """.split()  # noqa: SIM905 - as above
)
_PARTICLE = r"(?:(?:van|von|de|da|del|der|di|bin|ibn|al|el|la|le)[ \t-]){0,2}"
# Possessive quantifiers: without them a long word would be tried from each of its letters.
# An apostrophe is part of a name (O'Hara), a possessive ending is not.
_NAME_WORD = r"(?:[A-Z]\.|[A-Z\u00c0-\u00de][\w-]*+(?:['’](?!s\b)\w+)*+)"
_PERSON = re.compile(rf"(?<!\w){_NAME_WORD}(?:[ \t]{{1,4}}{_PARTICLE}{_NAME_WORD})+")
_POSSESSED = re.compile(r"['’]s?(?:[ \t]+[A-Z][\w-]*+)+")
_POSSESSIVE = re.compile(r"['’]s?$")


def sentences(text: str) -> list[Span]:
    """Return the spans of a text's sentences, white space between them left out; a line break ends a sentence."""
    return [span for span in _split(text) if span.end > span.start]


def may_end(text: str) -> bool:
    """Whether a sentence may end in a text, or it is so long that it matters no more."""
    return len(text) > _LONG or _ENDING.search(text) is not None


def last_sentence(text: str) -> int:
    """Return where the last sentence of a text starts: all that stands before it is whole, whatever follows.

    For readers that wait: sentences without capitals count, and of what goes on for long without an end the last word.
    """
    start = 0
    for match in _WHOLE.finditer(text):
        if not _ABBREVIATION.search(text, max(0, match.start() - 8), match.start()):
            start = match.end()
    if len(text) - start > _LONG:
        start = max(start, *(text.rfind(blank, 0, len(text) - 1) + 1 for blank in (" ", "\n", "、", ",", "，")))
    return start if start < len(text) else 0


def _split(text: str) -> Iterator[Span]:
    start = 0
    for match in _END.finditer(text):
        closing = match.start() + len(match.group()) - len(match.group().lstrip("\"'”’)]"))
        if _ABBREVIATION.search(text, max(0, match.start() - 8), match.start()):
            continue
        yield _stripped(text, start, closing)
        start = match.end()
    yield _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))


def refers_back(sentence: str, *, thing: bool = False) -> bool:
    """Whether a sentence speaks of what was named before it, by a pronoun or words like "the author".

    A name that comes before the pronoun is what the pronoun means.

    Args:
        sentence: The sentence.
        thing: Whether what was named is no person, so that "it" may mean it.
    """
    pronoun = _PRONOUN.search(sentence) or (_NEUTER.search(_DUMMY.sub("", sentence)) if thing else None)
    return pronoun is not None and not any(name.start < pronoun.start() for name in people(sentence))


def question_in(text: str) -> str:
    """Return the questions of a text without who asks them ("Mary asks: …") and what else is said; without any, all.

    What stands around a question says little of whom it is about, and is easily added.
    """
    pieces = [piece for span in sentences(text) for piece in _COLON.split(text[span.start : span.end])]
    asked = [piece.strip() for piece in pieces if piece.rstrip("\"'”’)]* ").endswith(("?", "？", "؟"))]
    return " ".join(asked) or text


def points_back(sentence: str) -> bool:
    """Whether a sentence speaks of "that person", "this author" or the like, whoever else it names."""
    return _POINTING.search(sentence) is not None


def is_elliptic(question: str) -> bool:
    """Whether a question cannot be understood without the one before it ("Birthplace?", "Are you sure?")."""
    words = question.split()
    opens = len(words) <= 8 and bool(_ELLIPTIC.search(question)) and not _OWN_TOPIC.search(question)
    return 0 < len(words) <= 2 or opens


def is_headless(sentence: str) -> bool:
    """Whether a sentence lacks a subject of its own, and so goes on about the one before."""
    short = len(sentence.split()) <= 4 and not _OWN_SUBJECT.search(sentence) and not _FINITE.search(sentence)
    return short or bool(_HEADLESS.search(sentence))


def people(text: str) -> list[Span]:
    """Return spans that are written as a name: two capitalised words or more in a row.

    Some places and titles are among them: it serves to see that *someone else* may be meant, not to know who.
    """
    spans = (_without_opening(text, *match.span()) for match in _PERSON.finditer(text))
    return [span for span in spans if span and not _is_no_person(text[span.start : _run_end(text, span.end)])]


def _run_end(text: str, end: int) -> int:
    """Return where a run of capitals ends that goes on after a possessive: "Siberian Women's Chess Championship"."""
    more = _POSSESSED.match(text, end)
    return more.end() if more else end


def _is_no_person(name: str) -> bool:
    words = set(re.findall(r"\w+", name.lower()))
    return not _INSTITUTIONS.isdisjoint(words) or words <= _PLACES or not _OF_TITLES.isdisjoint(words)


def _without_opening(text: str, start: int, end: int) -> Span | None:
    """Drop titles and what a sentence opens with; `None` when no name of two words is left, or all is in capitals."""
    while opening := re.match(r"([\w'’-]+)\.?\s+", text[start:end]):
        if opening[1].lower() not in _OPENINGS:
            break
        start += opening.end()
    name = _POSSESSIVE.sub("", text[start:end])
    return Span(start, start + len(name)) if " " in name and not (name.isupper() and name.count(" ") > 1) else None
