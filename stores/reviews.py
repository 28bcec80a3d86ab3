"""The queue of cases that wait for a person: what was withheld on uncertain evidence."""

import json
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from ..schema import Action, Finding, Source, Verdict, Where
from .database import Database, Record
from .keys import Keys

Decision = Literal["right", "wrong"]
"""What a person said of a case: that it was decided as it should be, or that it was not."""

MOST_OPEN = 10_000
"""Open cases that are kept; past them the oldest gives way to the newest."""

VERSION = 1
SCHEMA = """
CREATE TABLE cases (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,
    body TEXT NOT NULL,
    decision TEXT,
    decided_at TEXT,
    sealed BLOB
);
CREATE UNIQUE INDEX cases_open ON cases (body) WHERE decision IS NULL;
CREATE INDEX cases_waiting ON cases (at) WHERE decision IS NULL;
CREATE INDEX cases_decided ON cases (decision, decided_at) WHERE decision IS NOT NULL
"""
_COLUMNS = "id, at, times, body, decision, decided_at, sealed"


class Evidence(BaseModel):
    """What a finding rests on, without its place in the text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    target: str
    """The target's id."""

    where: Where
    """Whether it was found in the prompt, in the draft, or in context."""

    layer: Source
    """The layer of detection that found it."""

    score: float
    """Strength of the evidence, in the layer's own unit."""

    threshold: float
    """From which score on the layer counts it."""

    evidence: str
    """What matched, in words that disclose nothing."""

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Take from a finding what a reviewer needs."""
        return cls.model_validate(finding.model_dump(include=set(cls.model_fields)))


class Case(BaseModel):
    """A decision that a person should look at. It holds no text of a prompt, a draft or a target."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str
    """Opaque id (`rev_…`)."""

    at: datetime
    """When it last came up, in UTC."""

    times: int
    """How often it came up while it was open, with the same evidence and scores."""

    where: str
    """What was asked: "chat", "check", "guardrail"."""

    action: Action
    """What was decided."""

    targets: list[str]
    """Ids of the targets concerned."""

    findings: list[Evidence]
    """The evidence."""

    decision: Decision | None = None
    """What a person said of it; `None`: nobody has yet."""

    decided_at: datetime | None = None
    """When that was, in UTC."""

    who: str = ""
    """Who said it; kept encrypted."""

    note: str = ""
    """What they said about it; kept encrypted."""


class Counts(NamedTuple):
    """How many cases there are."""

    open: int
    """That wait for a person."""

    right: int
    """That were decided as they should be."""

    wrong: int
    """That were not."""


class Reviews:
    """The cases of one register. Threads may share it, and so may processes.

    Args:
        path: The file; created when missing.
        keys: The register's keys.

    Raises:
        UnreadableStore: When the file is damaged or none of expunge's.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(self, path: Path, keys: Keys) -> None:
        self._keys = keys
        self._database = Database(path, SCHEMA, VERSION, synchronous="NORMAL")

    def consider(self, verdict: Verdict, *, where: str) -> str | None:
        """Keep a decision if a person should look at it, and return the id of its case.

        Those are: an error; and an answer that was not released as it was though no finding is certain. The same
        case again, scores and all, is counted and not kept twice.

        Args:
            verdict: The decision.
            where: What was asked: "chat", "check", "guardrail".

        Returns:
            The id; `None` when there is nothing to look at, which takes microseconds.
        """
        if not _needs_a_person(verdict):
            return None
        with self._database.transaction() as connection:
            [(case_id,)] = connection.execute(
                "INSERT INTO cases (id, at, body) VALUES (?, ?, ?) ON CONFLICT (body) WHERE decision IS NULL "
                "DO UPDATE SET times = times + 1, at = excluded.at RETURNING id",
                (f"rev_{token_hex(8)}", _now(), _body(verdict, where)),
            ).fetchall()
            connection.execute(
                "DELETE FROM cases WHERE seq IN (SELECT seq FROM cases WHERE decision IS NULL "
                "ORDER BY at DESC LIMIT -1 OFFSET ?)",
                (MOST_OPEN,),
            )
        return str(case_id)

    def open(self, limit: int | None = None) -> list[Case]:
        """Return the cases that wait, the last that came up first.

        Args:
            limit: How many at most; `None`: all.
        """
        return self._read("WHERE decision IS NULL ORDER BY at DESC, seq DESC LIMIT ?", -1 if limit is None else limit)

    def decided(self, limit: int | None = None) -> list[Case]:
        """Return the cases that a person has decided, the last decided first.

        Args:
            limit: How many at most; `None`: all.

        Raises:
            WrongKey: When a note was changed, or written with another key.
        """
        order = "WHERE decision IS NOT NULL ORDER BY decided_at DESC, seq DESC LIMIT ?"
        return self._read(order, -1 if limit is None else limit)

    def decide(self, case_id: str, decision: Decision, who: str, note: str = "") -> Case | None:
        """Note what a person says of a case; whoever decides it again has the last word.

        Args:
            case_id: The case's id.
            decision: Whether it was decided as it should be.
            who: Who says so; kept encrypted.
            note: Why; kept encrypted.

        Returns:
            The case as it is now; `None` when there is none of this id.
        """
        sealed = self._keys.encrypt(json.dumps([who, note]), _row(case_id))
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE cases SET decision = ?, decided_at = ?, sealed = ? WHERE id = ?",
                (decision, _now(), sealed, case_id),
            )
        return next(iter(self._read("WHERE id = ?", case_id)), None)

    def counts(self) -> Counts:
        """Return how many cases are open, and how many were decided rightly and wrongly."""
        rows = self._database.query("SELECT coalesce(decision, 'open'), count(*) FROM cases GROUP BY decision")
        return Counts(**({"open": 0, "right": 0, "wrong": 0} | dict(rows)))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _read(self, condition: str, parameter: str | int) -> list[Case]:
        rows = self._database.query(f"SELECT {_COLUMNS} FROM cases {condition}", (parameter,))  # noqa: S608
        return [self._case(row) for row in rows]

    def _case(self, row: Record) -> Case:
        case_id, at, times, body, decision, decided_at, sealed = row
        who, note = json.loads(self._keys.decrypt(sealed, _row(case_id))) if sealed else ("", "")
        given = {"id": case_id, "at": at, "times": times, "decision": decision, "decided_at": decided_at}
        return Case.model_validate({**json.loads(body), **given, "who": who, "note": note})


def _needs_a_person(verdict: Verdict) -> bool:
    """Whether something was withheld on uncertain evidence; of an error nobody can say whether it was right."""
    certain = any(finding.certain for finding in verdict.findings)
    return verdict.action != "release" and not certain and not verdict.error


def _body(verdict: Verdict, where: str) -> str:
    """Write what makes a case the same as another."""
    findings = [Evidence.of(finding).model_dump() for finding in verdict.findings]
    case = verdict.model_dump(include={"action", "targets"}) | {"where": where, "findings": findings}
    return json.dumps(case, sort_keys=True, separators=(",", ":"))


def _row(case_id: str) -> str:
    return f"review/{case_id}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")  # one width, so that it sorts
