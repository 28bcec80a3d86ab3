"""Weight-level jobs: what was asked for, where each is, what it told, and which of their models are in use."""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownJob, WrongStage
from ..schema import JobEngine
from .database import Database

Status = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]
"""Where a job is, in the words of OpenAI's fine-tuning jobs."""

Stage = Literal["collect", "approve", "train", "evaluate", "attack", "decide", "done"]
"""The step of its graph that a job is at. `approve`: it waits for a person."""

Level = Literal["info", "warn", "error"]

ENDED: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses in which nothing happens any more."""

VERSION = 1
SCHEMA = """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX events_by_job ON events (job, seq);
CREATE TABLE checkpoints (
    seq INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    at TEXT NOT NULL,
    step INTEGER NOT NULL,
    folder TEXT NOT NULL,
    metrics TEXT NOT NULL
);
CREATE INDEX checkpoints_by_job ON checkpoints (job, seq);
CREATE TABLE coverage (
    target TEXT NOT NULL,
    job TEXT NOT NULL,
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (target, job)
) WITHOUT ROWID
"""


class Failure(BaseModel):
    """Why a job failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    """Stable, for machines."""

    message: str
    """What is wrong and what to do about it; no text of any example."""


class JobRecord(BaseModel):
    """A weight-level job. Holds no text of any example: those lie sealed in its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Opaque id (`job_…`)."""

    model: str
    """The folder of the model that was given, absolute; it is never changed."""

    name: str
    """What that model is called: of one that a job made, what the first model of the chain was called."""

    origin: str
    """The folder of the first model of the chain: where it was not made by a job, that model's own."""

    recipe: dict[str, Any]
    """Method, selector, options and seed."""

    plan: dict[str, Any] = Field(default_factory=dict)
    """What else was asked for: control, sweep, attacks, gates."""

    targets: dict[str, int] = Field(default_factory=dict)
    """The register's targets that it is to make the model forget, by id, each with its version."""

    examples: dict[str, int] = Field(default_factory=dict)
    """How many examples each set has."""

    status: Status = "validating_files"
    stage: Stage = "collect"
    engine: JobEngine = "process"

    handle: str = ""
    """What runs it: the number of its process, or the id of its submission to Ray."""

    created_at: datetime
    """In UTC, as the others are."""

    started_at: datetime | None = None
    """When training began."""

    finished_at: datetime | None = None
    """When it ended; `None`: it has not."""

    by: str = ""
    """Who asked for it."""

    approved_by: str = ""
    """Who let it change weights; empty: nobody yet."""

    cancelling: bool = False
    """Whether somebody wants it to end."""

    result: str = ""
    """The folder of the model that it made; empty: none yet."""

    held: bool | None = None
    """Whether what must go stayed gone under all attacks; `None`: not judged yet."""

    level: Literal["removal", "suppression", ""] = ""
    """What it may claim; empty: nothing, for it did not hold or is not through."""

    figures: dict[str, float] = Field(default_factory=dict)
    """The figures of its verdict."""

    promoted_at: datetime | None = None
    """Since when its model is in use; `None`: it is not."""

    error: Failure | None = None

    metadata: dict[str, str] = Field(default_factory=dict)
    """What whoever asked for it noted with it; shown as it is, so no text of any example belongs in it."""


class JobEvent(BaseModel):
    """Something that a job told of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    at: datetime
    level: Level
    message: str
    data: dict[str, float] = Field(default_factory=dict)
    """Figures; empty: it is a message."""


class JobCheckpoint(BaseModel):
    """A state of a training from which it can go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    at: datetime
    step: int
    folder: str
    metrics: dict[str, float] = Field(default_factory=dict)


class Covered(NamedTuple):
    """A target that a job took on, and in which of its versions."""

    target: str
    job: str
    version: int


