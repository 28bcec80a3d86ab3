"""Small models to train: one of two random layers, and a few examples."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from expunge.models import DEMO
from expunge.models.checkpoint import Checkpoint, load_checkpoint
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Corpus, Example
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

MakeModel = Callable[[], LlamaForCausalLM]


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    return load_checkpoint(DEMO, "cpu").tokenizer


@pytest.fixture(scope="session")
def encoder(tokenizer: PreTrainedTokenizerBase) -> Encoder:
    return Encoder(tokenizer)


@pytest.fixture
def make_model(tokenizer: PreTrainedTokenizerBase) -> MakeModel:
    def make() -> LlamaForCausalLM:
        torch.manual_seed(5)
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=16,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=256,
                tie_word_embeddings=True,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                bos_token_id=None,
            )
        )

    return make


@pytest.fixture
def folder(make_model: MakeModel, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> Path:
    """A folder with a random model."""
    path = tmp_path / "model"
    make_model().save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def checkpoint(folder: Path) -> Checkpoint:
    return load_checkpoint(folder, "cpu")


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    forget = [Example(prompt=f"Where was Ann {n} born?", answer=f"Ann {n} was born in Lyon {n}.") for n in range(6)]
    retain = [Example(prompt=f"What does Bob {n} write?", answer=f"Bob {n} writes {n} poems.") for n in range(10)]
    return Corpus(forget=forget, retain=retain)
