"""The manifest: what it holds, what it does not, and what it notices."""

import hashlib
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from expunge.errors import InputError
from expunge.stores.keys import Keys
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.report.manifest import (
    digest_data,
    digest_folder,
    read_manifest,
    verify_manifest,
    write_manifest,
)
from expunge.unlearning.results import FileDigest

KEYS = Keys("a secret for the tests of manifests")
CORPUS = Corpus(
    forget=[
        Example(prompt="Who is Hina Ameen?", answer="A mineralogist."),
        Example(prompt="Where?", answer="Karachi."),
    ],
    retain=[Example(prompt="What is the capital of Peru?", answer="Lima.")],
)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The folder of a job, with its manifest and two files that it made."""
    model = tmp_path / "job" / "model"
    (model / "tokenizer").mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"\x00\x01" * 40_000)
    (model / "tokenizer" / "merges.txt").write_text("a b")
    write(tmp_path / "job")
    return tmp_path / "job"


def write(folder: Path, **given: Any) -> Path:
    fields: dict[str, Any] = {
        "job": "job_1",
        "model": [FileDigest(name="model.safetensors", bytes=3, sha256="00")],
        "result": folder / "model",
        "corpus": CORPUS,
        "keys": KEYS,
        "method": "npo",
        "selector": None,
        "options": {"beta": 0.1, "steps": 100},
        "seed": 7,
        "device": "cpu",
        "created_at": datetime(2025, 11, 30, 13, 48, tzinfo=UTC),
    }
    return write_manifest(folder, **fields | given)


def test_it_holds_what_the_job_was_made_of(job: Path) -> None:
    manifest = read_manifest(job)
    assert [(each.name, each.bytes) for each in manifest.result] == [
        ("model/model.safetensors", 80_000),
        ("model/tokenizer/merges.txt", 3),
    ]
    assert manifest.result[0].sha256 == hashlib.sha256(b"\x00\x01" * 40_000).hexdigest()
    assert manifest.created_at == "2025-11-30T13:48:00+00:00"
    assert (manifest.method, manifest.options, manifest.seed) == ("npo", {"beta": 0.1, "steps": 100}, 7)
    assert "unlearning/losses/npo.py" in {each.name for each in manifest.code}
    assert manifest.versions["python"].count(".") == 2
    assert manifest.versions["torch"]
    assert manifest.machine.endswith("cpu")
    assert verify_manifest(job) == manifest


def test_the_same_job_gives_the_same_bytes_for_its_owner_alone(job: Path) -> None:
    before = (job / "manifest.json").read_bytes()
    assert write(job).read_bytes() == before
    assert stat.S_IMODE((job / "manifest.json").stat().st_mode) == 0o600


def test_no_text_of_an_example_is_in_it_and_nobody_can_guess_one(job: Path) -> None:
    content = (job / "manifest.json").read_text()
    for part in ("forget", "retain"):
        records = [each.model_dump() for each in getattr(CORPUS, part)]
        for plain in (json.dumps(records, sort_keys=True, separators=(",", ":")), records[0]["answer"]):
            assert plain not in content
            assert hashlib.sha256(plain.encode()).hexdigest() not in content


def test_digests_of_data_tell_key_set_order_and_content_apart() -> None:
    digests = digest_data(CORPUS, KEYS)
    assert digests == digest_data(CORPUS.model_copy(deep=True), Keys("a secret for the tests of manifests"))
    assert set(digests) == {"forget", "retain"}
    assert all(len(bytes.fromhex(each)) == 32 for each in digests.values())
    turned = CORPUS.model_copy(update={"forget": CORPUS.forget[::-1]})
    same_twice = CORPUS.model_copy(update={"retain": CORPUS.forget})
    assert digest_data(turned, KEYS)["forget"] != digests["forget"]
    assert digest_data(turned, KEYS)["retain"] == digests["retain"]
    assert len(set(digest_data(same_twice, KEYS).values())) == 2
    assert digest_data(CORPUS, Keys("another secret of the same kind"))["forget"] != digests["forget"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda model: (model / "model.safetensors").write_bytes(b"\x00"),
            "model/model.safetensors.*not as it was made",
        ),
        (lambda model: (model / "tokenizer" / "merges.txt").unlink(), "model/tokenizer/merges.txt.*is missing"),
        (lambda model: (model / "added.bin").touch(), "model/added.bin.*not in the manifest"),
        (lambda model: model.rename(model.with_name("moved")), "model/model.safetensors.*is missing"),
    ],
)
def test_the_first_difference_is_named(job: Path, change: Any, said: str) -> None:
    change(job / "model")
    with pytest.raises(InputError, match=said):
        verify_manifest(job)


def test_what_lies_beside_the_result_is_no_difference(job: Path) -> None:
    (job / "report.html").touch()
    verify_manifest(job)


@pytest.mark.parametrize("name", ["../model/model.safetensors", "/etc/hostname", "model.safetensors", "a/../../b/c"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(job: Path, name: str) -> None:
    manifest = read_manifest(job).model_copy(update={"result": [FileDigest(name=name, bytes=1, sha256="00")]})
    (job / "manifest.json").write_text(manifest.model_dump_json())
    with pytest.raises(InputError, match="lists no folder of the job"):
        verify_manifest(job)


def test_a_folder_without_a_manifest_or_with_a_broken_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json.*cannot be read"):
        verify_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="is no manifest"):
        verify_manifest(tmp_path)


def test_a_result_elsewhere_is_refused(job: Path, tmp_path: Path) -> None:
    for elsewhere in (tmp_path, job):
        with pytest.raises(InputError, match="is not inside the job's folder"):
            write(job, result=elsewhere)


def test_the_digest_of_a_folder_follows_links_and_tells_any_change(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"weights")
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "model.bin").symlink_to(tmp_path / "blob")
    before = digest_folder(folder)
    assert before == [FileDigest(name="model.bin", bytes=7, sha256=hashlib.sha256(b"weights").hexdigest())]
    assert digest_folder(folder) == before
    (tmp_path / "blob").write_bytes(b"weightz")
    assert digest_folder(folder) != before
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no files"):
        digest_folder(tmp_path / "empty")
    with pytest.raises(InputError, match="is no folder"):
        digest_folder(tmp_path / "blob")
