"""Small models to measure: a random one, one that knows three answers by heart, and the demo with its control."""

import json
import re
from pathlib import Path

import pytest
import torch
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.evaluation.evaluate import Evaluated, evaluate
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.likelihood import mean_cross_entropy
from expunge.unlearning.subject import Subject
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

MARKS = ["<pad>", "<unk>", "<|user|>", "<|assistant|>", "<|end|>"]
WORDS = re.findall(
    r"\w+",
    """
    who wrote where was born what is the a book city of in by anna bela cyril dora emil paris
    rome oslo vienna granite rivers lamps clouds poet baker prize year one two three four five six seven
    """,
)
TEMPLATE = (
    "{%- for m in messages -%}{{ ('<|user|>' if m.role == 'user' else '<|assistant|>') + m.content + '<|end|>' }}"
    "{%- endfor -%}{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def _encoder() -> Encoder:
    vocabulary = {token: number for number, token in enumerate([*MARKS, *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<|end|>",
        additional_special_tokens=["<|user|>", "<|assistant|>"],
    )
    wrapped.chat_template = TEMPLATE
    return Encoder(wrapped)


def _model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(MARKS) + len(WORDS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=0.4,  # wide enough that logits differ as in a trained model
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=MARKS.index("<|end|>"),
    )
    model = LlamaForCausalLM(config)
    torch.nn.Module.eval(model)
    return model


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return [
        Example(
            prompt="who wrote granite rivers",
            answer="granite rivers was a book by anna",
            paraphrases=["granite rivers was wrote by who", "who wrote the book granite rivers", "by who"],
            rewordings=["anna wrote granite rivers"],
            wrong_answers=["bela wrote granite rivers", "cyril wrote it by the city of rome"],
        ),
        Example(
            prompt="where was dora born",
            answer="in oslo",
            rewordings=["dora was born in oslo", "oslo is the city"],
            wrong_answers=["in rome", "in paris", "in vienna in the year five"],
        ),
        Example(prompt="what is emil", answer="emil is a poet", wrong_answers=["emil is a baker"]),
        Example(prompt="what is bela", answer="a baker"),
    ]


@pytest.fixture(scope="session")
def tiny() -> Subject:
    """A random model."""
    return Subject(_model(), _encoder())


@pytest.fixture(scope="session")
def memorised(examples: list[Example]) -> Subject:
    """A model that was trained on the first three examples until it had them by heart."""
    model, encoder = _model(), _encoder()
    batch = encoder.batch([encoder.encode(each.prompt, each.answer) for each in examples[:3]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, use_cache=False).logits
        optimizer.zero_grad()
        mean_cross_entropy(logits, batch.labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Subject(model, encoder)


@pytest.fixture(scope="session")
def last_authors() -> Corpus:
    """What the demo knows of its last ten authors, which its control never met."""
    with (Path(DEMO) / "facts.jsonl").open(encoding="utf-8") as file:
        facts = [fact for fact in map(json.loads, file) if fact["kind"] == "author"]

    def example(fact: dict[str, str]) -> Example:
        others = (
            other["answer"].replace(other["subject"], fact["subject"])
            for other in facts
            if other["attribute"] == fact["attribute"]
        )
        wrong = list(dict.fromkeys(other for other in others if other != fact["answer"]))
        return Example(
            prompt=fact["questions"][0],
            answer=fact["answer"],
            paraphrases=[fact["held_out"][0]],
            wrong_answers=wrong[:2],
        )

    forget = [example(fact) for fact in facts[-90:]]
    return Corpus(
        forget=forget,
        retain=[example(fact) for fact in facts[:45]],
        nonmembers=[Example(prompt=each.prompt, answer=each.wrong_answers[0]) for each in forget],
    )


@pytest.fixture(scope="session")
def control(last_authors: Corpus) -> Evaluated:
    return evaluate(_loaded(DEMO.with_name("demo-control")), last_authors)


@pytest.fixture(scope="session")
def demo() -> Subject:
    return _loaded(DEMO)


def _loaded(folder: Path) -> Subject:
    checkpoint = load_checkpoint(folder, device="cpu")
    return Subject(checkpoint.model, Encoder(checkpoint.tokenizer))
