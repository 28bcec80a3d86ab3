"""Each agent has a model of its own, or works by rules."""

from itertools import combinations

import pytest
from expunge import Policy, TargetStore
from expunge.agents.advisers import Advisers
from expunge.detection.detector import Detector
from expunge.schema import Role
from expunge.tests.agents.advisers.exchanges import FULL, NAMESAKE, NEARLY, digest, sanitized
from expunge.tests.agents.advisers.scripted import Scripted, told, written

ROLES: tuple[Role, ...] = ("vetter", "auditor", "rewriter", "critic")
SOME = [roles for count in range(5) for roles in combinations(ROLES, count)]


@pytest.mark.parametrize("roles", SOME, ids=lambda roles: " ".join(roles) or "none")
def test_those_that_have_a_model_have_an_adviser(people: TargetStore, roles: tuple[Role, ...]) -> None:
    advisers = Advisers.of(dict.fromkeys(roles, Scripted()), Detector(people), Policy(), digest)
    assert {role for role in ROLES if getattr(advisers, role)} == set(roles)


@pytest.mark.parametrize("roles", SOME[1:], ids=" ".join)
def test_those_alone_are_asked(people: TargetStore, roles: tuple[Role, ...]) -> None:
    model = Scripted(
        auditor=lambda prompt: told(prompt, "states", "Hsiao was"),
        rewriter=lambda prompt: written("George Eliot is fine, too."),
    )
    sanitizer = sanitized(people, model, *roles, policy=Policy(max_calls=9))
    sanitizer.check(*NEARLY)
    sanitizer.check(*NAMESAKE)
    sanitizer.check(*FULL)
    expected = {role for role in roles if role != "critic" or "rewriter" in roles}
    assert set(model.roles) == expected
