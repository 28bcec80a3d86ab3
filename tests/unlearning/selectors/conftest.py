"""Two-layer models, dense and of experts, and sets of random tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
import torch
from expunge.unlearning.encoding import IGNORED, Batch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel


@dataclass(frozen=True)
class Sets:
    """What a selector looks at."""

    must_go: Sequence[Batch]
    must_stay: Sequence[Batch] = ()

    def forget(self) -> Sequence[Batch]:
        return self.must_go

    def retain(self) -> Sequence[Batch]:
        return self.must_stay


MakeBatch = Callable[..., Batch]


@pytest.fixture(scope="session")
def make_batch() -> MakeBatch:
    """Make a batch of random tokens, of the given lengths; the first two of each text are its question."""

    def make(seed: int, lengths: Sequence[int] = (6, 4), vocabulary: int = 50) -> Batch:
        generator = torch.Generator().manual_seed(seed)
        width = max(lengths)
        ids = torch.randint(1, vocabulary, (len(lengths), width), generator=generator)
        mask = torch.tensor([[int(at < length) for at in range(width)] for length in lengths])
        labels = ids.masked_fill(mask == 0, IGNORED)
        labels[:, :2] = IGNORED
        return Batch(ids * mask, mask, labels, torch.arange(len(lengths)))

    return make


@pytest.fixture(scope="session")
def make_sets() -> Callable[..., Sets]:
    return Sets


@pytest.fixture
def llama() -> PreTrainedModel:
    """A dense model of random weights, embeddings and head tied."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)
