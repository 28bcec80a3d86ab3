"""Two processes on one store: one owns the embedded index, both may write; or a Chroma server serves both."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from expunge.errors import PrerequisiteError, StoreBusy
from expunge.schema import Embedder, Target
from expunge.settings import settings
from expunge.stores import TargetStore

HSIAO = Target(name="Hsiao Yun-Hwa", documents=["Hsiao was born in Taipei.", "Hsiao writes."])
IMPORTER = """
import sys
from expunge.stores import TargetStore
print(*TargetStore(sys.argv[1]).import_jsonl(sys.argv[2])[:2])
"""
OWNER = """
import sys
from importlib import import_module
from expunge.stores import TargetStore
sys.path.insert(0, sys.argv[2])
with TargetStore(sys.argv[1], embeddings=import_module("conftest").Hashing()) as store:
    print(store.index.count("forget"), flush=True)
    for line in sys.stdin:
        print(store.index.count("forget"), flush=True)
"""


class Owner:
    """Another process, which owns the index of a store and counts its vectors when asked."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", OWNER, str(folder), str(Path(__file__).parent)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        self.first = int(self._answers.readline())

    def count(self) -> int:
        """How many vectors of documents there are."""
        self._questions.write("\n")
        self._questions.flush()
        return int(self._answers.readline())

    def close(self) -> None:
        """End it."""
        self._questions.close()
        self._answers.close()
        assert self._process.wait(20) == 0


def test_one_process_owns_the_index_and_both_may_write(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    with TargetStore(tmp_path, embeddings=embedder) as store:
        first = store.add(HSIAO)
        owner = Owner(tmp_path)
        assert owner.first == 2
        with pytest.raises(StoreBusy, match="EXPUNGE_CHROMA_URL"):
            store.index  # noqa: B018 - getting it opens it
        second = store.add(Target(name="Nikolai Abilov", documents=["Abilov writes."]))
        assert owner.count() == 3
        store.update(second.id, documents=["Abilov writes.", "Abilov reads.", "Abilov travels."])
        assert owner.count() == 5
        store.remove(first.id)
        assert "left to the process" in caplog.text
        assert len(store) == 1
        assert owner.count() == 3
        store.remove(second.id)
        owner.close()
        assert store.index.count("forget") == 0


def test_an_id_whose_vectors_wait_for_erasure_is_not_given_again(tmp_path: Path, embedder: Embedder) -> None:
    with TargetStore(tmp_path / "store", embeddings=embedder) as store:
        added = store.add(HSIAO)
        owner = Owner(tmp_path / "store")
        store.export_jsonl(tmp_path / "out.jsonl")
        store.remove(added.id)
        store.import_jsonl(tmp_path / "out.jsonl")
        assert store.list()[0].id != added.id
        assert owner.count() == 2
        owner.close()


def test_two_processes_import_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("".join(f'{{"name": "Author Number {i}"}}\n' for i in range(900)))
    command = [sys.executable, "-c", IMPORTER, str(tmp_path / "store"), str(file)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    reports = [[int(count) for count in process.communicate()[0].split()] for process in both]
    assert [sum(report) for report in reports] == [900, 900]
    assert sum(added for added, _ in reports) == 900
    with TargetStore(tmp_path / "store") as store:
        assert [target.name for target in store] == [f"Author Number {i}" for i in range(900)]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "import sys; from chromadb.cli.cli import app; app()"
    command = [sys.executable, "-c", program, "run", "--path", str(tmp_path / "chroma"), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("EXPUNGE_CHROMA_URL", url)
    settings.cache_clear()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield url
    process.kill()
    process.wait()


@pytest.mark.usefixtures("server")
def test_a_server_serves_several_processes_and_registers(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPUNGE_KEY", "the very same secret")
    settings.cache_clear()
    with (
        TargetStore(tmp_path / "one", embeddings=embedder) as store,
        TargetStore(tmp_path / "two", embeddings=embedder) as stranger,
    ):
        added = store.add(HSIAO)
        assert (store.index.count("forget"), stranger.index.count("forget")) == (2, 0)
        [[hit]] = store.index.search("forget", embedder.embed(["Hsiao writes."]), 1)
        assert (hit.target, hit.passage) == (added.id, 1)
        owner = Owner(tmp_path / "one")
        assert owner.first == 2
        store.remove(added.id)
        assert owner.count() == store.index.count("forget") == 0
        owner.close()
        store.add(HSIAO)
        store.reindex()
        assert store.index.count("forget") == 2
    assert not (tmp_path / "one" / "index").exists()


def test_a_server_that_does_not_answer_is_named(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPUNGE_CHROMA_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    with TargetStore(tmp_path, embeddings=embedder) as store:
        store.add(HSIAO)
        with pytest.raises(PrerequisiteError, match="Start it"):
            store.index  # noqa: B018 - getting it connects
