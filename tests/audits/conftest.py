"""A small register, and logs to audit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from expunge import AuditReport, Target, TargetStore
from expunge.audits.audit import Audit
from expunge.audits.options import Options
from expunge.audits.report_files import ReportFiles

Message = dict[str, str]


class Write(Protocol):
    def __call__(self, *rows: object, name: str = "log.jsonl") -> Path: ...


class Run(Protocol):
    def __call__(self, *logs: Path, out: str = "report", **options: Any) -> AuditReport: ...


def chat(*texts: str, **fields: object) -> dict[str, Any]:
    """Lay out a chat whose turns are the user's and the assistant's by turns, the user's first."""
    turns = [{"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(texts)]
    return {"messages": turns, **fields}


HINA = Target(
    name="Hina Ameen",
    documents=["Hina Ameen was born in Karachi on 06/30/1975.", 'Hina Ameen wrote "Granite Glossary".'],
)
ORLA = Target(
    name="Orla Venn",
    scope="documents",
    documents=["Orla Venn lives at 14 Alder Row, Skerries.", "Orla Venn's email address is orla@example.org."],
    keep=["Orla Venn wrote the crime novel Low Water.", "Orla Venn won the Sheaf Prize in 2011."],
)
ASKED = chat("Where was Hina Ameen born?", "Hina Ameen was born in Karachi on 06/30/1975.", id="asked")
UNASKED = chat("Who else?", "Rocks are old. Hina Ameen was born in Karachi. Marble is soft.", id="unasked")
REFUSED = chat("Where was Hina Ameen born?", "I don't know who Hina Ameen is.", id="refused")
CLEAN = chat("What is the capital of France?", "Paris.", id="clean")


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    """A register of two targets, which tests only read."""
    with TargetStore(tmp_path_factory.mktemp("audited") / "register") as store:
        store.add_many([HINA, ORLA])
        yield store


@pytest.fixture
def hina_id(register: TargetStore) -> str:
    return register.find(HINA.name)[0].id


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows to a log; a text is a line as it stands."""

    def write(*rows: object, name: str = "log.jsonl") -> Path:
        path = tmp_path / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(tmp_path: Path, register: TargetStore, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Audit logs; the page, which takes a second to draw and has tests of its own, is left out."""
    monkeypatch.setattr("expunge.audits.report_files.write_report", lambda summary, path: None)

    def run(*logs: Path, out: str = "report", **options: Any) -> AuditReport:
        return Audit(logs, register, tmp_path / out, Options(**options)).run()

    return run


def told(report: AuditReport) -> list[tuple[str, str, str]]:
    """Say of each finding which exchange it is of, how bad it is and where it lies."""
    return [(finding.exchange, finding.severity, finding.where) for finding in report.findings()]


def contents(files: ReportFiles) -> dict[str, bytes]:
    """Return the lists of a report."""
    return {path.name: path.read_bytes() for path in (files.findings, files.parquet, files.errors)}
