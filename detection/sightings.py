"""Layer 2, sightings: names found in a text, held against what stands around them.

"Rob White" is not in "Jack White, Rob Thomas", "Will Younger" not in "will younger workers", and "Marlow J. Tennerby"
is Marlow Tennerby.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from .aliases import Aliases, AliasHit, Part, PartHit
from .canonical import Places, Span, Words, canonical
from .decoding import Reading
from .evidence import Evidence, Scan, Sighting
from .fuzzy import FuzzyHit, FuzzyNames
from .names import BESIDE_NAMES, Strength, is_common
from .rarity import STOP_WORDS, distinctiveness, zipf
from .seams import is_glued, is_one_word
from .sentences import people

# Later words of a longer text are not searched for names with typing errors, to bound the time.
_NEAR_WORDS = 50_000
_STATEMENT_END = re.compile(r"[;:!?。！？]|\n\s*\n|,")
_NAME_START = '"“‘(['
_MOST_BETWEEN = 2
_NEAR_OPENING = 40
# How often a word is used that opens a sentence before a name, as a verb or a profession does.
_ORDINARY = 3.0
# How distinctive a word of a name has to be for its pieces to tell who is meant.
_TELLING = 0.3
# A name that may be another's counts like a part of a name, and only beside documents.
_NAMESAKE_SCORE = 0.6
# Beside these, "May" is the month and "Rose" the flower.
_OF_TIME = frozenset(
    """
    january february march april june july august september october november december
    in last next early late until since during every the
    """.split()  # noqa: SIM905 - quoted words would be harder to read
)
# What a name of several common words is worth once it is written as a name.
_WRITTEN: dict[Strength, Strength] = {"common": "full", "loose": "derived"}


def see_names(found: Scan, text: str, plain: Words, aliases: Aliases, fuzzy: FuzzyNames) -> None:
    """Add the sightings of names and of parts of names in the plain reading of a text."""
    head = Words(plain.words[:_NEAR_WORDS], lambda: Places(plain.starts[:_NEAR_WORDS], plain.ends[:_NEAR_WORDS]))
    every = [hit for hit in aliases.search(plain) if aliases.holds_signs(hit.target) or not _apart(text, plain, hit)]
    exact = [hit for hit in every if hit.strength != "initials"]
    near = [hit for hit in fuzzy.search(head) if not _apart(text, plain, hit, comma=True)]
    slips = [hit for hit in near if not hit.namesake]
    sightings = [*_exact(text, plain, [*exact, *aliases.run_together(plain)]), *_near(text, plain, slips)]
    parts = list(aliases.parts_in(plain))
    others = people(text) if sightings or parts else []
    taken: dict[str, list[Sighting]] = defaultdict(list)
    for target, sighting in [*sightings, *_completed(plain, parts, others)]:
        kept = _held_against(sighting, others, text)
        if kept and not _covered(kept, taken[target]):
            found.setdefault(target, Evidence()).names.append(kept)
            if kept.as_name:
                insort(taken[target], kept, key=lambda name: name.start)
    for target, sighting in _in_pieces(text, plain, parts, aliases):
        evidence = found.setdefault(target, Evidence())
        evidence.names += [] if evidence.names else [sighting]
    _see_parts(found, text, plain, parts, others, aliases)
    _see_namesakes(found, text, plain, [*every, *near])


def see_disguised(found: Scan, reading: Reading, aliases: Aliases) -> None:
    """Add the sightings of names in a reading that undoes a disguise; what was seen plainly needs no second one.

    Common words turn into a single rare name by mirroring ("heaven", Nevaeh): there, one word is not enough.
    """
    words = reading.words
    match reading.disguise:
        case "spaced":
            hits = aliases.spelled(words)
        case "script":
            hits = aliases.sounding(words)
        case _:
            hits = [*aliases.search(words), *aliases.run_together(words)]
    named = {target for target, evidence in found.items() if any(name.as_name for name in evidence.names)}
    for hit in hits:
        if hit.strength == "initials" or (
            hit.first == hit.last and (hit.strength in _WRITTEN or reading.disguise in {"reversed", "rot13"})
        ):
            continue
        if hit.target not in named:
            named.add(hit.target)
            span = words.span(hit.first, hit.last)
            sighting = Sighting(span.start, span.end, _WRITTEN.get(hit.strength, hit.strength), disguised=True)
            found.setdefault(hit.target, Evidence()).names.append(sighting)


def see_glued(found: Scan, text: str, words: Words, aliases: Aliases) -> None:
    """Add the sightings of names in words that were cut out of longer ones; what the name is glued to goes on from it.

    A name of common words counts where all of them are cut out and written as a name.
    """
    starts = {target: {name.start for name in evidence.names} for target, evidence in found.items()}
    for hit in [*aliases.search(words), *aliases.run_together(words)]:
        first, last = hit.first, hit.last
        if hit.strength == "initials" or not is_glued(words, first, last):
            continue
        if hit.strength in _WRITTEN and not (
            first < last and is_one_word(words, first, last) and _as_name(text, words, first, last)
        ):
            continue
        span = words.span(first, last)
        if span.start not in starts.setdefault(hit.target, set()):
            starts[hit.target].add(span.start)
            found.setdefault(hit.target, Evidence()).names.append(Sighting(span.start, span.end, "derived"))


def _see_parts(
    found: Scan, text: str, plain: Words, parts: list[PartHit], others: list[Span], aliases: Aliases
) -> None:
    """Add parts of names; a longer name in the text that holds the same word explains it wherever it stands."""
    names = [set(canonical(text[name.start : name.end]).words) - BESIDE_NAMES for name in others]
    for target, sighting in _parts(text, plain, parts):
        words = set(canonical(text[sighting.start : sighting.end]).words)
        if not any(words & name and not name <= aliases.whole(target) for name in names):
            found.setdefault(target, Evidence()).parts.append(sighting)


def _see_namesakes(found: Scan, text: str, plain: Words, hits: Iterable[AliasHit | FuzzyHit]) -> None:
    """Add names that may well be another's: with initials, or with a word that is a word of its own."""
    for hit in hits:
        strength = "initials" if isinstance(hit, AliasHit) else "near"
        span = plain.span(hit.first, hit.last)
        if text[span.start].isupper() and (hit.namesake if isinstance(hit, FuzzyHit) else hit.strength == strength):
            sighting = Sighting(span.start, span.end, strength, _NAMESAKE_SCORE)
            found.setdefault(hit.target, Evidence()).parts.append(sighting)


