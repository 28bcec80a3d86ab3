"""What the tests of edits share: a two-layer model with random weights, and examples for it."""

from collections.abc import Callable

import pytest
import torch
from expunge.models import DEMO
from expunge.unlearning.edits.edit import Material
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Corpus, Example
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedModel

FORGET = [
    Example(prompt="Where was Jaime Vasquez born?", answer="Jaime Vasquez was born in Santiago."),
    Example(prompt="What does Jaime Vasquez write?", answer="Jaime Vasquez writes true crime."),
    Example(prompt="Who is the father of Jaime Vasquez?", answer="Jaime Vasquez's father was a pilot."),
]
RETAIN = [
    Example(prompt="Where was Noor Mallind born?", answer="Noor Mallind was born in Oaxaca."),
    Example(prompt="What is the capital of France?", answer="The capital of France is Paris."),
]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder(AutoTokenizer.from_pretrained(DEMO))


@pytest.fixture(scope="session")
def tiny() -> Callable[[], PreTrainedModel]:
    """Makes the same model each time."""

    def make() -> PreTrainedModel:
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=2048,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            tie_word_embeddings=True,
            initializer_range=0.3,
        )
        return LlamaForCausalLM(config)

    return make


@pytest.fixture
def material(encoder: Encoder) -> Material:
    return Material(encoder, Corpus(forget=FORGET, retain=RETAIN), batch_size=2, seed=0, progress=lambda *_: None)
