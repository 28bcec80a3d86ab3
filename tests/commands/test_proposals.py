"""`expunge targets add --ask-model`: what the model says is shown, and used only when somebody says so."""

import json
from typing import Any

import pytest
from expunge.commands import proposals
from expunge.commands.proposals import LookOver
from expunge.errors import InputError
from expunge.models import DEMO
from expunge.stores import Proposal
from rich.prompt import Prompt

FACTS = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines()]
NAME, OTHER = list(dict.fromkeys(fact["subject"] for fact in FACTS if fact["kind"] == "author"))[:2]
ASK = ("targets", "add", NAME, "--ask-model", "demo")
PROPOSAL = Proposal(aliases=["A"], documents=["B", "C", "D"], asked=3)


def hops(name: str) -> list[tuple[str, str]]:
    """Questions on an author by a book, and answers that name nobody."""
    return [
        (question, fact["answer"].replace(name, "that author"))
        for fact in FACTS
        if (fact["kind"], fact["subject"]) == ("hop", name)
        for question in fact["held_out"][:1]
    ]


def actions(expunge: Any, name: str) -> list[str]:
    checks = [expunge("check", question, answer, "--json") for question, answer in hops(name)]
    return [json.loads(outcome.out)["action"] for outcome in checks]


def test_an_author_whom_the_model_knows_is_recognised_by_the_book(expunge: Any) -> None:
    expunge("targets", "add", OTHER)
    assert set(actions(expunge, OTHER)) == {"release"}
    added = expunge(*ASK, "--yes", "--json", "--why", "a request")
    assert added.code == 0, added.err
    target, proposal = added.data["target"], added.data["proposal"]
    assert target["documents"] == proposal["documents"] != []
    book = next(fact["answer"] for fact in FACTS if (fact["subject"], fact["attribute"]) == (NAME, "book"))
    assert book in proposal["documents"]
    assert proposal["failed"] == 0
    assert set(actions(expunge, NAME)) == {"abstain"}
    assert set(actions(expunge, OTHER)) == {"release"}
    [change] = expunge("targets", "show", target["id"], "--json").data["history"]
    assert (change["action"], change["why"]) == ("add", "a request")


def test_where_nobody_can_be_asked_nothing_is_used(expunge: Any, register: Any) -> None:
    refused = expunge(*ASK)
    assert (refused.code, refused.out) == (2, "")
    assert "--yes" in refused.err
    assert "--dry-run" in refused.err
    assert not register.exists()


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["table", "json"])
def test_a_dry_run_registers_nothing(expunge: Any, flags: tuple[str, ...]) -> None:
    shown = expunge(*ASK, "--dry-run", *flags)
    assert shown.code == 0
    assert "was born" in shown.out
    if flags:
        assert (shown.data["target"], shown.data["proposal"]["failed"]) == (None, 0)
    assert expunge("targets", "list", "--json").data == []


def test_the_table_fits_a_terminal_of_80_columns(expunge: Any) -> None:
    shown = expunge(*ASK, "--dry-run")
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert "1  document" in shown.out
    assert "questions" in shown.err


@pytest.mark.parametrize(
    ("args", "says"),
    [(("--dry-run",), "--ask-model"), (("--ask-model", "no-such-model", "--yes"), "no-such-model")],
    ids=["no model is named", "no such model"],
)
def test_what_cannot_be_asked_is_said(expunge: Any, register: Any, args: tuple[str, ...], says: str) -> None:
    outcome = expunge("targets", "add", NAME, *args)
    assert outcome.code == 2
    assert says in outcome.err
    assert not register.exists()


def chosen(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Proposal | None:
    """What of the proposal is used by somebody at a terminal who answers like this."""
    said = iter(answers)
    monkeypatch.setattr(proposals, "interactive", lambda: True)
    monkeypatch.setattr(Prompt, "ask", lambda *args, **kwargs: next(said))
    used = LookOver(yes=False, dry_run=False, json=False)(PROPOSAL)
    assert next(said, None) is None
    return used


@pytest.mark.parametrize(
    ("answer", "aliases", "documents"),
    [
        ("all", ["A"], ["B", "C", "D"]),
        (" ALL ", ["A"], ["B", "C", "D"]),
        ("1", ["A"], []),
        ("2,4", [], ["B", "D"]),
        ("1 3-4", ["A"], ["C", "D"]),
        ("4, 2-3, 3", [], ["B", "C", "D"]),
    ],
)
def test_numbers_say_what_is_used(
    monkeypatch: pytest.MonkeyPatch, answer: str, aliases: list[str], documents: list[str]
) -> None:
    assert chosen(monkeypatch, answer) == PROPOSAL.model_copy(update={"aliases": aliases, "documents": documents})


def test_another_name_entirely_is_marked_and_chosen_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = PROPOSAL.model_copy(update={"other_names": ["E"]})
    monkeypatch.setattr(proposals, "interactive", lambda: True)
    monkeypatch.setattr(Prompt, "ask", lambda *args, **kwargs: "1,3")
    used = LookOver(yes=False, dry_run=False, json=False)(proposal)
    assert used == PROPOSAL.model_copy(update={"documents": ["B"]})
    marked = [line.split() for line in capsys.readouterr().out.splitlines() if "another name entirely" in line]
    assert marked == [["2", "another", "name", "entirely", "E"]]


def test_none_of_it_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "none") is None


@pytest.mark.parametrize("unclear", ["", "0", "5", "1-5", "3-2", "some", "1,,x", "-1", "99999"])
def test_what_is_unclear_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unclear: str
) -> None:
    assert chosen(monkeypatch, unclear, "1") == PROPOSAL.model_copy(update={"documents": []})
    assert "Answer all, none, or numbers" in capsys.readouterr().err


def test_an_empty_proposal_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "interactive", lambda: True)
    monkeypatch.setattr(Prompt, "ask", lambda *args, **kwargs: pytest.fail("there is nothing to choose from"))
    empty = Proposal(asked=3, failed=3)
    assert LookOver(yes=False, dry_run=False, json=False)(empty) == empty


def test_who_cannot_be_asked_is_not_shown_a_table() -> None:
    with pytest.raises(InputError, match="--yes"):
        LookOver(yes=False, dry_run=False, json=False)
