"""A pool: the same vectors as the model's, put off until many are asked for, and asked for together."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from expunge.models import load_embedder
from expunge.models.layers import LayeredEmbedder, embed_layers, layers_shown
from expunge.models.pooled import NotYet, Pool
from expunge.schema import Embedder, Vectors
from hypothesis import given
from hypothesis import strategies as st

TEXTS = ["one", "two", "three", "two"]


class Plain:
    """Embeds a text by its characters, and keeps what it was asked for, call by call."""

    name = "plain"
    dimensions = 4

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def _vector(self, text: str) -> list[float]:
        return [len(text), sum(map(ord, text)), ord(text[0]) if text else 0, 1]


class Layered(Plain):
    """Shows its middle too, and keeps what was asked of it."""

    name = "layered"
    layers_shown = 2

    def __init__(self) -> None:
        super().__init__()
        self.layered: list[list[str]] = []

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        self.layered.append(list(texts))
        last = np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)
        return np.stack([last, -last], axis=1)


models = pytest.mark.parametrize("model", [Plain, Layered], ids=["unlayered", "layered"])
Model = Callable[[], Plain]


def waiting(model: Embedder) -> Pool:
    pool = Pool(model)
    pool.waits = True
    return pool


@models
def test_a_pool_passes_for_the_model(model: Model) -> None:
    embedder, pool = model(), Pool(model())
    assert isinstance(pool, LayeredEmbedder)
    assert load_embedder(pool) is pool
    assert (pool.name, pool.dimensions) == (embedder.name, embedder.dimensions)
    assert layers_shown(pool) == layers_shown(embedder)


@models
def test_without_waiting_it_is_the_model(model: Model) -> None:
    embedder, pool = model(), Pool(model())
    np.testing.assert_array_equal(pool.embed(TEXTS), embedder.embed(TEXTS))
    np.testing.assert_array_equal(embed_layers(pool, TEXTS), embed_layers(embedder, TEXTS))
    assert pool.embed([]).shape == embedder.embed([]).shape


@models
def test_waiting_puts_off_until_the_pool_is_filled(model: Model) -> None:
    embedder = model()
    pool = waiting(embedder)
    for ask in (pool.embed, pool.embed_layers):
        with pytest.raises(NotYet):
            ask(TEXTS)
    assert embedder.calls == []
    pool.fill()
    np.testing.assert_array_equal(pool.embed(TEXTS), model().embed(TEXTS))
    np.testing.assert_array_equal(pool.embed_layers(TEXTS), embed_layers(model(), TEXTS))
    assert pool.embed(TEXTS).dtype == np.float32


def test_all_that_was_put_off_is_embedded_in_one_go_and_each_text_once() -> None:
    embedder = Layered()
    pool = waiting(embedder)
    for texts in (["a", "b"], ["b", "c", "c"], ["a"]):
        with pytest.raises(NotYet):
            pool.embed(texts)
        with pytest.raises(NotYet):
            pool.embed_layers(texts[:1])
    pool.fill()
    pool.fill()
    assert (embedder.calls, embedder.layered) == ([["a", "b", "c"]], [["a", "b"]])
    assert len(pool.embed(["c", "a"])) == 2
    with pytest.raises(NotYet):
        pool.embed(["a", "d"])
    pool.fill()
    assert embedder.calls[1:] == [["d"]]


def test_no_texts_are_not_waited_for() -> None:
    pool = waiting(Plain())
    assert pool.embed([]).shape == (0, 4)
    assert pool.embed_layers([]).shape == (0, 2, 4)


def test_what_was_emptied_is_embedded_anew() -> None:
    embedder = Plain()
    pool = waiting(embedder)
    for _ in range(2):
        with pytest.raises(NotYet):
            pool.embed(["a"])
        pool.fill()
        assert len(pool.embed(["a"])) == 1
        pool.empty()
    assert embedder.calls == [["a"], ["a"]]


def test_what_catches_errors_does_not_catch_what_is_put_off() -> None:
    assert not issubclass(NotYet, Exception)

    def careful() -> Vectors:
        try:
            return waiting(Plain()).embed(["a"])
        except Exception:  # noqa: BLE001 - what is not to happen
            return np.empty((0, 0), dtype=np.float32)

    with pytest.raises(NotYet):
        careful()


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=()), max_size=5), min_size=1, max_size=4), max_size=5)
)
def test_any_texts_asked_for_again_after_a_fill_are_there(asked: list[list[str]]) -> None:
    embedder = Plain()
    pool = waiting(embedder)
    for texts in asked:
        with pytest.raises(NotYet):
            pool.embed(texts)
    pool.fill()
    for texts in asked:
        np.testing.assert_array_equal(pool.embed(texts), Plain().embed(texts))
    assert len(embedder.calls) == bool(asked)


def test_a_real_model_gives_the_same_vectors_by_way_of_a_pool() -> None:
    embedder = load_embedder()
    pool = waiting(embedder)
    texts = ["Where was she born?", "The capital of France is Paris.", "", "x" * 500]
    for ask in (pool.embed, pool.embed_layers):
        with pytest.raises(NotYet):
            ask(texts)
    pool.fill()
    assert np.abs(pool.embed(texts) - embedder.embed(texts)).max() < 1e-5
    assert np.abs(pool.embed_layers(texts) - embed_layers(embedder, texts)).max() < 1e-5
