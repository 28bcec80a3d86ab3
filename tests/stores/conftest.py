"""What the tests of the stores share: an embedding model that costs nothing, and a look into files."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from expunge.schema import Vectors
from expunge.settings import settings
from expunge.stores import TargetStore


class Hashing:
    """Gives every text a vector of its own, drawn by its hash."""

    def __init__(self, name: str = "hashing", dimensions: int = 32) -> None:
        self.name = name
        self.dimensions = dimensions
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        rows = np.array([self._draw(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def _draw(self, text: str) -> Vectors:
        seed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        return np.random.default_rng(list(seed)).standard_normal(self.dimensions, dtype=np.float32)


@pytest.fixture(scope="session")
def hashing() -> type[Hashing]:
    return Hashing


@pytest.fixture
def embedder() -> Hashing:
    return Hashing()


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("EXPUNGE_KEY", "EXPUNGE_CHROMA_URL"):
        monkeypatch.delenv(variable, raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def store(tmp_path: Path, embedder: Hashing) -> Iterator[TargetStore]:
    with TargetStore(tmp_path / "store", embeddings=embedder) as store:
        yield store


@pytest.fixture(scope="session")
def files_with() -> Callable[[Path, bytes], list[str]]:
    """Names of the files under a folder that hold these bytes."""

    def look(folder: Path, needle: bytes) -> list[str]:
        return [file.name for file in sorted(folder.rglob("*")) if file.is_file() and needle in file.read_bytes()]

    return look


@pytest.fixture(scope="session")
def files_with_vector() -> Callable[[Path, Vectors], list[str]]:
    """Names of the files under a folder that hold this vector, at any place, up to rounding."""

    def look(folder: Path, vector: Vectors) -> list[str]:
        return [file.name for file in sorted(folder.rglob("*")) if file.is_file() and _holds(file.read_bytes(), vector)]

    return look


def _holds(content: bytes, vector: Vectors) -> bool:
    """Look for the first eight numbers in a row, at any alignment."""
    for shift in range(4):
        floats = np.frombuffer(content[shift:], dtype="<f4", count=(len(content) - shift) // 4)
        starts = np.flatnonzero(np.abs(np.nan_to_num(floats) - vector[0]) < 1e-4)
        if any(
            np.allclose(floats[start : start + 8], vector[:8], atol=1e-4)
            for start in starts
            if start + 8 <= len(floats)
        ):
            return True
    return False