def _exact(text: str, words: Words, hits: Iterable[AliasHit]) -> Iterator[tuple[str, Sighting]]:
    for hit in hits:
        span = words.span(hit.first, hit.last)
        as_name = hit.strength not in _WRITTEN or _as_name(text, words, hit.first, hit.last)
        strength = _WRITTEN.get(hit.strength, hit.strength) if hit.last > hit.first else hit.strength
        yield hit.target, Sighting(span.start, span.end, strength, as_name=as_name)


def _near(text: str, words: Words, hits: Iterable[FuzzyHit]) -> Iterator[tuple[str, Sighting]]:
    for hit in hits:
        span = words.span(hit.first, hit.last)
        ordinary = is_common(tuple(words.words[hit.first : hit.last + 1]))
        as_name = not ordinary or _as_name(text, words, hit.first, hit.last)
        yield hit.target, Sighting(span.start, span.end, "fuzzy", hit.score, as_name=as_name)


def _parts(text: str, words: Words, hits: Iterable[PartHit]) -> Iterator[tuple[str, Sighting]]:
    for hit in hits:
        span = words.span(hit.first, hit.last)
        score = max(distinctiveness(word) for word in words.words[hit.first : hit.last + 1])
        yield hit.target, Sighting(span.start, span.end, "part", score, as_name=text[span.start].isupper())


def _completed(words: Words, hits: Iterable[PartHit], others: list[Span]) -> Iterator[tuple[str, Sighting]]:
    """Yield names whose given and family part stand in one run of capitalised words, with an initial between, say."""
    by_target: dict[str, list[PartHit]] = defaultdict(list)
    for hit in hits:
        by_target[hit.target].append(hit)
    for target, own in by_target.items():
        for one, other in pairwise(sorted(own, key=lambda hit: hit.first)):
            between = other.first - one.last - 1
            if (one.part, other.part) != ("given", "family") or not 1 <= between <= _MOST_BETWEEN:
                continue
            span = words.span(one.first, other.last)
            if any(name.start <= span.start and span.end <= name.end for name in _overlapping(span, others)):
                yield target, Sighting(span.start, span.end, "completed")


