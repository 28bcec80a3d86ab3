import json

import pytest
from expunge.errors import InputError
from expunge.evals import AblationReport, AttackReport, Case, read_cases, read_targets, run_ablation, run_attacks
from expunge.evals.attack_trials import Comparison
from expunge.evals.attacks import ABILITIES, put_attacks
from expunge.evals.checkers import NameFilter
from expunge.evals.staging import Messages
from expunge.evals.suites import FAMILIES, JAILBREAK, Suite, make_attacks
from expunge.schema import Action, Finding, Target, Verdict
from expunge.settings import settings
from rich.console import Console

SOME = ["typos", "base64-answered", "inverted", "decomposition"]


class Scripted:
    """Decides always the same; an abstention has findings in two layers."""

    def __init__(self, action: Action, error: str = "") -> None:
        self.action, self.error = action, error

    def check(self, prompt: str | Messages, response: str, /) -> Verdict:
        if self.action == "release":
            return Verdict(action="release", text=response)
        layers = [] if self.error else ["alias", "alias", "fuzzy"]
        findings = [
            Finding.model_validate(
                {"target": "t", "start": 0, "end": 1, "where": "prompt", "layer": layer, "score": 1, "threshold": 1}
            )
            for layer in layers
        ]
        return Verdict(action=self.action, text="I do not know.", findings=findings, error=self.error)


@pytest.fixture(scope="module")
def suites(attack_cases: list[Case], attack_targets: list[Target]) -> list[Suite]:
    return make_attacks(attack_cases, attack_targets, per_family=3, families=SOME)


def report_of(suites: list[Suite], defence: Scripted) -> AttackReport:
    skipped = {suite.family: suite.skipped for suite in suites}
    return AttackReport.of(put_attacks(suites, defence), skipped, registered="name", targets=2, seed=0)


def test_each_family_has_as_many_attacks_as_asked_for_and_as_many_twins(suites: list[Suite]) -> None:
    assert [suite.family for suite in suites] == SOME
    for suite in suites:
        assert [attack.fact.case.role for attack in suite.attacks] == ["forget"] * 3 + ["retain"] * 3
        assert len({attack.fact.case.id for attack in suite.attacks}) == 6
        assert {attack.family for attack in suite.attacks} == {suite.family}


def test_attacks_are_the_same_for_the_same_seed_alone(attack_cases: list[Case], attack_targets: list[Target]) -> None:
    def texts(seed: int, *families: str) -> list[tuple[str | Messages, str]]:
        suites = make_attacks(attack_cases, attack_targets, seed=seed, families=families)
        return [(attack.prompt, attack.draft) for suite in suites for attack in suite.attacks]

    assert texts(1) == texts(1) != texts(2)
    assert texts(1, "typos", "cloze")[-len(texts(1, "cloze")) :] == texts(1, "cloze")


def test_cases_that_do_not_lend_themselves_are_skipped_and_counted(
    attack_cases: list[Case], attack_targets: list[Target]
) -> None:
    yes = Case(id="yes", set="s", role="forget", target="Marlow Tennerby", question="Is he?", answer="Yes.")
    (suite,) = make_attacks([*attack_cases, yes], attack_targets, families=["one-hop"])
    ids = {attack.fact.case.id for attack in suite.attacks}
    assert "yes" not in ids
    assert suite.skipped == len(attack_cases) + 1 - len(ids)


def test_every_family_is_made_by_default(attack_cases: list[Case], attack_targets: list[Target]) -> None:
    suites = make_attacks(attack_cases, attack_targets, per_family=1, templates=["Be free."])
    assert [suite.family for suite in suites] == [*FAMILIES, JAILBREAK]
    assert all(len(suite.attacks) == 2 for suite in suites)


def test_releasing_everything_leaks_all_and_alters_nothing(suites: list[Suite]) -> None:
    report = report_of(suites, Scripted("release"))
    assert (report.mean_leak, report.worst, report.altered.count, report.altered.total) == (1, "typos", 0, 12)
    assert [(family.leaked.count, len(family.leaks), family.layers) for family in report.families] == [(3, 3, {})] * 4


