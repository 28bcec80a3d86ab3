"""The files of a report, made of the journal of an audit."""

from pathlib import Path
from typing import NamedTuple

from ..reporting.files import write_lines
from .findings import write_jsonl, write_parquet
from .journal import Journal
from .readers import JOURNAL
from .report import write_report
from .summary import Summary


class ReportFiles(NamedTuple):
    """Where the files of a report lie."""

    folder: Path
    """The folder."""

    @property
    def journal(self) -> Path:
        """What is done, for `--resume`, and what was found, for a later comparison."""
        return self.folder / JOURNAL

    @property
    def findings(self) -> Path:
        """The findings, JSON Lines."""
        return self.folder / "findings.jsonl"

    @property
    def parquet(self) -> Path:
        """The same, Parquet."""
        return self.folder / "findings.parquet"

    @property
    def errors(self) -> Path:
        """What could not be read, JSON Lines."""
        return self.folder / "errors.jsonl"

    @property
    def changes(self) -> Path:
        """Exchanges that are judged otherwise than in an earlier audit, JSON Lines."""
        return self.folder / "changes.jsonl"

    @property
    def summary(self) -> Path:
        """The figures, JSON."""
        return self.folder / "summary.json"

    @property
    def html(self) -> Path:
        """The report for people."""
        return self.folder / "report.html"

    @property
    def sanitised(self) -> Path:
        """The folder of the sanitised copy."""
        return self.folder / "sanitised"

    def write_lists(self, journal: Journal) -> None:
        """Write the findings and what could not be read."""
        write_jsonl(journal, self.findings)
        write_parquet(journal, self.parquet)
        write_lines(self.errors, (fault.model_dump_json(ensure_ascii=True) for fault in journal.faults()))

    def write_summary(self, summary: Summary) -> None:
        """Write the figures, and the report that is drawn from them."""
        write_lines(self.summary, [summary.model_dump_json(indent=2, ensure_ascii=True)])
        write_report(summary, self.html)
