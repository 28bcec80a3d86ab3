"""Running the command line in this process, on a register of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from expunge.cli import app
from expunge.settings import settings
from typer.testing import CliRunner


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class Expunge(Protocol):
    def __call__(self, *args: str | Path, stdin: str | bytes | None = None) -> Outcome: ...


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the register, to be made by the first command that makes one."""
    folder = tmp_path / "register"
    monkeypatch.setenv("EXPUNGE_STORE", str(folder))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.fixture
def expunge(register: Path) -> Expunge:
    def run(*args: str | Path, stdin: str | bytes | None = None) -> Outcome:
        # An exception that no command has turned into a message is a fault: it fails the test.
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, catch_exceptions=False)
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run
