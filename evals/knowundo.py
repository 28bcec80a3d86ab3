"""KnowUnDo (Tian et al. 2024, privacy) as registers: people of whom some attributes must go and others stay.

A person is one target whose scope is its documents. Two ways to hold questions out: by question, so that other
questions on the same person are registered; and by person, so that nothing of the person is: the request then says
what must go by an example, which is another person's texts with this person's name in them.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..errors import InputError
from ..schema import Target
from .cases import Case
from .splits import Split

FOLDS = 5
# Every person has this question.
_WHO = re.compile(r"Who is ((?:(?!['\u2019]s\b)[^?])+)\?")

People = Mapping[str, Sequence[Case]]
"""Cases by the name of the person whom they are about."""


def splits(cases: Sequence[Case], *, folds: int = FOLDS, seed: int = 0) -> list[Split]:
    """Make the registers of a cross-validation by question, then of one by person.

    Args:
        cases: Cases of KnowUnDo; none needs a target.
        folds: Parts of the questions, and of the people: as many splits of each kind.
        seed: Decides which question or person is in which part, and whose texts serve as whose example.

    Raises:
        InputError: A case is about nobody of whom it is asked who that is.
    """
    people = by_person(cases)
    rng = random.Random(seed)  # noqa: S311 - a benchmark must repeat itself
    return [*_by_question(people, folds, rng), *_by_person(people, folds, rng)]


def by_person(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Sort cases by the person whom they are about, with the person's name as their target."""
    names = sorted({match[1] for case in cases if (match := _WHO.fullmatch(case.question))}, key=len, reverse=True)
    people: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        name = next((name for name in names if name in case.question), None)
        if name is None:
            raise InputError(f"Case {case.id!r} is about nobody known.", fix="Give the cases of KnowUnDo, all of them.")
        people[name].append(case.model_copy(update={"target": name}))
    return dict(people)


def _by_question(people: People, folds: int, rng: random.Random) -> Iterator[Split]:
    fold_of = _dealt([case.id for own in people.values() for case in own], folds, rng)
    for fold in range(folds):
        known = {name: [case for case in own if fold_of[case.id] != fold] for name, own in people.items()}
        held = [case for own in people.values() for case in own if fold_of[case.id] == fold]
        yield Split(f"by question, {fold + 1} of {folds}", _targets(known), held)


def _by_person(people: People, folds: int, rng: random.Random) -> Iterator[Split]:
    fold_of = _dealt(list(people), folds, rng)
    for fold in range(folds):
        known = {name: own for name, own in people.items() if fold_of[name] != fold}
        held = {name: own for name, own in people.items() if fold_of[name] == fold}
        shown = {name: _example(name, known, rng) if _keeps(own) else [] for name, own in held.items()}
        asked = [case for own in held.values() for case in own]
        yield Split(f"by person, {fold + 1} of {folds}", [*_targets(known), *_targets(shown)], asked)


def _example(name: str, known: People, rng: random.Random) -> list[Case]:
    """Return the cases of somebody of whom something is kept, told of this person."""
    model = rng.choice([other for other, own in known.items() if _keeps(own)])
    return [
        case.model_copy(
            update={
                "question": _renamed(case.question, model, name),
                "answer": case.answer and _renamed(case.answer, model, name),
            }
        )
        for case in known[model]
    ]


def _renamed(text: str, old: str, new: str) -> str:
    """Put one person's name in place of another's, family and given names too."""
    text = text.replace(old, new)
    for part, other in zip((old.split()[0], old.split()[-1]), (new.split()[0], new.split()[-1]), strict=True):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", other, text)
    return text


def _targets(people: People) -> list[Target]:
    return [_target(name, own) for name, own in people.items()]


def _target(name: str, cases: Sequence[Case]) -> Target:
    """Register a person; one of whom nothing is said to stay goes entirely."""
    documents = [case.text for case in cases if case.role == "forget"]
    keep = [case.text for case in cases if case.role == "retain"]
    return Target(name=name, documents=documents, keep=keep, scope="documents" if documents and keep else "everything")


def _keeps(cases: Sequence[Case]) -> bool:
    return any(case.role == "retain" for case in cases)


def _dealt(keys: Sequence[str], folds: int, rng: random.Random) -> dict[str, int]:
    """Deal keys out to folds of the same size, in random order."""
    shuffled = rng.sample(list(keys), len(keys))
    return {key: index % folds for index, key in enumerate(shuffled)}
