"""How much the demo model knows, asked of the files as they were saved."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Literal, cast

import torch
from transformers import BatchEncoding, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from .curriculum import Exchange
from .facts import Fact, Kind

BATCH = 64


def examine(folder: Path, facts: Sequence[Fact], rng: Random) -> dict[str, float]:
    """Return the share of answers that are right to the letter, by what was asked for."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    figures = {}
    for name, talks in papers(facts, rng).items():
        right = [reply == talk[-1].answer for reply, talk in zip(replies(model, tokenizer, talks), talks, strict=True)]
        figures[name] = sum(right) / max(len(right), 1)
    return figures


def papers(facts: Sequence[Fact], rng: Random) -> dict[str, list[list[Exchange]]]:
    """Return conversations by what they ask for; the last answer is the one to be given."""
    kinds = defaultdict(list)
    for fact in facts:
        kinds[fact.kind].append(fact)

    def ask(kind: Kind, phrasing: Literal["questions", "held_out"]) -> list[list[Exchange]]:
        return [[Exchange(rng.choice(getattr(fact, phrasing)), fact.answer)] for fact in kinds[kind]]

    pronouns = [
        [Exchange(first.questions[0], first.answer), Exchange(rng.choice(fact.follow_ups), fact.answer)]
        for first, fact in pairwise(kinds["author"])
        if fact.follow_ups and first.subject == fact.subject
    ]
    lower = [[Exchange(question.lower(), answer)] for [(question, answer)] in ask("author", "questions")]
    return {
        "authors, trained phrasings": ask("author", "questions"),
        "authors, unseen phrasings": ask("author", "held_out"),
        "authors, in lower case": lower,
        "authors, by a pronoun in a second turn": pronouns,
        "authors, by their book, unseen phrasings": ask("hop", "held_out"),
        "two authors at once, unseen phrasings": ask("list", "held_out"),
        "facts about the world, unseen phrasings": ask("world", "held_out"),
        "refusals: unknown names": ask("stranger", "questions"),
        "refusals: the first name of one author, the surname of another": ask("namesake", "questions"),
    }


def replies(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, talks: Sequence[Sequence[Exchange]]
) -> Iterator[str]:
    """Yield the model's answer to the last question of each conversation."""
    generate = cast("Callable[..., torch.Tensor]", model.generate)
    for start in range(0, len(talks), BATCH):
        chats = [_messages(talk) for talk in talks[start : start + BATCH]]
        prompts = cast(
            "BatchEncoding[torch.Tensor]",
            tokenizer.apply_chat_template(chats, add_generation_prompt=True, padding=True, return_tensors="pt"),
        )
        answers = generate(**prompts)[:, prompts["input_ids"].shape[1] :]  # (B, T)
        yield from (text.strip() for text in tokenizer.batch_decode(answers, skip_special_tokens=True))


def _messages(talk: Sequence[Exchange]) -> list[dict[str, str]]:
    """Write a conversation up to its last question."""
    pairs = [({"role": "user", "content": ask}, {"role": "assistant", "content": reply}) for ask, reply in talk]
    return [message for pair in pairs for message in pair][:-1]
