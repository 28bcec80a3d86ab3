"""The benchmarks of weight-level methods: their sets, their models, their rules and their tables."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from expunge.cli import app
from expunge.errors import InputError, PrerequisiteError
from expunge.evals import npo_cost, unlearning
from expunge.evals.forgotten_authors import CONTROL, FORGOTTEN, HELD_OUT, authors_of, forgotten_authors, read_facts
from expunge.evals.mixture import upcycle
from expunge.evals.npo_cost import Cost, CostReport, run_npo_cost
from expunge.evals.unlearning import run_unlearning
from expunge.evals.unlearning_recipes import RECIPES
from expunge.evals.unlearning_report import MethodRun, UnlearningReport
from expunge.jobs.working import work
from expunge.models import DEMO
from expunge.tests.unlearning.report.reports import evaluation, judgement, report, scores
from expunge.unlearning.evaluation.recall import recalls
from expunge.unlearning.examples import Corpus, Example, identity
from expunge.unlearning.methods import find
from expunge.unlearning.subject import Subject
from expunge.unlearning.training.making import open_subject
from expunge.unlearning.training.options import TrainingOptions
from rich.console import Console
from typer.testing import CliRunner


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPUNGE_KEY", raising=False)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return forgotten_authors()


@pytest.fixture(scope="module")
def dense() -> Subject:
    return open_subject(DEMO, 1024, "cpu")


def drawn(table: Any) -> str:
    console = Console(width=300)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def recall(subject: Subject, examples: list[Example]) -> float:
    answers = subject.answers([example.prompt for example in examples])
    said = [recalls(example, answer) for example, answer in zip(examples, answers, strict=True)]
    return sum(said) / len(said)


def test_the_sets_are_apart_and_of_their_sizes(corpus: Corpus) -> None:
    names = authors_of(read_facts())
    gone = names[-FORGOTTEN:]
    sizes = {part: len(examples) for part, examples in corpus.parts()}
    assert sizes.keys() == {"forget", "retain", "neighbours", "world_facts", "probes", "nonmembers"}
    assert sizes["forget"] == sizes["neighbours"] == 9 * FORGOTTEN == 9 * HELD_OUT
    assert {name for name in names for each in corpus.forget if name in each.answer} >= set(gone)
    told = [identity(example) for _, examples in corpus.parts() for example in examples]
    assert len(told) == len(set(told))
    held_out = {name for name in names for each in corpus.neighbours if name in each.prompt}
    for example in corpus.retain:
        assert not any(name in example.prompt + example.answer for name in (*gone, *held_out))
    assert all(example.wrong_answers and example.answer not in example.wrong_answers for example in corpus.forget)


def test_recipes_were_chosen_on_other_authors(corpus: Corpus) -> None:
    first = forgotten_authors(0)
    assert len(first.forget) == len(corpus.forget)
    assert not {identity(example) for example in first.forget} & {identity(example) for example in corpus.forget}


def test_what_is_said_of_the_models_is_so(corpus: Corpus, dense: Subject) -> None:
    control = open_subject(CONTROL, 1024, "cpu")
    assert recall(dense, corpus.forget) > 0.9
    assert recall(dense, corpus.probes) > 0.5
    assert recall(control, corpus.forget) < 0.1
    for model in (dense, control):
        assert recall(model, corpus.nonmembers) < 0.1
        assert recall(model, corpus.neighbours) > 0.9


def test_a_mixture_answers_as_the_model_that_it_is_made_of(corpus: Corpus, dense: Subject, tmp_path: Path) -> None:
    mixture = open_subject(upcycle(DEMO, tmp_path / "mixture"), 1024, "cpu")
    assert mixture.model.num_parameters() > 2 * dense.model.num_parameters()
    questions = [example.prompt for example in (*corpus.forget[:20], *corpus.nonmembers[:5])]
    assert mixture.answers(questions) == dense.answers(questions)
    with torch.inference_mode():
        ids = torch.tensor([mixture.encoder.encode(questions[0], "No.").ids])
        for layer in mixture.model.model.layers:
            state = torch.randn(64, mixture.model.config.hidden_size)
            assert len(set(layer.mlp.gate.weight.matmul(state.T).argmax(0).tolist())) > 1  # not one expert for all
        torch.testing.assert_close(mixture.model(ids).logits, dense.model(ids).logits, atol=0.05, rtol=0.01)


def test_every_recipe_can_be_read() -> None:
    for name, recipe in RECIPES.items():
        assert name in (recipe.method, recipe.selector)
        find(recipe)


def small(corpus: Corpus) -> Corpus:
    return Corpus(**{part: examples[: 9 if part == "forget" else 4] for part, examples in corpus.parts()})


def test_methods_run_as_jobs_side_by_side(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unlearning, "forgotten_authors", lambda: small(corpus))
    creating = import_module("expunge.jobs.creating")
    monkeypatch.setattr(creating, "launch", lambda jobs, job, store, key=None: work(store, job))
    diverging = TrainingOptions(max_steps=20, learning_rate=1e30, clip=1e30)
    broken = RECIPES["grad_ascent"].model_copy(update={"training": diverging})
    monkeypatch.setattr(unlearning, "RECIPES", {**RECIPES, "grad_ascent": broken})
    done: list[int] = []
    found = run_unlearning(["ssd", "grad_ascent"], workers=1, out=tmp_path / "out", progress=done.append)
    assert done == [1, 2]
    by_name = {run.name: run for run in found.runs}
    assert by_name["ssd"].report is not None
    assert by_name["ssd"].report.control == found.control
    assert by_name["ssd"].seconds > by_name["ssd"].training_s > 0
    assert {result.attack for result in by_name["ssd"].report.attacks} >= {"relearn", "quantise4", "probes"}
    failed = by_name["grad_ascent"]
    assert (failed.report, failed.reached, failed.retained) == (None, False, 0.0)
    assert "lower learning rate" in failed.error
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"comparison.html", "ssd"}
    assert (tmp_path / "out" / "ssd" / "manifest.json").is_file()
    with pytest.raises(InputError, match="No method came to its end"):
        run_unlearning(["grad_ascent"])


def test_a_method_without_a_recipe_is_refused() -> None:
    with pytest.raises(InputError, match="no recipe for 'magic'") as raised:
        run_unlearning(["magic"])
    assert "simnpo" in str(raised.value.fix)


def run(**given: Any) -> MethodRun:
    return MethodRun(method="npo", seconds=31.4, training_s=5.2, report=report(**given))


AT_CONTROL = evaluation(0.0, 0.97)


@pytest.mark.parametrize(
    ("after", "reached"),
    [
        (AT_CONTROL, True),
        (evaluation(0.06, 0.97), True),
        (evaluation(0.08, 0.97), False),  # too much is recalled
        (evaluation(0.0, 0.9), False),  # too much else is lost
        (evaluation(0.0, 0.97, parts={**AT_CONTROL.parts, "forget": scores(0.0, paraphrase_recall=0.2)}), False),
        (evaluation(0.0, 0.97, parts={**AT_CONTROL.parts, "forget": scores(0.0, rouge_l=0.1)}), False),  # too silent
    ],
)
def test_the_level_of_the_control_is_reached_from_both_sides(after: Any, reached: bool) -> None:
    assert run(after=after).reached is reached


def compared() -> UnlearningReport:
    lost = evaluation(0.0, 0.1)
    ruined = lost.model_copy(update={"parts": {**lost.parts, "forget": scores(0.0, probability=float("nan"))}})
    runs = [
        run(after=AT_CONTROL),
        run(after=ruined, judgement=judgement(held=False)).model_copy(update={"method": "grad_ascent"}),
        MethodRun(method="rmu", selector="wagle", seconds=1, training_s=0, error="The disk is full."),
    ]
    known = report()
    assert known.control is not None
    return UnlearningReport(before=known.before, control=known.control, runs=runs, seconds=65, reached=1)


def test_the_table_has_a_row_for_each_method() -> None:
    lines = [line.strip() for line in drawn(compared().table()).splitlines()]
    rows = {line.split("  ")[0]: line.split() for line in lines}
    assert rows["before"][1:3] == ["0.98", "(0.94)"]
    assert rows["control"][-3:] == ["1.01", "1.01", "1"]  # of before: 0.98 of 0.975
    assert " ".join(rows["rmu + wagle"]) == "rmu + wagle The disk is full."
    assert rows["npo"][-4:] == ["5", "31", "yes", "yes"]
    assert rows["grad_ascent"][-4:] == ["5", "31", "no", "no"]
    assert "(0.06)" in rows["npo"]  # what the control says under relearn_half is above 0.05


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_shows_it(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def answer(methods: Any, **how: Any) -> UnlearningReport:
        asked.update(how, methods=methods)
        return compared()

    monkeypatch.setattr(unlearning, "run_unlearning", answer)
    command = ["eval", "unlearning", "--method", "npo", "--seed", "3", *(["--json"] if as_json else [])]
    shown = CliRunner().invoke(app, command, catch_exceptions=False)
    assert shown.exit_code == 0
    assert (asked["methods"], asked["seed"], asked["out"]) == (["npo"], 3, None)
    if as_json:

        def no_constant(name: str) -> None:
            raise AssertionError(f"{name} is no JSON")

        parsed = json.loads(shown.stdout, parse_constant=no_constant)
        assert UnlearningReport.model_validate(parsed).reached == 1
    else:
        assert "1 of 3 reached the control's level, in 65 s" in shown.stdout


def test_what_a_reference_costs_is_measured_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npo_cost, "_process", npo_cost._measure)
    found = run_npo_cost(width=64, layers=1, steps=2)
    ways = [(cost.trained, cost.reference) for cost in found.costs]
    assert sorted(ways) == [(how, way) for how in ("LoRA", "whole model") for way in ("kept", "second model")]
    assert found.parameters > 100_000
    assert all(cost.step_s > 0 and cost.peak_mb > 0 for cost in found.costs)


def test_a_training_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PrerequisiteError, match="A training failed"):
        npo_cost._process("LoRA", "kept", 64, 1, 1)


def test_costs_are_compared_as_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = [
        Cost(trained="LoRA", reference="kept", peak_mb=1000, step_s=0.5),
        Cost(trained="LoRA", reference="second model", peak_mb=1600, step_s=0.8),
    ]
    found = CostReport(parameters=150_000_000, costs=costs)
    assert found.ratio("LoRA", "peak_mb") == 0.625
    shown = drawn(found.table())
    assert "1,000" in shown
    assert "0.62" in shown
    assert "150 M parameters" in shown
    monkeypatch.setattr(npo_cost, "run_npo_cost", lambda **_: found)
    told = CliRunner().invoke(app, ["eval", "npo-cost", "--json"], catch_exceptions=False)
    assert CostReport.model_validate_json(told.stdout) == found