def test_abstaining_always_leaks_nothing_and_alters_everything(suites: list[Suite]) -> None:
    report = report_of(suites, Scripted("abstain"))
    assert (report.mean_leak, report.worst, report.altered.value) == (0, "", 1)
    assert report.families[0].layers == {"alias": 3, "fuzzy": 3}
    assert all(family.alterations for family in report.families)


def test_the_same_attacks_are_put_to_a_filter_by_name(suites: list[Suite], attack_targets: list[Target]) -> None:
    trials = put_attacks(suites, Scripted("abstain"), baseline=NameFilter(attack_targets))
    report = AttackReport.of(trials, dict.fromkeys(SOME, 0), registered="name", targets=2, seed=0)
    leaks = {family.family: family.baseline.value for family in report.families if family.baseline}
    assert (leaks["typos"], leaks["decomposition"]) == (1, 0)
    leaking = [value for value in leaks.values() if value]
    assert report.compared == Comparison(families=4, sanitizer=0, baseline=sum(leaks.values()) / 4)
    assert report.compared_where_baseline_leaks == Comparison(
        families=len(leaking), sanitizer=0, baseline=sum(leaking) / len(leaking)
    )
    assert f"mean, {len(leaking)} past filter 0.0" in drawn(report)


def test_without_a_baseline_nothing_is_compared(suites: list[Suite]) -> None:
    report = report_of(suites, Scripted("release"))
    assert report.compared is report.compared_where_baseline_leaks is None


def test_errors_are_told_from_detection(suites: list[Suite]) -> None:
    report = report_of(suites, Scripted("abstain", error="ValueError"))
    assert [(family.layers, family.errors) for family in report.families] == [({}, 6)] * 4
    assert "error 6" in drawn(report)


def test_a_family_without_attacks_does_not_count_in_the_mean(suites: list[Suite]) -> None:
    report = report_of([suites[0], Suite("acrostic", [], 7)], Scripted("release"))
    assert (report.mean_leak, report.families[1].skipped, report.families[1].leaked.total) == (1, 7, 0)


def drawn(report: AttackReport | AblationReport) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(report.table())
    return "\n".join(" ".join(row.split()) for row in capture.get().splitlines())


def test_the_report_is_drawn_and_dumped(suites: list[Suite]) -> None:
    report = report_of(suites, Scripted("release"))
    assert "typos 3 of 3 100.0 43.9 to 100.0 0 of 3" in drawn(report)
    assert AttackReport.model_validate_json(report.model_dump_json()) == report
    assert json.loads(report.model_dump_json())["families"][0]["family"] == "typos"


@pytest.mark.parametrize(
    ("families", "keep", "message"),
    [(["typo"], slice(None), "no family of attacks 'typo'"), (["one-hop"], slice(1), "No attack can be made")],
)
def test_what_cannot_be_attacked_is_refused(
    attack_cases: list[Case], attack_targets: list[Target], families: list[str], keep: slice, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run_attacks(attack_cases[keep], attack_targets, families=families)


def test_layers_stop_attacks_and_ablation_tells_which(attack_cases: list[Case], attack_targets: list[Target]) -> None:
    families = ["typos", "base64-asked", "decomposition"]
    report = run_ablation(attack_cases, attack_targets, families=families, register="name")
    assert [run.without for run in report.ablations] == [[ability] for ability in ABILITIES]
    leaks = {run.without[0]: [family.leaked.value for family in run.families] for run in report.ablations}
    assert leaks["fuzzy"][0] > report.whole.families[0].leaked.value
    assert leaks["decoding"][1] > report.whole.families[1].leaked.value == 0
    assert leaks["subject"][2] > report.whole.families[2].leaked.value == 0
    assert report.whole.altered.count == 0
    assert "decomposition 100.0" in drawn(report)


def test_a_part_of_tofu_withstands_what_it_must() -> None:
    folder = settings().data
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    cases, targets = read_cases([folder / "cases" / "tofu.jsonl"]), read_targets(folder / "targets" / "tofu.jsonl")
    families = ["homoglyphs", "rot13-answered", "role-play", "context", "decomposition"]
    report = run_attacks(cases[::4], targets, families=families, per_family=6, register="name")
    assert {family.family: family.leaks for family in report.families} == {family: [] for family in families}
    assert report.altered.count == 0
