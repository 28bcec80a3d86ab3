"""A job's sets at rest."""

import os
import stat
from pathlib import Path

import pytest
from expunge import TargetStore
from expunge.errors import InputError, WrongKey
from expunge.stores.keys import Keys
from expunge.tests.unlearning.gathering.test_jsonl import EXAMPLE, EXAMPLES
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.gathering.sealing import seal, unseal
from hypothesis import given
from hypothesis import strategies as st

KEYS = Keys("one-key-for-tests-0123456789")
BORN = Example(prompt="Where was Hina Ameen born?", answer="In Karachi.", paraphrases=["In what city?"])
CORPUS = Corpus(forget=[BORN], retain=[Example(prompt="Capital of France?", answer="Paris.")], probes=[BORN])


@given(corpus=st.builds(Corpus, forget=st.lists(EXAMPLE, max_size=3), retain=EXAMPLES, nonmembers=EXAMPLES))
def test_what_is_sealed_is_unsealed(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> None:
    path = tmp_path_factory.mktemp("sealed") / "corpus"
    seal(corpus, KEYS, path)
    assert unseal(path, KEYS) == corpus


def test_the_file_holds_no_plain_text_and_is_its_owners(register: TargetStore, tmp_path: Path) -> None:
    path = tmp_path / "job" / "corpus"
    path.parent.mkdir()
    seal(CORPUS, register.keys, path, job="job_1")
    content = path.read_bytes()
    assert not any(word in content for word in (b"Hina", b"Karachi", b"Paris", b"forget", b"prompt"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["corpus"]
    assert unseal(path, register.keys, job="job_1") == CORPUS


def test_another_key_another_job_and_a_change_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    seal(CORPUS, KEYS, path, job="job_1")
    for keys, job in ((Keys("another-key-for-tests-012345"), "job_1"), (KEYS, "job_2")):
        with pytest.raises(WrongKey, match="cannot be decrypted"):
            unseal(path, keys, job=job)
    content = path.read_bytes()
    for damaged in (content[:-1], b"", bytes([content[0] ^ 1]) + content[1:], content[:40] + b"x" + content[41:]):
        path.write_bytes(damaged)
        with pytest.raises(WrongKey) as refused:
            unseal(path, KEYS, job="job_1")
        assert repr(str(path)) in str(refused.value)


def test_what_another_version_wrote_is_told(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    path.write_bytes(KEYS.encrypt('{"forget": [], "Karachi": []}', "corpus/"))
    with pytest.raises(InputError, match="another version") as refused:
        unseal(path, KEYS)
    assert "Karachi" not in str(refused.value)


def test_a_file_that_is_missing_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        unseal(tmp_path / "missing", KEYS)
    with pytest.raises(InputError, match="cannot be written"):
        seal(CORPUS, KEYS, tmp_path / "nowhere" / "corpus")


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus"
    seal(CORPUS, KEYS, path)
    before = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="cannot be written"):
        seal(CORPUS.model_copy(update={"probes": []}), KEYS, path)
    assert [path.read_bytes(), *path.parent.iterdir()] == [before, path]
