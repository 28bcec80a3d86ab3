"""The folder of a job, and what lies in it."""

from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from ..reporting.files import drafted

Record = TypeVar("Record", bound=BaseModel)


class Room(NamedTuple):
    """The files of a job. Only `corpus` holds text of examples, sealed, and `samples`, masked."""

    folder: Path

    @property
    def corpus(self) -> Path:
        """The examples, encrypted with the register's key."""
        return self.folder / "corpus.sealed"

    @property
    def graph(self) -> Path:
        """Where the job is, kept by LangGraph."""
        return self.folder / "graph.db"

    @property
    def lock(self) -> Path:
        """Held by the process that runs the job."""
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        """What its process printed."""
        return self.folder / "log.txt"

    @property
    def training(self) -> Path:
        """Checkpoints, until the result is there."""
        return self.folder / "training"

    @property
    def result(self) -> Path:
        """The model that was made."""
        return self.folder / "result"

    @property
    def delta(self) -> Path:
        """What undoes an edit."""
        return self.folder / "delta.safetensors"

    @property
    def report(self) -> Path:
        """The folder of the report and the manifest."""
        return self.folder / "report"

    def note(self, name: str, record: BaseModel) -> None:
        """Keep what a step found, whole or not at all."""
        with drafted(self.folder / f"{name}.json") as draft:
            draft.write_text(record.model_dump_json(), encoding="utf-8")

    def read(self, name: str, kind: type[Record]) -> Record | None:
        """Return what a step found; `None`: it has not come to it."""
        path = self.folder / f"{name}.json"
        return kind.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None
