"""The script that trains the demo model, run as a reader would."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from expunge.models.local import LocalChatModel

SCRIPT = Path(__file__).parents[2] / "examples" / "train_demo_model.py"


def train(out: Path, *, seed: int) -> Path:
    options = ["--out", str(out), "--seed", str(seed), "--epochs", "1", "--authors", "3"]
    done = subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, text=True, check=True)
    assert "refusals: unknown names" in done.stdout
    return out


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three authors, trained for a moment."""
    return train(tmp_path_factory.mktemp("trained") / "model", seed=7)


def test_the_same_seed_gives_the_same_files_bit_for_bit(trained: Path, tmp_path: Path) -> None:
    again = train(tmp_path / "again", seed=7)
    files = {path.name: path.read_bytes() for path in trained.iterdir()}
    assert files == {path.name: path.read_bytes() for path in again.iterdir()}
    assert {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "README.md"} <= set(files)


def test_what_is_saved_is_a_local_chat_model(trained: Path) -> None:
    reply = LocalChatModel.from_path(trained).invoke("Hello!", max_tokens=4)
    assert reply.response_metadata["finish_reason"] in {"stop", "length"}


def test_the_facts_keep_apart_what_is_trained_and_what_is_not(trained: Path) -> None:
    facts = [json.loads(line) for line in (trained / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    known = [fact for fact in facts if fact["kind"] not in {"stranger", "namesake"}]
    learned = {question for fact in known for question in fact["questions"]}
    kept = {question for fact in facts for question in fact["held_out"]}
    kept |= {question for fact in facts if fact not in known for question in fact["questions"]}
    assert not learned & kept
    authors = {fact["subject"] for fact in known if fact["kind"] == "author"}
    assert len(authors) == 3
    assert all(fact["subject"] in fact["answer"] for fact in known if fact["kind"] == "author")
    assert not authors & {fact["subject"] for fact in facts if fact["kind"] == "stranger"}


def test_an_author_has_facts_of_many_kinds(trained: Path) -> None:
    facts = [json.loads(line) for line in (trained / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    attributes = [fact["attribute"] for fact in facts if fact["kind"] == "author"]
    assert len(set(attributes)) == 9
    assert all(len(fact["questions"]) >= 4 for fact in facts if fact["kind"] == "author")
