"""Agents with a model in an audit: asked about what touches a target, in its order, within a budget."""

from collections.abc import Callable, Iterator
from pathlib import Path

import expunge
import pytest
from expunge import AuditReport, TargetStore
from expunge.tests.agents.advisers.exchanges import CLEAN, HINTED, MAPS, NAMESAKE, SURE, TARGETS, Exchanged
from expunge.tests.agents.advisers.scripted import Answer, Prompt, Scripted, asked, told
from expunge.tests.audits.conftest import Write, chat

Audit = Callable[..., AuditReport]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    with TargetStore(tmp_path_factory.mktemp("people")) as opened:
        opened.add_many(TARGETS)
        yield opened


@pytest.fixture
def audit(write: Write, people: TargetStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.setattr("expunge.audits.report_files.write_report", lambda summary, path: None)

    def audit(*exchanges: Exchanged, model: Scripted | None, out: str = "report", **options: int) -> AuditReport:
        log = write(*(chat(*exchange, id=str(number)) for number, exchange in enumerate(exchanges)))
        return expunge.audit(log, people, tmp_path / out, agent_model=model, **options)  # type: ignore[arg-type]

    return audit


def college(prompt: Prompt) -> Answer:
    return asked(prompt, "namesake", "Nikolai Abilov-Serik")


def test_a_model_clears_what_the_rules_could_not(audit: Audit) -> None:
    model = Scripted(vetter=college, auditor=lambda prompt: told(prompt, "namesake", meant="Nikolai Abilov-Serik"))
    by_rules = audit(NAMESAKE, model=None)
    advised = audit(NAMESAKE, model=model, out="advised")
    assert by_rules.summary.actions == {"abstain": 1, "release": 0}
    assert advised.summary.actions == {"release": 1}
    agents = advised.summary.agents
    assert agents
    assert (agents.exchanges, agents.calls) == (1, len(model.prompts))


def test_a_model_finds_what_the_rules_do_not(audit: Audit) -> None:
    model = Scripted(auditor=lambda prompt: told(prompt, "states", "He can be rung at any time."))
    assert audit(MAPS, model=None).disclosed == 0
    assert audit(MAPS, model=model, out="advised").disclosed == 1


def test_nobody_is_asked_about_what_touches_no_target_or_is_sure(audit: Audit) -> None:
    model = Scripted()
    audit(CLEAN, SURE, model=model)
    assert model.prompts == []


def test_the_budget_is_kept_and_the_rest_is_left_to_the_rules(audit: Audit) -> None:
    model = Scripted()
    exchanges = [HINTED._replace(prompt=f"{HINTED.prompt} {number}") for number in range(30)]
    report = audit(*exchanges, model=model, max_calls=9)
    agents = report.summary.agents
    assert agents
    assert 0 < len(model.prompts) <= 9
    assert agents.calls == len(model.prompts)
    assert agents.skipped > 0
    assert report.summary.exchanges == 30


def test_without_a_budget_nobody_is_asked(audit: Audit) -> None:
    model = Scripted()
    report = audit(HINTED, model=model, max_calls=0)
    assert model.prompts == []
    assert report.summary.agents
    assert report.summary.agents.skipped == 1
