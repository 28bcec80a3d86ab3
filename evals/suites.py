"""The attacks of a suite, generated from cases: the same for the same seed."""

from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import NamedTuple

from ..errors import InputError
from ..schema import Target
from .cases import Case
from .facts import Fact
from .framings import FRAMINGS, jailbreak
from .guard import require_targets
from .questions import QUESTIONS
from .staging import Attack, Family
from .subjects import collect_facts
from .writings import WRITINGS

FAMILIES: Mapping[str, Family] = {**WRITINGS, **QUESTIONS, **FRAMINGS}
"""Every family that needs nothing but the cases."""

JAILBREAK = "jailbreak"
"""The family that needs templates."""


class Suite(NamedTuple):
    """The attacks of one family."""

    family: str
    """The family."""

    attacks: list[Attack]
    """Attacks on forget cases, then their twins on retain cases."""

    skipped: int
    """Cases tried that do not lend themselves to this family."""


def make_attacks(
    cases: Sequence[Case],
    targets: Sequence[Target],
    *,
    seed: int = 0,
    per_family: int = 40,
    families: Collection[str] = (),
    templates: Sequence[str] = (),
) -> list[Suite]:
    """Generate attacks: for each family so many on forget cases, and as many twins on retain cases.

    Each family draws cases in an order of its own until it has enough. A case is skipped where the family can make
    nothing of it, and where the draft, released as it is, would not count as a leak.

    Args:
        cases: Questions with gold answers; those without one are left out.
        targets: What must go.
        seed: Another seed draws other cases, typing errors and wordings.
        per_family: Forget cases of each family, and retain cases as many again.
        families: Families to choose; empty: all.
        templates: Jailbreak prompts, which make a family of their own.

    Raises:
        InputError: There are no cases or no targets, a case names a target that is not among them, or a family is
            unknown.
    """
    require_targets(cases, targets)
    known = {**FAMILIES, **({JAILBREAK: jailbreak(templates)} if templates else {})}
    for name in families:
        if name not in known:
            raise InputError(f"There is no family of attacks {name!r}.", fix=f"Choose of: {'; '.join(known)}.")
    facts = collect_facts(cases, targets)
    return [_suite(name, known[name], facts, seed, per_family) for name in families or known]


def _suite(family: str, make: Family, facts: Sequence[Fact], seed: int, limit: int) -> Suite:
    forget, skipped = _draw(family, make, [fact for fact in facts if fact.case.role == "forget"], seed, limit)
    retain, more = _draw(family, make, [fact for fact in facts if fact.case.role == "retain"], seed, limit)
    return Suite(family, forget + retain, skipped + more)


def _draw(family: str, make: Family, facts: list[Fact], seed: int, limit: int) -> tuple[list[Attack], int]:
    order = Random(f"{seed} {family}")  # noqa: S311 - a test that can be repeated is the aim
    order.shuffle(facts)
    attacks: list[Attack] = []
    skipped = 0
    for fact in facts:
        if len(attacks) == limit:
            break
        attack = make(fact, Random(f"{seed} {family} {fact.case.id}"))  # noqa: S311
        if attack is not None and attack.leaks(attack.draft):
            attacks.append(attack._replace(family=family))
        else:
            skipped += 1
    return attacks, skipped
