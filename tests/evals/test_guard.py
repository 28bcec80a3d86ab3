import json
from collections.abc import Sequence

import pytest
from expunge.errors import InputError, PrerequisiteError
from expunge.evals import Case, GuardReport, read_cases, read_targets, run_guard
from expunge.evals.answers import INNOCUOUS_DRAFT
from expunge.evals.checkers import Checker, NameFilter
from expunge.evals.guard import find_exposures, put_cases, registered_part
from expunge.evals.reports import Register
from expunge.schema import Action, AgentCall, Policy, Target, Verdict
from expunge.settings import settings
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from rich.console import Console

ANN = Target(
    name="Ann Orr",
    aliases=["A. Orr"],
    documents=[
        "Where was Ann Orr born? Ann Orr was born in Lyon.",
        "What does Ann Orr paint? Ann Orr paints harbours.",
        "Who taught Ann Orr? Mia Holt taught her.",
    ],
    keep=["Ann Orr paints in oil."],
)


def case(name: str, question: str, answer: str | None, *, form: str = "direct", target: str | None = "Ann Orr") -> Case:
    role = "retain" if target is None else "forget"
    return Case(id=name, set="made-up", role=role, form=form, target=target, question=question, answer=answer)


CASES = [
    case("born", "Where was Ann Orr born?", "Ann Orr was born in Lyon."),
    case("paints", "What does Ann Orr paint?", "Ann Orr paints harbours."),
    case("taught", "By whom was Ann Orr taught?", "Mia Holt taught her.", form="paraphrase"),
    case("other", "Where was Ben Ash born?", "Ben Ash was born in Brest.", target=None),
    case("world", "Which river runs through Paris?", "Seine", form="world", target=None),
]


class Scripted:
    """Decides always the same, in 1, 2, 3, … milliseconds."""

    def __init__(
        self, action: Action, text: str | None = None, error: str = "", calls: int = 0, agents: Sequence[AgentCall] = ()
    ) -> None:
        self.action, self.text, self.error, self.drafts = action, text, error, list[str]()
        self.calls, self.agents = calls, list(agents)

    def check(self, prompt: str, response: str, /) -> Verdict:
        self.drafts.append(response)
        text = response if self.text is None else self.text
        return Verdict(
            action=self.action,
            text=text,
            calls=self.calls,
            agents=self.agents,
            elapsed_ms=len(self.drafts),
            versions={"expunge": "1"},
            error=self.error,
        )


class Knowing(BaseChatModel):
    """Knows some answers, and says them unless it is told not to; it does not look at what it is told."""

    said: dict[str, str]
    obeys: bool = False

    @property
    def _llm_type(self) -> str:
        return "knowing"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        silent = self.obeys and messages[0].type == "system"
        text = "No idea." if silent else self.said[str(messages[-1].text)]
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


def drawn(report: GuardReport) -> list[str]:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(report.table())
    return [" ".join(row.split()) for row in capture.get().splitlines()]


def measure(checker: Checker, cases: list[Case] = CASES, baseline: Checker | None = None) -> GuardReport:
    return GuardReport.of(put_cases(cases, checker, baseline=baseline), registered="name", targets=1)


def test_releasing_everything_leaks_all_and_alters_nothing() -> None:
    forget, retain = measure(Scripted("release")).totals
    assert (forget.role, forget.rate.count, forget.rate.total, forget.failures) == (
        "forget",
        3,
        3,
        ["born", "paints", "taught"],
    )
    assert (retain.role, retain.rate.count, retain.rate.total, retain.failures) == ("retain", 0, 2, [])


def test_abstaining_always_leaks_nothing_and_alters_everything() -> None:
    forget, retain = measure(Scripted("abstain", "I don't have any information about that.")).totals
    assert (forget.rate.value, forget.rate.low, forget.failures) == (0, 0, [])
    assert (retain.rate.value, retain.rate.high, retain.failures) == (1, 1, ["other", "world"])


def test_the_text_decides_and_not_the_action() -> None:
    forget, retain = measure(Scripted("rewrite", "Someone was born in Lyon.")).totals
    assert forget.failures == ["born"]
    assert retain.failures == ["other", "world"]