def _in_pieces(text: str, words: Words, hits: Iterable[PartHit], aliases: Aliases) -> Iterator[tuple[str, Sighting]]:
    """Yield names whose words stand in a text as names, each in a place of its own: "A is Hina, B is Ameen"."""
    found: dict[str, set[Part]] = defaultdict(set)
    for hit in hits:
        if text[words.starts[hit.first]].isupper():
            found[hit.target].add(hit.part)
    both = [target for target, parts in found.items() if len(parts) > 1]
    where: dict[str, list[int]] = defaultdict(list)
    for index, word in enumerate(words.words) if both else ():
        if text[words.starts[index]].isupper():
            where[word].append(index)
    for target in both:
        whole = aliases.whole(target)
        places = sorted(index for word in whole for index in where[word])
        lone = [index for index in places if not _in_other_name(text, words, index, whole)]
        # Words side by side that are no name as they stand have a full stop between them, or another order.
        apart = bool(lone) and lone[-1] - lone[0] >= len(lone)
        telling = max(map(distinctiveness, whole)) >= _TELLING
        if apart and telling and whole <= {words.words[index] for index in lone}:
            span = words.span(lone[0], lone[-1])
            yield target, Sighting(span.start, span.end, "pieces")


def _in_other_name(text: str, words: Words, index: int, whole: frozenset[str]) -> bool:
    """Whether a neighbouring word, with a capital too and no more than a space between, makes it another's name."""
    for one, other in ((index - 1, index), (index, index + 1)):
        if one < 0 or other >= len(words) or text[words.ends[one] : words.starts[other]] not in {" ", "-"}:
            continue
        beside = one if other == index else other
        word = words.words[beside]
        if text[words.starts[beside]].isupper() and word not in whole and word not in STOP_WORDS:
            return True
    return False


def _held_against(sighting: Sighting, others: list[Span], text: str) -> Sighting | None:
    """Drop what belongs to somebody else's longer name; a whole name that goes on is kept, and is no longer certain."""
    if sighting.strength == "full":
        goes_on = re.match(r"(?:-|\s+)[A-Z]", text[sighting.end : sighting.end + 3]) is not None
        return Sighting(sighting.start, sighting.end, "derived") if goes_on else sighting
    if sighting.strength == "completed" or not _overlap_beyond(sighting, others):
        return sighting
    return sighting if _is_opened(sighting, others, text) else None


def _is_opened(sighting: Sighting, others: list[Span], text: str) -> bool:
    """Whether all that makes a name longer is a common word that opens the sentence: "Describe Marlow Tennerby"."""
    [name, *more] = _overlapping(sighting, others)
    if more or name.end > sighting.end or sighting.start - name.start > _NEAR_OPENING:
        return False
    opening = text[name.start : sighting.start].split()
    if len(opening) != 1 or " " not in text[sighting.start : sighting.end]:
        return False
    before = text[max(0, name.start - _NEAR_OPENING) : name.start].rstrip().rstrip(_NAME_START)
    return zipf(opening[0].lower()) >= _ORDINARY and (not before or before[-1] in ".!?:\n")


def _overlap_beyond(sighting: Sighting, others: list[Span]) -> bool:
    """Whether a run of capitalised words shares words with a sighting and goes on beyond it."""
    return any(name.start < sighting.start or sighting.end < name.end for name in _overlapping(sighting, others))


def _overlapping(span: Span | Sighting, names: list[Span]) -> list[Span]:
    """Return the names that overlap a span; they stand in the order of the text, none overlapping another."""
    first = bisect_left(names, span.start + 1, key=lambda name: name.end)
    last = bisect_left(names, span.end, key=lambda name: name.start)
    return names[first:last]


def _covered(sighting: Sighting, taken: list[Sighting]) -> bool:
    """Whether the same words were seen already, and better; what was taken stands in the order of the text."""
    before = bisect_right(taken, sighting.start, key=lambda name: name.start)
    return before > 0 and sighting.end <= taken[before - 1].end


def _apart(text: str, words: Words, hit: AliasHit | FuzzyHit, *, comma: bool = False) -> bool:
    """Whether a statement, or where `comma` is set a clause, ends between the words of a hit."""
    for index in range(hit.first, hit.last):
        gap = text[words.ends[index] : words.starts[index + 1]]
        end = _STATEMENT_END.search(gap)
        if end and (comma or end.group() != ","):
            return True
        if "." in gap and gap != "." and len(words.words[index]) > 2:
            return True
    return False


def _as_name(text: str, words: Words, first: int, last: int) -> bool:
    """Whether common words are written as a name: with capitals that no sentence start explains.

    Somebody who types without capitals altogether may mean a name of several words.
    """
    starts = words.starts[first : last + 1]
    if last > first:
        return all(text[start].isupper() for start in starts) or text == text.lower()
    beside = {*words.words[max(0, first - 1) : first], *words.words[first + 1 : first + 2]}
    if text.isupper() or any(word.isdigit() for word in beside) or not _OF_TIME.isdisjoint(beside):
        return False
    before = text[max(0, starts[0] - 40) : starts[0]].rstrip().rstrip(_NAME_START)
    return text[starts[0]].isupper() and bool(before) and before[-1] not in ".!?:\n"
