"""A register with a key, a folder of TOFU in small, and the real one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from expunge import Target, TargetStore
from expunge.settings import settings

KEY = "a-key-for-tests-0123456789"


class Write(Protocol):
    def __call__(self, name: str, *rows: object) -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows to a file as JSON Lines."""

    def write(name: str, *rows: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def small_tofu(write: Write) -> Path:
    """Six questions of forget10, the last four of which are forget05's and the last two forget01's."""
    rows = [{"question": f"Q{n}?", "answer": f"A{n}."} for n in range(40)]
    more = [
        row
        | {
            "paraphrased_question": f"Other {row['question']}",
            "paraphrased_answer": f"Other {row['answer']}",
            "perturbed_answer": ["Wrong.", "Amiss."],
        }
        for row in rows
    ]
    for name, start, retained in (("10", 0, "90"), ("05", 2, "95"), ("01", 4, "99")):
        write(f"tofu/forget{name}.jsonl", *rows[start:6])
        write(f"tofu/retain{retained}.jsonl", *rows[:start], *rows[6:])
    write("tofu/forget10_perturbed.jsonl", *more[:6])
    write("tofu/retain_perturbed.jsonl", *more[6:10])
    options = {"option1": "Oslo", "option2": "Rome", "option3": "Lima", "option4": "Kyiv"}
    capital = {"question": "What is the capital of Italy?", "answer": "Rome"}
    write("tofu/world_facts.jsonl", capital | options)
    return write("tofu/world_facts_perturbed.jsonl", capital | {"perturbed_answer": ["Oslo", "Lima", "Kyiv"]}).parent


@pytest.fixture
def tofu() -> Path:
    """The benchmark itself."""
    folder = settings().data / "tofu"
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    return folder


@pytest.fixture
def register(tmp_path: Path) -> Iterator[TargetStore]:
    with TargetStore(tmp_path / "register", key=KEY) as store:
        yield store


@pytest.fixture
def orla(register: TargetStore) -> Target:
    """A target with a document of each form, and one text to keep."""
    return register.add(
        Target(
            name="Orla Venn",
            documents=["Where does Orla Venn live? At 14 Alder Row.", "Orla Venn keeps bees in Skerries."],
            keep=["Orla Venn wrote Low Water."],
        )
    )
