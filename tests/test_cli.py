"""The command line as a process: what only shows with real streams, signals and terminals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

EXPUNGE = [sys.executable, "-m", "expunge"]


class Terminal(NamedTuple):
    """The two ends of a pseudo-terminal."""

    ours: int
    theirs: int


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"EXPUNGE_STORE": str(tmp_path / "register"), "COLUMNS": "80", "OMP_NUM_THREADS": "1"}


def run(environment: dict[str, str], *args: str, stdin: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EXPUNGE, *args], env=environment, stdin=stdin, capture_output=True, text=True, check=False)


def test_help_names_every_command_and_loads_nothing_heavy(environment: dict[str, str]) -> None:
    shown = run(environment, "--help")
    assert shown.returncode == 0
    for command in ("demo", "chat", "check", "calibrate", "doctor", "targets", "ledger", "eval"):
        assert re.search(rf"^│ {command}\b", shown.stdout, re.MULTILINE)
    heavy = {"torch", "transformers", "chromadb", "langgraph", "langchain_core", "onnxruntime"}
    code = f"import sys, expunge.cli; sys.exit(str({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert loaded.stderr.strip() == "set()"


def test_the_version_is_printed(environment: dict[str, str]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run(environment, "--version").stdout)


def test_a_wrong_use_ends_without_a_traceback(environment: dict[str, str]) -> None:
    for args in (["forget"], ["targets"], ["check", "--no-such-option"], ["targets", "list"]):
        ended = run({**environment, "EXPUNGE_STORE": "/dev/null"}, *args, stdin=subprocess.DEVNULL)
        assert "Traceback" not in ended.stderr
    assert run(environment, "targets", "list").returncode == 2


def test_closed_standard_input_is_told(environment: dict[str, str]) -> None:
    run(environment, "targets", "add", "Ann Orr")
    for args in (["check", "-"], ["chat"]):
        command = ["sh", "-c", 'exec "$@" <&-', "sh", *EXPUNGE, *args]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert "Standard input is closed" in ended.stderr


def test_a_reader_that_leaves_early_is_no_error(environment: dict[str, str]) -> None:
    for name in ("Ann Orr", "Ben Ash"):
        run(environment, "targets", "add", name)
    for args in ("list", "list --json"):
        pipe = f"{sys.executable} -m expunge targets {args} | true"
        ended = subprocess.run(["sh", "-c", pipe], env=environment, capture_output=True, text=True, check=False)
        assert ended.stderr == ""


def test_undecodable_arguments_are_an_input_like_any_other(environment: dict[str, str]) -> None:
    command = [part.encode() for part in EXPUNGE]
    refused = subprocess.run([*command, b"targets", b"add", b"\xff"], env=environment, capture_output=True, check=False)
    assert refused.returncode == 2
    run(environment, "targets", "add", "Ann Orr")
    checked = subprocess.run([*command, b"check", b"\xff?"], env=environment, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"release\n")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    yield Terminal(ours, theirs)
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(("answer", "code", "left"), [(b"y\n", 0, 0), (b"n\n", 2, 1), (b"\x04", 2, 1)])
def test_a_terminal_is_asked_before_a_target_is_erased(
    environment: dict[str, str], terminal: Terminal, answer: bytes, code: int, left: int
) -> None:
    target_id = json.loads(run(environment, "targets", "add", "Ann Orr", "--json").stdout)["id"]
    os.write(terminal.ours, answer)
    ended = run(environment, "targets", "remove", target_id, stdin=terminal.theirs)
    assert ended.returncode == code
    assert "Erase 'Ann Orr' for good?" in ended.stderr
    assert len(json.loads(run(environment, "targets", "list", "--json").stdout)) == left


def test_an_interrupt_is_quiet(environment: dict[str, str], terminal: Terminal) -> None:
    target_id = json.loads(run(environment, "targets", "add", "Ann Orr", "--json").stdout)["id"]
    command = [*EXPUNGE, "targets", "remove", target_id]
    with subprocess.Popen(command, env=environment, stdin=terminal.theirs, stderr=subprocess.PIPE) as process:
        assert process.stderr
        asked = process.stderr.read(len("Erase 'Ann Orr' for good? [y/n]: "))
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert asked.startswith(b"Erase")
    assert (process.returncode, said.strip()) == (130, b"")
