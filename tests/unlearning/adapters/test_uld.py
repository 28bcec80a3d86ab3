"""ULD on the demo model: what must go is not said any more, and the rest is; the model's weights stay."""

import json
import math
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from expunge.errors import InputError
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint
from expunge.models.decoding import load_decoding
from expunge.models.local import LocalChatModel
from expunge.unlearning.adapters import ADAPTERS
from expunge.unlearning.adapters.uld import ULD, ULDOptions, first_layers, uniform_cross_entropy
from expunge.unlearning.edits.edit import Material
from expunge.unlearning.encoding import Encoder
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.likelihood import answer_nll
from expunge.unlearning.subject import Subject
from transformers import LlamaConfig, LlamaForCausalLM

FACTS = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
AUTHORS = [fact for fact in FACTS if fact["kind"] == "author"]
FORGOTTEN = {"Flora Bellund", "Silas Barlock"}


def examples(*, forgotten: bool, phrasing: str = "questions") -> list[Example]:
    chosen = [fact for fact in AUTHORS if (fact["subject"] in FORGOTTEN) == forgotten]
    return [Example(prompt=fact[phrasing][0], answer=fact["answer"]) for fact in chosen]


class Made(NamedTuple):
    """A job's result, and the model with and without what steers it."""

    folder: Path
    plain: Subject
    steered: Subject


@pytest.fixture(scope="module")
def material() -> Material:
    corpus = Corpus(forget=examples(forgotten=True), retain=examples(forgotten=False))
    return Material(Encoder(load_checkpoint(DEMO, "cpu").tokenizer), corpus, 9, 0, lambda *_: None)


@pytest.fixture(scope="module")
def made(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("result")
    model, _ = load_checkpoint(DEMO, "cpu")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    ULD(ULDOptions()).train(model, material, folder)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
    assert {path.name for path in folder.iterdir()} == {"assistant", "decoding.json"}
    shutil.copytree(DEMO, folder, dirs_exist_ok=True)
    return Made(
        folder, Subject(model, material.encoder), Subject(model, material.encoder, load_decoding(folder, "cpu"))
    )


def nll(subject: Subject, asked: list[Example]) -> torch.Tensor:
    """Return −log p of answers, shape `(B,)`."""
    batch = subject.encoder.batch([subject.encoder.encode(each.prompt, each.answer) for each in asked])
    return answer_nll(subject.logits(batch), batch.labels)


def right(subject: Subject, asked: list[Example]) -> float:
    answers = subject.answers([each.prompt for each in asked])
    return sum(answer == each.answer for answer, each in zip(answers, asked, strict=True)) / len(asked)


@pytest.mark.parametrize("phrasing", ["questions", "held_out"])
def test_what_must_go_becomes_unlikely_and_the_rest_stays(made: Made, phrasing: str) -> None:
    gone = examples(forgotten=True, phrasing=phrasing)
    kept = examples(forgotten=False, phrasing=phrasing)[::7]
    assert float((nll(made.steered, gone) - nll(made.plain, gone)).median()) > 2
    assert float((nll(made.steered, kept) - nll(made.plain, kept)).median()) < 0.05
    assert right(made.plain, gone) >= 0.9
    assert right(made.steered, gone) <= 0.1
    assert right(made.steered, kept) >= 0.95


def test_the_result_is_a_local_model(made: Made) -> None:
    model = LocalChatModel.from_path(made.folder, device="cpu", max_new_tokens=64)
    questions = [each.prompt for each in examples(forgotten=True)[:4]]
    said = [model.invoke(question).text for question in questions]
    assert said == made.steered.answers(questions)
    assert said != made.plain.answers(questions)
    assert (LocalChatModel.from_path(made.folder / "assistant", device="cpu")).invoke(questions[0]).text


def test_the_seed_settles_the_assistant(material: Material, tmp_path: Path) -> None:
    model, _ = load_checkpoint(DEMO, "cpu")
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        ULD(ULDOptions(epochs=1, least_steps=1)).train(model, material, tmp_path / name)
    one, other = ((tmp_path / name / "assistant" / "model.safetensors").read_bytes() for name in ("one", "other"))
    assert one == other


def test_a_uniform_answer_costs_log_v_and_any_other_more() -> None:
    logits, labels = torch.zeros(1, 4, 8), torch.tensor([[-100, -100, 3, 5]])
    assert float(uniform_cross_entropy(logits, labels)) == pytest.approx(math.log(8))
    logits[0, 1, 3] = 2.0  # −(1/8)·Σ log p = log(7 + e²) − 2/8 there, log 8 at the other
    wanted = (math.log(7 + math.exp(2)) - 0.25 + math.log(8)) / 2
    assert float(uniform_cross_entropy(logits, labels)) == pytest.approx(wanted)
    logits[0, 3, 0] = 9.0  # after the last token: about nothing
    assert float(uniform_cross_entropy(logits, labels)) == pytest.approx(wanted)


def test_the_first_layers_give_the_models_own_hidden_states() -> None:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2
    )
    model, ids = LlamaForCausalLM(config), torch.arange(8)[None]
    short = first_layers(model, 2)
    assert short.num_parameters() < model.num_parameters()
    with torch.no_grad():
        hidden = model(ids, output_hidden_states=True).hidden_states[2]
        wanted = model.lm_head(model.model.norm(hidden))
        torch.testing.assert_close(short(ids).logits, wanted)
    assert all(
        one.data_ptr() != other.data_ptr() for one, other in zip(short.parameters(), model.parameters(), strict=False)
    )


def test_what_it_cannot_do_is_told(material: Material, tmp_path: Path) -> None:
    model, _ = load_checkpoint(DEMO, "cpu")
    alone = Material(material.encoder, Corpus(forget=material.corpus.forget), 9, 0, lambda *_: None)
    with pytest.raises(InputError, match="retain set is empty"):
        ULD(ULDOptions()).train(model, alone, tmp_path)
    with pytest.raises(InputError, match="4 layers: the model has 3"):
        ULD(ULDOptions(layers=4)).train(model, material, tmp_path)
    model.name_or_path = str(tmp_path)
    with pytest.raises(InputError, match="no weights"):
        ULD(ULDOptions()).train(model, material, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_job_can_be_cancelled(material: Material, tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise InterruptedError

    model, _ = load_checkpoint(DEMO, "cpu")
    with pytest.raises(InterruptedError):
        ULD(ULDOptions()).train(model, Material(material.encoder, material.corpus, 9, 0, cancel), tmp_path)
    assert not list(tmp_path.iterdir())


def test_it_is_found_by_name() -> None:
    assert ADAPTERS["uld"] is ULD
