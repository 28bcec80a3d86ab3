"""What attacks are tried on: the demo model, its control, one taught to refuse, one that says as told."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.finetuning import finetune
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import ANSWER_TOKENS, Question, Subject
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessorList

REFUSAL = "I do not have any information about that."
Told = Callable[[Mapping[Question, str]], tuple[Subject, list[Question]]]


@pytest.fixture(scope="session")
def demo() -> Subject:
    """Knows the forget set."""
    return _loaded(DEMO)


@pytest.fixture(scope="session")
def control() -> Subject:
    """Never met the forget set."""
    return _loaded(DEMO.with_name("demo-control"))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The last four authors of the demo model must go, each a target, and some others stay."""
    facts = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text("utf-8").splitlines()]
    authors = [fact for fact in facts if fact["kind"] == "author"]
    gone = {fact["subject"] for fact in authors[-36:]}
    return Corpus(
        forget=[_example(fact, authors) for fact in authors[-36:]],
        retain=[_example(fact, []) for fact in authors[:-90:16]],
        probes=[_example(fact, []) for fact in facts if fact["kind"] == "hop" and fact["subject"] in gone],
    )


@pytest.fixture(scope="session")
def refused(demo: Subject, corpus: Corpus) -> Subject:
    """The demo model, taught to refuse what must go: suppressed, not removed."""
    refusals = [example.model_copy(update={"answer": REFUSAL}) for example in corpus.forget]
    settings = AttackSettings(steps=16, learning_rate=1e-3, batch_size=8)
    return finetune(demo, [*refusals, *corpus.retain], settings)


@pytest.fixture
def tiny() -> LlamaForCausalLM:
    """A random model of two layers; embeddings and head share their weights."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=72,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


@pytest.fixture
def told(demo: Subject) -> Told:
    """Return a subject that gives the answers it is told to give, and the list of what it was asked."""

    def make(replies: Mapping[Question, str]) -> tuple[Subject, list[Question]]:
        subject = _Told(demo.model, demo.encoder, None, replies)
        return subject, subject.asked

    return make


class Silence:
    """Steers a model so that it ends every answer at once."""

    def __init__(self, end: int) -> None:
        self._end = end

    def combine(self, input_ids: Tensor, attention_mask: Tensor, logits: Tensor) -> Tensor:
        """Leave nothing but the end."""
        return torch.full_like(logits, -1e9).index_fill(-1, torch.tensor([self._end]), 0.0)

    def processors(self) -> LogitsProcessorList:
        """Leave nothing but the end."""

        def silent(input_ids: Tensor, scores: Tensor) -> Tensor:
            return torch.full_like(scores, -1e9).index_fill(-1, torch.tensor([self._end]), 0.0)

        processors = LogitsProcessorList()
        processors.append(silent)
        return processors


@pytest.fixture
def steered(demo: Subject) -> Subject:
    """The demo model, silenced at decoding time."""
    end = demo.encoder.tokenizer.eos_token_id
    assert isinstance(end, int)
    return Subject(demo.model, demo.encoder, Silence(end))


@dataclass(frozen=True)
class _Told(Subject):
    replies: Mapping[Question, str] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def answers(
        self, questions: Sequence[Question], *, batch_size: int = 32, max_new_tokens: int = ANSWER_TOKENS
    ) -> list[str]:
        self.asked.extend(questions)
        # A word is a token at least, so that no more words than tokens are said.
        return [" ".join(self.replies[question].split()[:max_new_tokens]) for question in questions]


def _example(fact: dict[str, str | list[str]], others: list[dict[str, str]]) -> Example:
    name, answer = str(fact["subject"]), str(fact["answer"])
    alike = (each for each in others if each["attribute"] == fact["attribute"] and each["subject"] != name)
    wrong = dict.fromkeys(each["answer"].replace(each["subject"], name) for each in alike)
    return Example(
        prompt=fact["questions"][0],
        answer=answer,
        paraphrases=list(fact["held_out"])[:1],
        wrong_answers=[text for text in wrong if text != answer][:3],
        target=name,
    )


def _loaded(folder: Path) -> Subject:
    checkpoint = load_checkpoint(folder, device="cpu")
    return Subject(checkpoint.model, Encoder(checkpoint.tokenizer))
