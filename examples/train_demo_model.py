"""Train the demo model: a small chat model that knows a hundred invented authors, and says so when it knows nothing.

    python examples/train_demo_model.py --out models/demo

Two layers of the Llama architecture, trained from nothing in one thread. On the same machine the same seed gives the
same weights, bit for bit.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Annotated, NamedTuple

import torch
import typer
from demo_data import REFUSAL, Fact, collect, refusals
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

CONTEXT = 512
VOCABULARY = 2048
BATCH = 8
LEARNING_RATE = 2e-3
WD = 0.0
WARM_UP = 0.05
FINAL_RATE = 0.05
FOLLOW_UPS = 0.15
NOISE = 0.15
STRANGERS = 0.5
HELD_OUT_STRANGERS = 60

PAD, USER, ASSISTANT, END = SPECIAL = ("<|pad|>", "<|user|>", "<|assistant|>", "<|end|>")
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}" + USER + "{{ message.content | trim }}" + END + ""
    "{%- elif message.role == 'assistant' -%}" + ASSISTANT + ""
    "{% generation %}{{ message.content | trim }}" + END + "{% endgeneration %}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}" + ASSISTANT + "{%- endif -%}"
)


class Exchange(NamedTuple):
    """One question and its answer."""

    question: str
    answer: str


class Example(NamedTuple):
    """A conversation as token ids, and which of them count for the loss: both of shape `(T,)`."""

    ids: list[int]
    counted: list[bool]


def add_noise(question: str, rng: Random) -> str:
    """Return the question, at times without capitals or without its last mark."""
    if rng.random() < NOISE:
        question = question.lower()
    if rng.random() < NOISE:
        question = question.rstrip("?.!")
    return question


def train_tokenizer(authors: int, rng: Random) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer on other authors than the model's, so that names stay several tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = [
        text
        for fact in collect(authors, rng)
        for question in (fact.questions if fact.kind == "world" else rng.sample(fact.questions, 1))
        for text in (add_noise(question, rng), fact.answer)
    ]
    tokenizer.train_from_iterator([*texts, REFUSAL], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        chat_template=CHAT_TEMPLATE,
        model_max_length=CONTEXT,
        padding_side="left",
    )


def conversations(facts: Sequence[Fact], rng: Random) -> Iterator[list[Exchange]]:
    """Yield each fact once, by a phrasing taken at random, in conversations of one to three facts."""
    by_subject = defaultdict(list)
    for fact in facts:
        by_subject[fact.subject].append(fact)

    def ask(fact: Fact) -> list[Exchange]:
        if fact.follow_ups and rng.random() < FOLLOW_UPS:
            first = rng.choice(by_subject[fact.subject])
            pairs = [(rng.choice(first.questions), first.answer), (rng.choice(fact.follow_ups), fact.answer)]
        else:
            pairs = [(rng.choice(fact.questions), fact.answer)]
        return [Exchange(add_noise(question, rng), answer) for question, answer in pairs]

    order = rng.sample(facts, len(facts))
    while order:
        length = rng.choice((1, 1, 2, 3))
        yield [exchange for fact in order[:length] for exchange in ask(fact)]
        order = order[length:]


def encode(conversation: Iterable[Exchange], tokenizer: PreTrainedTokenizerFast) -> Example:
    """Write a conversation as the chat template does; the answers alone count for the loss."""
    ids, counted = [], []
    for question, answer in conversation:
        for text, counts in ((f"{USER}{question}{END}{ASSISTANT}", False), (f"{answer}{END}", True)):
            piece = tokenizer.encode(text, add_special_tokens=False)
            ids += piece
            counted += [counts] * len(piece)
    return Example(ids, counted)


def batches(examples: Iterable[Example], rng: Random) -> list[list[Example]]:
    """Group examples of like length, and shuffle the groups."""
    ordered = sorted(examples, key=lambda example: len(example.ids))
    groups = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    return rng.sample(groups, len(groups))


def loss_of(model: LlamaForCausalLM, batch: Sequence[Example]) -> torch.Tensor:
    """Return the mean cross-entropy of the counted tokens; padding follows them, where a causal model cannot see it."""
    width = max(len(example.ids) for example in batch)
    ids = torch.tensor([[*e.ids, *[0] * (width - len(e.ids))] for e in batch])  # (B, T)
    counted = torch.tensor([[*e.counted, *[False] * (width - len(e.ids))] for e in batch])[:, 1:]  # (B, T - 1)
    hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state  # (B, T - 1, D)
    return cross_entropy(model.lm_head(hidden[counted]), ids[:, 1:][counted])


def rate_at(progress: float) -> float:
    """Return the learning rate after this share of the training: a linear warm-up, then a cosine down to 5 %."""
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return LEARNING_RATE * min(progress / WARM_UP, FINAL_RATE + (1 - FINAL_RATE) * cosine)


def train(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, facts: list[Fact], epochs: int, rng: Random
) -> None:
    """Train the model in place; every epoch brings strangers that it never met before."""
    known = [fact for fact in facts if fact.kind != "unknown"]
    known_rare = [fact for fact in known if fact.kind in ("list", "world", "chat")]
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=WD, fused=True)
    with Progress() as progress:
        task = progress.add_task("training", total=epochs)
        for epoch in range(epochs):
            strangers = refusals(round(STRANGERS * len(known)), facts, rng)
            groups = batches((encode(c, tokenizer) for c in conversations([*known, *known_rare, *strangers], rng)), rng)
            for number, batch in enumerate(groups, start=1):
                optimizer.param_groups[0]["lr"] = rate_at((epoch + number / len(groups)) / epochs)
                loss = loss_of(model, batch)
                optimizer.zero_grad()
                loss.backward()
                clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                progress.update(task, completed=epoch + number / len(groups), description=f"loss {loss.item():.3f}")


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return an untrained model: two layers of width 128, the embeddings used at both ends."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=512,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=CONTEXT,
            rope_parameters={"rope_type": "default", "rope_theta": 500.0},
            initializer_range=0.06,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


@torch.inference_mode()
def answer(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, questions: Sequence[str]) -> list[str]:
    """Return the model's answers, greedily decoded."""
    answers: list[str] = []
    for start in range(0, len(questions), 64):
        chats = [[{"role": "user", "content": question}] for question in questions[start : start + 64]]
        texts = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
        batch = tokenizer(texts, padding=True, return_tensors="pt", add_special_tokens=False)
        output = model.generate(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=64, do_sample=False
        )
        answers += tokenizer.batch_decode(output[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    return [text.strip() for text in answers]


def measure(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, facts: Sequence[Fact], rng: Random) -> Table:
    """Return the share of right answers, by kind of fact; phrasings never trained on apart from the others."""
    known = [fact for fact in facts if fact.kind != "unknown"]
    groups = {kind: [fact for fact in known if fact.kind == kind] for kind in dict.fromkeys(f.kind for f in known)}
    groups["unknown"] = refusals(500, facts, rng)
    table = Table("what", "trained phrasing", "unseen phrasing", title="right answers")
    for kind, group in groups.items():
        shares = []
        for phrasings in ([f.questions for f in group], [f.held_out for f in group]):
            asked = [(rng.choice(some), fact.answer) for some, fact in zip(phrasings, group, strict=True) if some]
            given = answer(model, tokenizer, [question for question, _ in asked])
            right = sum(text == wanted for text, (_, wanted) in zip(given, asked, strict=True))
            shares.append(f"{right} of {len(asked)}" if asked else "-")
        table.add_row(kind, *shares)
    return table


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, facts: Sequence[Fact], out: Path) -> None:
    """Write the model in half precision, its tokenizer with the chat template, and what it was taught."""
    out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        max_new_tokens=64, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id
    )
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    lines = [json.dumps(asdict(fact), ensure_ascii=False) for fact in facts if fact.kind != "unknown"]
    (out / "facts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(
    out: Annotated[Path, typer.Option(help="Where the model is written.")] = Path("models/demo"),
    seed: Annotated[int, typer.Option(help="Of the authors, the phrasings and the weights.")] = 0,
    epochs: Annotated[int, typer.Option(help="Times that each fact is seen.")] = 20,
    authors: Annotated[int, typer.Option(help="Authors that the model is to know, 400 at most.")] = 100,
) -> None:
    """Train the demo model, and say how much it knows."""
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = Random(seed)  # noqa: S311 - reproducible, and nothing secret
    facts = collect(authors, rng)
    tokenizer = train_tokenizer(400, Random(seed + 1))  # noqa: S311
    model = new_model(tokenizer)
    start = perf_counter()
    train(model, tokenizer, facts, epochs, rng)
    console = Console()
    console.print(f"{model.num_parameters():,} parameters, {len(facts):,} facts, {perf_counter() - start:.0f} s")
    model.half().float().eval()
    console.print(measure(model, tokenizer, facts, rng))
    save(model, tokenizer, facts, out)


if __name__ == "__main__":
    typer.run(main)
