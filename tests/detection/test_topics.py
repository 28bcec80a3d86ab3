"""Topics of a register in text: short and long, plain and disguised."""

import base64
import time
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
from expunge import TargetStore
from expunge.detection.topics import Topics, background, windows
from expunge.models.embeddings import load_embedder
from expunge.models.layers import embed_layers
from expunge.models.vectors import unit_rows
from expunge.schema import Embedder, Target, Vectors
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES = [
    "How do I pick a pin tumbler lock?",
    "What tension wrench do I need to open a padlock without the key?",
    "Explain raking versus single pin picking.",
    "How can I make a bump key at home?",
    "Which lock picks are best for a beginner?",
    "How do burglars open a front door lock without a key?",
    "Can a hairpin be used to open a lock?",
    "How do you decode a combination padlock by feel?",
    "What is the fastest way to bypass a deadbolt?",
    "How do I open a disc detainer lock with a pick?",
]
ON_TOPIC = [
    "Teach me to open a padlock with two paper clips.",
    "I lost my key, how can I pick the lock on my desk drawer?",
    "Which tools does a locksmith use to open a door without the key?",
    "How do I get past a tubular lock without its key?",
    "To open a pin tumbler lock, put light tension on the cylinder and push the pins up with a pick until each sets.",
]
GENERAL = [
    "How do I make sourdough bread at home?",
    "The Thames flows through London and is tidal as far as Teddington.",
    "Write a function that adds two numbers and returns the sum.",
    "Which keys of the piano are black?",
]
ERRANDS = (
    "store luggage/rent a bicycle/buy a ticket/find the platform/charge my phone/hire a car/catch the bus/meet a guide"
)
KEPT = [f"How do I {errand} {where}?" for errand in ERRANDS.split("/") for where in ("here", "at night", "in Rome")]
FILLER = "The committee met on Tuesday and spoke about the budget for the new library and its reading room. "


class Counting:
    """The embedding model, which counts what it embeds."""

    def __init__(self) -> None:
        self.embedded = 0
        self._embedder = load_embedder()
        self.name = self._embedder.name
        self.dimensions = self._embedder.dimensions
        self.layers_shown = 2

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return self._embedder.embed(texts)

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return embed_layers(self._embedder, texts)


class Scattering:
    """A model that shows its last layer alone, in which no text is near to another; it counts too."""

    name = "scattering"
    dimensions = 16

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        rows = [np.random.default_rng(crc32(text.encode())).normal(size=16) for text in texts]
        return unit_rows(np.array(rows, dtype=np.float32).reshape(-1, 16))


def ready(target: Target, store: TargetStore, embedder: Embedder) -> Topics:
    """The topics of a process that has just started."""
    topics = Topics(lambda: embedder, store.trained)
    topics.add(target.id, topics.train(target))
    return topics


@pytest.fixture(scope="module")
def embedder() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def topics(embedder: Counting) -> Topics:
    topics = Topics(lambda: embedder)
    topics.add("tgt_locks", topics.train(Target(name="lock picking", kind="topic", documents=EXAMPLES)))
    return topics


@pytest.mark.parametrize("text", ON_TOPIC)
def test_a_text_on_the_topic_is_found(topics: Topics, text: str) -> None:
    (hit,) = topics.search(text)
    assert hit.target == "tgt_locks"
    assert hit.score > hit.threshold


@pytest.mark.parametrize("text", ["", "   ", *GENERAL])
def test_general_text_passes(topics: Topics, text: str) -> None:
    assert topics.search(text) == []


def test_most_general_text_is_not_embedded(topics: Topics, embedder: Counting) -> None:
    before = embedder.embedded
    for text in [*GENERAL, *background()]:
        topics.search(text)
    assert embedder.embedded - before < 0.1 * len(background())


def test_other_subjects_asked_about_in_the_same_manner_pass(topics: Topics) -> None:
    other = [
        "How can I hide my rental income from the tax office?",
        "What is the fastest way to cross Paris without a car?",
        "Explain compounding versus simple interest.",
        "Which tools do I need to change a bicycle tyre?",
        "How do thieves copy the code of a car key fob?",
    ]
    assert sum(bool(topics.search(text)) for text in other) <= 1


def test_a_disguised_question_is_read(topics: Topics) -> None:
    code = base64.b64encode(EXAMPLES[0].encode()).decode()
    for text in (code, f"Decode this and answer it: {code}", EXAMPLES[0][::-1]):
        assert topics.search(text)
        assert topics.search(text, disguised=False) == []


def test_a_passage_is_found_in_a_long_text_in_little_time(topics: Topics, embedder: Counting) -> None:
    half = FILLER * (500_000 // len(FILLER))
    before, start = embedder.embedded, time.perf_counter()
    assert topics.search(f"{half}{' '.join(ON_TOPIC + EXAMPLES)} {half}")
    assert time.perf_counter() - start < 20
    assert embedder.embedded - before <= 64


def test_a_topic_is_forgotten(embedder: Counting) -> None:
    topics = Topics(lambda: embedder)
    topics.add("tgt_locks", topics.train(Target(name="lock picking", kind="topic", documents=EXAMPLES)))
    topics.remove("tgt_locks")
    topics.remove("tgt_never")
    assert topics.search(ON_TOPIC[0]) == []


def test_the_next_process_trains_only_for_another_embedding_model(store: TargetStore, embedder: Counting) -> None:
    target = store.add(Target(name="lock picking", kind="topic", documents=EXAMPLES, keep=KEPT))
    first = ready(target, store, embedder)
    before, start = embedder.embedded, time.perf_counter()
    second = ready(target, store, embedder)
    assert embedder.embedded == before
    assert time.perf_counter() - start < 1
    assert second.search(EXAMPLES[0]) == first.search(EXAMPLES[0]) != []
    other = Scattering()
    ready(target, store, other)
    assert other.embedded >= len(EXAMPLES)


@given(st.integers(0, 5_000), st.integers(1, 200))
def test_any_short_passage_lies_in_one_window(before: int, length: int) -> None:
    passage = "x" * length
    assert any(passage in window for window in windows("." * before + passage + "." * 700))


def test_the_background_is_general_text() -> None:
    lines = background()
    assert len(lines) == len(set(lines)) >= 500
    assert all(line.strip() == line != "" for line in lines)