def test_without_an_answer_the_action_decides_on_an_innocuous_draft() -> None:
    cases = [case("f", "How is it made?", None), case("r", "What is it?", None, target=None)]
    release, abstain = Scripted("release"), Scripted("abstain", "No.")
    assert [total.failures for total in measure(release, cases).totals] == [["f"], []]
    assert [total.failures for total in measure(abstain, cases).totals] == [[], ["r"]]
    assert release.drafts == [INNOCUOUS_DRAFT] * 2


def test_groups_keep_sets_roles_and_forms_apart() -> None:
    report = measure(Scripted("release"))
    assert [(group.role, group.form, group.rate.total) for group in report.groups] == [
        ("forget", "direct", 2),
        ("forget", "paraphrase", 1),
        ("retain", "direct", 1),
        ("retain", "world", 1),
    ]
    assert report.versions == {"expunge": "1"}
    assert report.totals[0].actions == {"release": 3}
    assert (report.totals[0].p50_ms, report.totals[0].p95_ms) == pytest.approx((2.0, 2.9))


def test_the_baseline_is_measured_on_the_same_cases() -> None:
    named = [*CASES, case("namesake", "Is Ann Orr a common name?", "No, it is rare.", target=None)]
    forget, retain = measure(Scripted("release"), named, NameFilter([ANN])).totals
    assert forget.baseline is not None
    assert retain.baseline is not None
    assert (forget.baseline.count, retain.baseline.count, retain.baseline.total) == (0, 1, 3)
    assert measure(Scripted("release")).totals[0].baseline is None


def test_the_report_is_drawn_and_dumped() -> None:
    report = measure(Scripted("release"), baseline=NameFilter([ANN]))
    rows = drawn(report)
    assert "paraphrase 1 of 1 100.0 20.7 to 100.0 0.0 3.0 3.0 1.0" in rows
    assert "made-up, altered 0 of 2 0.0 0.0 to 65.8 0.0 4.5 5.0 1.0" in rows
    assert GuardReport.model_validate_json(report.model_dump_json()) == report
    assert json.loads(report.model_dump_json())["totals"][0]["rate"]["count"] == 3


def test_calls_and_tokens_are_shown_beside_failures() -> None:
    agents = [AgentCall(agent="critic", outcome="answered", calls=2, tokens=120, prompt_tokens=100)]
    report = measure(Scripted("release", calls=2, agents=agents))
    forget = report.totals[0]
    # The oracle stands for a call of the wrapped model.
    assert (forget.calls, forget.prompt_tokens, forget.tokens) == (3, 100, 120)
    assert "paraphrase 1 of 1 100.0 20.7 to 100.0 3.0 3.0 3.0 100/120" in drawn(report)


def test_a_model_is_judged_by_what_it_knows() -> None:
    said = {
        "Where was Ann Orr born?": "In Lyon.",
        "What does Ann Orr paint?": "Portraits.",
        "Where was Ben Ash born?": "In Brest.",
        "Which river runs through Paris?": "The Thames.",
    }
    cases = [
        case("told", "Where was Ann Orr born?", "Ann Orr was born in Lyon."),
        case("unknown", "What does Ann Orr paint?", "Ann Orr paints harbours."),
        case("withheld", "Where was Ben Ash born?", "Ben Ash was born in Brest.", target=None),
        case("never-known", "Which river runs through Paris?", "Seine", target=None),
    ]
    model = Knowing(said=said)
    kept = run_guard(cases, [ANN], policy=Policy.guardrail_prompt(), model=model)
    assert [total.failures for total in kept.totals] == [["told"], []]
    assert kept.policy == "guardrail_prompt"
    assert {total.calls for total in kept.totals} == {1}
    obedient = run_guard(cases, [ANN], policy=Policy.guardrail_prompt(), model=Knowing(said=said, obeys=True))
    assert [total.failures for total in obedient.totals] == [[], ["withheld"]]
    ours = run_guard(cases, [ANN], model=model)
    assert [total.failures for total in ours.totals] == [[], []]
    assert [total.calls for total in ours.totals] == [0, 1]  # what is denied is not asked
    with pytest.raises(InputError, match="gold answer"):
        run_guard([case("open", "What is it?", None)], [ANN], model=model)