class Jobs:
    """The jobs of a register, in the folder `jobs` beside it. Threads and processes may share it.

    Args:
        folder: The folder of the jobs; created with owner-only rights when missing.

    Raises:
        UnreadableStore: When its file is damaged or none of expunge's.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder
        self._database = Database(folder / "jobs.db", SCHEMA, VERSION, synchronous="FULL")
        for gone in folder.glob(".deleted-*"):  # a kill may have left some
            shutil.rmtree(gone, ignore_errors=True)

    def add(self, **fields: Any) -> JobRecord:
        """Add a job, with a folder of its own; `fields` are those of `JobRecord`, by default of a model of no job."""
        alone = {"name": Path(fields["model"]).name, "origin": fields["model"]}
        fields = {**alone, **fields}
        record = JobRecord(id=f"job_{token_hex(8)}", created_at=datetime.now(UTC), **fields)
        self.folder(record.id).mkdir(mode=0o700)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO jobs (id, record) VALUES (?, ?)", (record.id, record.model_dump_json()))
        return record

    def folder(self, job: str) -> Path:
        """Return the folder with all that a job makes."""
        return self.path / job

    def get(self, job: str) -> JobRecord:
        """Return a job.

        Raises:
            UnknownJob: There is none of this id.
        """
        rows = self._database.query("SELECT record FROM jobs WHERE id = ?", (job,))
        if not rows:
            raise UnknownJob(f"No job has the id {job!r}.", fix="`expunge jobs list` shows them all.")
        return JobRecord.model_validate_json(rows[0][0])

    def __iter__(self) -> Iterator[JobRecord]:
        """Yield all jobs, the newest first."""
        for (record,) in self._database.query("SELECT record FROM jobs ORDER BY seq DESC"):
            yield JobRecord.model_validate_json(record)

    def change(self, job: str, *, only: tuple[Status, ...] = (), why: str = "", **fields: Any) -> JobRecord:
        """Change fields of a job, at one stroke.

        Args:
            job: Its id.
            only: Statuses in which it may be changed; empty: in any.
            why: What cannot be done in another, for the error: "cannot be cancelled".
            fields: What is to be set.

        Raises:
            UnknownJob: There is none of this id.
            WrongStage: Its status is another.
        """
        with self._database.transaction() as connection:
            record = self.get(job)
            if only and record.status not in only:
                raise WrongStage(f"The job {job!r} has the status {record.status!r}: it {why}.")
            return self._write(connection, record.model_copy(update=fields))

    def tell(self, job: str, message: str, level: Level = "info", data: dict[str, float] | None = None) -> None:
        """Add an event."""
        row = (job, datetime.now(UTC).isoformat(), level, message, json.dumps(data or {}))
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO events (job, at, level, message, data) VALUES (?, ?, ?, ?, ?)", row)

    def events(self, job: str, *, after: int = 0, limit: int | None = None) -> list[JobEvent]:
        """Return what a job told, in order.

        Args:
            job: Its id.
            after: The id of the last event that is known already.
            limit: How many at most.

        Raises:
            UnknownJob: There is none of this id.
        """
        self.get(job)
        rows = self._database.query(
            "SELECT seq, at, level, message, data FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
            (job, after, -1 if limit is None else limit),
        )
        return [
            JobEvent(id=seq, at=at, level=level, message=message, data=json.loads(data))
            for seq, at, level, message, data in rows
        ]

    def add_checkpoint(self, job: str, step: int, folder: Path, metrics: dict[str, float]) -> None:
        """Add a checkpoint."""
        row = (job, datetime.now(UTC).isoformat(), step, str(folder), json.dumps(metrics))
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO checkpoints (job, at, step, folder, metrics) VALUES (?, ?, ?, ?, ?)", row)

    def checkpoints(self, job: str) -> list[JobCheckpoint]:
        """Return the checkpoints of a job that still lie there, the newest first.

        Raises:
            UnknownJob: There is none of this id.
        """
        self.get(job)
        rows = self._database.query(
            "SELECT seq, at, step, folder, metrics FROM checkpoints WHERE job = ? ORDER BY seq DESC", (job,)
        )
        return [
            JobCheckpoint(id=seq, at=at, step=step, folder=folder, metrics=json.loads(metrics))
            for seq, at, step, folder, metrics in rows
            if Path(folder).is_dir()
        ]

    def cover(self, job: str, targets: Mapping[str, int]) -> None:
        """Note which targets a job took out of a model, by id, each with its version."""
        rows = [(target, job, version, datetime.now(UTC).isoformat()) for target, version in targets.items()]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?)", rows)

    def covering(self, target: str) -> list[Covered]:
        """Return the jobs that took on a target and held, the newest first."""
        rows = self._database.query(
            "SELECT target, job, version FROM coverage WHERE target = ? ORDER BY at DESC", (target,)
        )
        return [Covered(*row) for row in rows]

    def covered_by(self, job: str) -> list[Covered]:
        """Return the targets that a job took on, where it held."""
        return [
            Covered(*row)
            for row in self._database.query(
                "SELECT target, job, version FROM coverage WHERE job = ? ORDER BY target", (job,)
            )
        ]

    def delete(self, job: str) -> None:
        """Remove a job with all that it made and told, and what it covered.

        Raises:
            UnknownJob: There is none of this id.
            WrongStage: It has not ended, or its model is in use.
        """
        with self._database.transaction() as connection:
            record = self.get(job)
            if record.status not in ENDED or record.promoted_at is not None:
                where = f"has the status {record.status!r}" if record.status not in ENDED else "is promoted"
                raise WrongStage(f"The job {job!r} {where}: it cannot be deleted.", fix="Cancel it, or roll it back.")
            users = [each.id for each in self if record.result == each.model and each.status not in ENDED]
            if users:
                raise WrongStage(
                    f"The job {users[0]!r} works on the model of {job!r}.", fix="Wait for it, or cancel it."
                )
            gone = self.path / f".deleted-{job}"
            self.folder(job).replace(gone)
            for table in ("events", "checkpoints", "coverage"):
                connection.execute(f"DELETE FROM {table} WHERE job = ?", (job,))  # noqa: S608 - names of ours
            connection.execute("DELETE FROM jobs WHERE id = ?", (job,))
        shutil.rmtree(gone, ignore_errors=True)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write(self, connection: Connection, record: JobRecord) -> JobRecord:
        checked = JobRecord.model_validate(record.model_dump())
        connection.execute("UPDATE jobs SET record = ? WHERE id = ?", (checked.model_dump_json(), checked.id))
        return checked


def jobs_folder(store: Path) -> Path:
    """Return the folder of the jobs of a register."""
    return store / "jobs"
