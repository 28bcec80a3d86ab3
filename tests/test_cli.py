"""The command line as a process: what only shows with real streams, signals and terminals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

EXPUNGE = [sys.executable, "-m", "expunge"]
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"EXPUNGE_STORE": str(tmp_path / "register"), "COLUMNS": "80", "OMP_NUM_THREADS": "1"}


def run(environment: dict[str, str], *args: str, stdin: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EXPUNGE, *args], env=environment, stdin=stdin, capture_output=True, text=True, check=False)


def test_help_names_every_command_and_loads_nothing_heavy(environment: dict[str, str]) -> None:
    shown = run(environment, "--help")
    assert shown.returncode == 0
    for command in ("demo", "chat", "check", "doctor", "targets", "ledger", "eval"):
        assert re.search(rf"^│ {command}\b", shown.stdout, re.MULTILINE)
    heavy = {"torch", "transformers", "chromadb", "langgraph", "langchain_core", "onnxruntime"}
    code = f"import sys, expunge.cli; sys.exit(str({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert loaded.stderr.strip() == "set()"


def test_the_version_is_printed(environment: dict[str, str]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run(environment, "--version").stdout)


def test_a_wrong_use_ends_without_a_traceback(environment: dict[str, str]) -> None:
    for args in (["forget"], ["targets"], ["check", "--no-such-option"], ["targets", "list"], ["chat", "--raw"]):
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


def test_an_interrupt_is_quiet(environment: dict[str, str]) -> None:
    command = [*EXPUNGE, "chat", "--raw"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("What is the capital of France?\n")
        process.stdin.flush()
        assert "Paris" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
    assert (process.returncode, complaint) == (130, "")


def test_undecodable_arguments_are_an_input_like_any_other(environment: dict[str, str]) -> None:
    command = [part.encode() for part in EXPUNGE]
    refused = subprocess.run([*command, b"targets", b"add", b"\xff"], env=environment, capture_output=True, check=False)
    assert refused.returncode == 2
    run(environment, "targets", "add", "Ann Orr")
    checked = subprocess.run([*command, b"check", b"\xff?"], env=environment, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"release\n")


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 2, 1)])
def test_a_terminal_is_asked_before_a_target_is_erased(
    environment: dict[str, str], answer: str, code: int, left: int
) -> None:
    target_id = json.loads(run(environment, "targets", "add", "Ann Orr", "--json").stdout)["id"]
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    ended = run(environment, "targets", "remove", target_id, stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == code
    assert "Erase 'Ann Orr' for good?" in ANSI.sub("", ended.stderr)
    assert len(json.loads(run(environment, "targets", "list", "--json").stdout)) == left
