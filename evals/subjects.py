"""Whom cases are about: their facts are gathered by subject, with wrong answers to choose from beside each."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import nlargest
from typing import NamedTuple

from ..schema import Target
from .cases import Case
from .facts import Fact
from .measures import new_content_words, words

FOILS = 3
"""How many wrong answers stand beside the right one."""

_QUOTED = re.compile(r"[\"\u201c\u2018].*?[\"\u201d\u2019](?!\w)|(?<!\w)'.*?'(?!\w)")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_MARKS = "\"\u201c\u201d\u2018\u2019',.;:!?()"
_LONGEST_NAME = 5


def collect_facts(cases: Sequence[Case], targets: Sequence[Target]) -> list[Fact]:
    """Find the subject of every case that has a gold answer, and gather what else is said of it.

    A case that names no target is about the target whose name its question holds; else about the person whose name it
    holds, as far as capital letters tell.
    """
    named = {target.name: target for target in targets}
    weights = _weights(cases)
    subjects = {case.id: case.target or _subject(case, named, weights) for case in cases}
    about: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        about[subjects[case.id], case.role].append(case)
    facts = [
        _fact(case, case.answer, named.get(subjects[case.id]), subjects[case.id], about[subjects[case.id], case.role])
        for case in cases
        if case.answer
    ]
    kept = [_Foil(fact.name, fact.value, _asked(fact)) for fact in facts if fact.case.role == "retain"]
    return [replace(fact, foils=_foils(fact, kept)) for fact in facts]


class _Foil(NamedTuple):
    name: str
    value: str
    asked: frozenset[str]


def _fact(case: Case, answer: str, target: Target | None, name: str, about: Sequence[Case]) -> Fact:
    others = tuple(other for other in about if name and other.answer and other.answer != answer)
    if target is None:
        return Fact(case, answer, name, others=others)
    return Fact(case, answer, name, tuple(target.aliases), target.kind, others)


def _weights(cases: Sequence[Case]) -> dict[str, float]:
    """Weigh what may be names: a subject's is in many questions, an attribute's beside many other names."""
    held = [set(_capitalised(case.question)) for case in cases]
    counts = Counter(name for names in held for name in names)
    together: dict[str, set[str]] = defaultdict(set)
    for names in held:
        for name in names:
            together[name] |= names
    return {name: count / len(together[name]) for name, count in counts.items()}


def _subject(case: Case, named: Mapping[str, Target], weights: Mapping[str, float]) -> str:
    known = [name for name in named if name in case.question] if case.role == "forget" else []
    return max(known or _capitalised(case.question), key=lambda name: (weights.get(name, 0), len(name)), default="")


def _capitalised(text: str) -> Iterator[str]:
    """Yield runs of capitalised words that may be names: outside quotation marks, without question words."""
    run: list[str] = []
    for token in [*_QUOTED.sub(" . ", text).split(), "."]:
        word = _POSSESSIVE.sub("", token.strip(_MARKS))
        capital = word[:1].isupper() and bool(new_content_words("", word))
        if capital:
            run.append(word)
        if not capital or not token.endswith(word):
            if 2 <= len(run) <= _LONGEST_NAME:
                yield " ".join(run)
            run = []


def _foils(fact: Fact, kept: Sequence[_Foil]) -> tuple[str, ...]:
    """Choose the answers to the most similar questions on other subjects."""
    asked = _asked(fact)
    strangers = [foil for foil in kept if foil.value and foil.name != fact.name]
    nearest = nlargest(FOILS, strangers, key=lambda foil: len(asked & foil.asked))
    return tuple(dict.fromkeys(foil.value for foil in nearest if foil.value != fact.value))


def _asked(fact: Fact) -> frozenset[str]:
    return frozenset(words(fact.question))