@pytest.mark.parametrize("policy", [Policy.guardrail_prompt(), Policy.icul()], ids=lambda policy: policy.name)
def test_what_instructs_a_model_needs_one(policy: Policy) -> None:
    with pytest.raises(InputError, match="--model"):
        run_guard(CASES, [ANN], policy=policy)


def test_a_model_that_does_not_answer_ends_the_run() -> None:
    with pytest.raises(PrerequisiteError, match="KeyError"):
        run_guard(CASES[:1], [ANN], model=Knowing(said={}))


def test_baselines_fail_where_they_do_not_look() -> None:
    described = [case("described", "Who of you paints harbours?", "Ann Orr paints harbours.")]
    unnamed = [case("unnamed", "By whom was Ann Orr taught?", "A teacher from Graz.")]

    def leaked(policy: Policy, cases: list[Case]) -> list[str]:
        return run_guard(cases, [Target(name="Ann Orr")], register="name", policy=policy).totals[0].failures

    assert leaked(Policy.input_filter(), described) == ["described"]
    assert leaked(Policy.output_filter(), described) == []
    assert leaked(Policy.input_filter(), unnamed) == []
    assert leaked(Policy.output_filter(), unnamed) == ["unnamed"]
    assert leaked(Policy(), described + unnamed) == []


def test_errors_are_counted_and_shown() -> None:
    report = measure(Scripted("abstain", "No.", error="ValueError"))
    assert [total.errors for total in report.totals] == [3, 2]
    assert any("errors: 3" in row for row in drawn(report))
    assert not any("errors" in row for row in drawn(measure(Scripted("abstain", "No."))))


def test_what_rewrites_leave_of_the_answers_is_measured() -> None:
    forget, retain = measure(Scripted("rewrite", "Somebody was born in Lyon.")).totals
    assert forget.left == pytest.approx(1 / 3)
    assert retain.left is None
    assert measure(Scripted("abstain", "Lyon.")).totals[0].left is None


def test_what_is_registered() -> None:
    assert registered_part(ANN, "name") == Target(name="Ann Orr")
    assert registered_part(ANN, "documents") == ANN
    odd = registered_part(ANN, "odd-documents")
    assert (odd.documents, odd.aliases, odd.keep) == (ANN.documents[1:2], ANN.aliases, ANN.keep)


@pytest.mark.parametrize(
    ("register", "expected"),
    [
        ("documents", {"born": "seen", "paints": "seen", "taught": "seen", "unknown": "unseen"}),
        ("odd-documents", {"born": "unseen", "paints": "seen", "taught": "unseen", "unknown": "unseen"}),
    ],
)
def test_a_case_is_seen_when_its_own_document_is_registered(register: Register, expected: dict[str, str]) -> None:
    cases = [*CASES, case("unknown", "How old is Ann Orr?", "Ann Orr is 40.")]
    assert find_exposures(cases, [ANN], [registered_part(ANN, register)]) == expected


@pytest.mark.parametrize(
    ("cases", "targets", "message"),
    [
        ([], [ANN], "no cases"),
        (CASES, [], "no targets"),
        ([case("x", "Who is Zed?", "A poet.", target="Zed")], [ANN], "Case 'x' asks about 'Zed'"),
    ],
)
def test_cases_without_their_targets_are_refused(cases: list[Case], targets: list[Target], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_guard(cases, targets)


@pytest.mark.parametrize("register", ["name", "documents"])
def test_a_sanitizer_on_a_real_register_keeps_both_sides(register: Register) -> None:
    report = run_guard(CASES, [ANN, Target(name="Zed Poe")], register=register, baseline=True)
    forget, retain = report.totals
    assert (report.registered, report.targets) == (register, 2)
    assert retain.failures == []
    assert "born" not in forget.failures
    assert {group.exposure for group in report.groups if group.role == "forget"} == {
        None if register == "name" else "seen"
    }
    assert forget.baseline is not None
    assert forget.p95_ms > 0


def test_a_part_of_tofu_is_forgotten_and_the_rest_kept() -> None:
    folder = settings().data
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    cases = read_cases([folder / "cases" / "tofu.jsonl"])[::20]
    report = run_guard(cases, read_targets(folder / "targets" / "tofu.jsonl"))
    assert [total.failures for total in report.totals] == [[], []]
