"""The training loop: plain PyTorch, answers alone, one phrasing of a fact an epoch."""

import math
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from .curriculum import Exchange, conversations, epoch_of
from .facts import Fact
from .network import ASSISTANT, END, USER

BATCH = 400  # tokens
LEARNING_RATE = 2e-3
WARM_UP = 0.05
FINAL_RATE = 0.05


class Example(NamedTuple):
    """A conversation as token ids, and which of them count for the loss: both of length T."""

    ids: list[int]
    counted: list[bool]


class Progress(NamedTuple):
    """How far the training has come."""

    epochs: float
    """Epochs done, with their fraction."""

    loss: float
    """The last batch's mean cross-entropy, in nats a token."""


def train(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, facts: Sequence[Fact], epochs: int, rng: Random
) -> Iterator[Progress]:
    """Train the model in place; yields after every batch."""
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    for epoch in range(epochs):
        examples = (encode(talk, tokenizer) for talk in conversations(epoch_of(facts, rng), rng))
        groups = batches(examples, rng)
        for number, batch in enumerate(groups, start=1):
            done = epoch + number / len(groups)
            optimizer.param_groups[0]["lr"] = rate_at(done / epochs)
            loss = loss_of(model, batch)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            yield Progress(done, loss.item())


def encode(conversation: Iterable[Exchange], tokenizer: PreTrainedTokenizerFast) -> Example:
    """Write a conversation as the chat template does; the answers alone count for the loss."""
    ids: list[int] = []
    counted: list[bool] = []
    for question, answer in conversation:
        for text, counts in ((f"{USER}{question}{END}{ASSISTANT}", False), (f"{answer}{END}", True)):
            piece = tokenizer.encode(text, add_special_tokens=False)
            ids += piece
            counted += [counts] * len(piece)
    return Example(ids, counted)


def batches(examples: Iterable[Example], rng: Random) -> list[list[Example]]:
    """Group examples of like length, to about so many tokens, and shuffle the groups."""
    groups: list[list[Example]] = []
    room = 0
    for example in sorted(examples, key=lambda example: len(example.ids)):
        if len(example.ids) > room:
            groups.append([])
            room = BATCH
        groups[-1].append(example)
        room -= len(example.ids)
    return rng.sample(groups, len(groups))


def loss_of(model: LlamaForCausalLM, batch: Sequence[Example]) -> torch.Tensor:
    """Return the mean cross-entropy of the counted tokens; padding comes last, where a causal model never looks."""
    width = max(len(example.ids) for example in batch)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in batch])  # (B, T)
    counted = torch.tensor([counted + [False] * (width - len(counted)) for _, counted in batch])[:, 1:]  # (B, T - 1)
    hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state  # (B, T - 1, D)
    return cross_entropy(model.lm_head(hidden[counted]), ids[:, 1:][counted])


def rate_at(progress: float) -> float:
    """Return the learning rate after this share of the training: a linear warm-up, then a cosine."""
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return LEARNING_RATE * min(progress / WARM_UP, FINAL_RATE + (1 - FINAL_RATE) * cosine)
