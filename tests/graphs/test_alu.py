"""ALU at the wire: five calls for every exchange, the whole list in each, and what becomes of its agents' answers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore, Verdict
from expunge.tests.serving.plans import Plan
from expunge.tests.serving.scripted import Answer, Call, Upstream, error, says
from expunge.tests.serving.wire import Json
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

DRAFT = "Ann Orr paints harbours, and it rained."
MERGED = "Somebody paints, and it rained."


@dataclass
class Agents:
    """What ALU's agents answer, and the wrapped model."""

    versions: list[str] = field(default_factory=lambda: ["A.", "B.", "C.", "D.", "E."])
    subjects: list[int] = field(default_factory=lambda: [1])
    ratings: list[int] = field(default_factory=lambda: [1, 5, 4, 1, 3])
    merged: str = MERGED
    draft: str = DRAFT
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Json) -> Plan:
        if "response_format" not in request:
            self.asked.append("draft")
            return says(self.draft)
        [wanted] = request["response_format"]["json_schema"]["schema"]["properties"]
        self.asked.append(wanted)
        answers = {
            "versions": self.versions,
            "subjects": self.subjects,
            "ratings": self.ratings,
            "answer": self.merged,
        }
        return says(json.dumps({wanted: answers[wanted]}))

    @property
    def told(self) -> list[str]:
        return self.asked[1:]


Ask = Callable[..., Verdict]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def ask(upstream: Upstream, store: TargetStore) -> Ask:
    """Put a question to a model at the upstream under ALU, whose agents ask there too."""

    def put(agents: Agents, policy: Policy | None = None, *, targets: int = 1) -> Verdict:
        upstream.plan = agents
        names = ["Ann Orr", *(f"Bo Lind {number}" for number in range(1, targets))]
        store.add_many(Target(name=name) for name in names[len(store) :])
        model = ChatOpenAI(model="scripted", base_url=upstream.url, api_key="none")
        sanitizer = Sanitizer(store, policy=policy or Policy.alu(), agent_model=model)
        verdict: Verdict = sanitizer.graph(model).invoke({"messages": [HumanMessage("Who paints?")]})["verdict"]
        return verdict

    return put


@pytest.mark.parametrize("subjects", [[], [1]], ids=["clean", "touching"])
def test_five_calls_are_made_for_every_exchange(ask: Ask, upstream: Upstream, subjects: list[int]) -> None:
    agents = Agents(subjects=subjects)
    verdict = ask(agents)
    assert agents.asked == ["draft", "versions", "subjects", "ratings", "answer"]
    assert (len(upstream.bodies), verdict.calls) == (5, 5)
    assert [(call.agent, call.outcome, call.calls) for call in verdict.agents] == [
        ("rewriter", "answered", 1),
        ("auditor", "answered", 1),
        ("critic", "answered", 1),
        ("rewriter", "answered", 1),
    ]
    assert all(call.tokens > call.prompt_tokens > 0 for call in verdict.agents)


def test_what_touches_no_target_passes_as_it_is(ask: Ask) -> None:
    verdict = ask(Agents(subjects=[]))
    # The check overlooks a target that is named: nothing else looks at the answer.
    assert (verdict.action, verdict.text, verdict.findings) == ("release", DRAFT, [])


def test_the_best_are_merged_and_nothing_checks_the_merged_text(ask: Ask, upstream: Upstream) -> None:
    verdict = ask(Agents(merged="Ann Orr paints."))
    assert (verdict.action, verdict.text, verdict.error) == ("rewrite", "Ann Orr paints.", "")
    assert [finding.layer for finding in verdict.findings] == ["agent"]
    merging = str(upstream.bodies[-1]["messages"])
    places = [merging.find(version) for version in ("B.", "C.", "E.")]
    assert all(place > 0 for place in places)
    assert places == sorted(places)
    assert "A." not in merging
    assert "D." not in merging


@pytest.mark.parametrize(
    ("ratings", "action"), [([5, 4, 3, 1, 1], "rewrite"), ([5, 3, 3, 1, 1], "abstain"), ([3, 3, 3, 3, 3], "abstain")]
)
def test_the_mean_of_the_best_ratings_decides(ask: Ask, ratings: list[int], action: str) -> None:
    verdict = ask(Agents(ratings=ratings))
    assert (verdict.action, verdict.error) == (action, "")
    assert (verdict.text == MERGED) == (action == "rewrite")
    assert "paints" not in verdict.text or action == "rewrite"


def test_the_numbers_are_the_callers(ask: Ask) -> None:
    agents = Agents(versions=["A.", "B."], ratings=[2, 1])
    verdict = ask(agents, Policy.alu(proposals=2, merged=1, threshold=2.0))
    assert (verdict.action, verdict.text) == ("rewrite", MERGED)


@pytest.mark.parametrize(
    "agents",
    [
        Agents(ratings=[5, 5, 5, 5]),
        Agents(ratings=[5, 5, 5, 5, 5, 5]),
        Agents(ratings=[]),
        Agents(versions=["A.", "B."]),
        Agents(versions=["A.", "B."], ratings=[5, 5]),
        Agents(subjects=[2]),
        Agents(subjects=[0]),
        Agents(subjects=[], ratings=[5]),
    ],
    ids=[
        "a-rating-too-few",
        "a-rating-too-many",
        "no-rating",
        "too-few-versions",
        "too-few-of-both",
        "no-such-subject",
        "subject-zero",
        "clean-but-a-rating-too-few",
    ],
)
def test_answers_that_do_not_fit_each_other_abstain(ask: Ask, agents: Agents) -> None:
    verdict = ask(agents)
    assert (verdict.action, verdict.error) == ("abstain", "UnusableAnswer")
    assert "paints" not in verdict.text


@pytest.mark.parametrize("wanted", ["versions", "subjects", "ratings", "answer"])
@pytest.mark.parametrize(
    "fault",
    [says("I would rather not."), says('{"ratings": [9]}'), error(500)],
    ids=["prose", "out-of-range", "server-error"],
)
def test_an_agent_that_fails_abstains(ask: Ask, upstream: Upstream, wanted: str, fault: Plan) -> None:
    agents = Agents()

    class Failing(Agents):
        def __call__(self, request: Json) -> Plan:
            plan = agents(request)
            return fault if agents.asked[-1] == wanted else plan

    verdict = ask(Failing())
    assert (verdict.action, verdict.error) == ("abstain", "UnusableAnswer")
    assert "paints" not in verdict.text


def test_prompts_grow_with_the_register(ask: Ask, upstream: Upstream) -> None:
    few = ask(Agents(), targets=20)
    before = [len(json.dumps(body)) for body in upstream.bodies]
    upstream.requests.clear()
    many = ask(Agents(), targets=1_000)
    after = [len(json.dumps(body)) for body in upstream.bodies]
    assert after[0] == before[0]  # the wrapped model's own
    assert all(larger > smaller + 5_000 for larger, smaller in zip(after[1:], before[1:], strict=True))
    assert (few.action, many.action) == ("rewrite", "rewrite")


def test_an_answer_that_calls_tools_is_withheld(ask: Ask, upstream: Upstream) -> None:
    upstream.next.append(Plan([Answer([], calls=[Call("look_up", ['{"name": "Ann Orr"}'])])]))
    verdict = ask(Agents())
    assert (verdict.action, verdict.error, len(upstream.bodies)) == ("abstain", "UnguardedSurface", 1)


def test_reasoning_stays_behind(ask: Ask, upstream: Upstream, store: TargetStore) -> None:
    store.add(Target(name="Ann Orr"))
    agents = Agents(subjects=[])
    upstream.plan = agents
    model = ChatOpenAI(model="scripted", base_url=upstream.url, api_key="none")
    sanitizer = Sanitizer(store, policy=Policy.alu(), agent_model=model)
    session = sanitizer.begin("Who paints?")
    shown = [session.feed("It rained. It poured. ", "Ann Orr paints. She does. "), session.feed("It hailed. ")]
    released = session.finish()
    assert not any(piece.text or piece.reasoning for piece in shown)
    assert (released.message.text, released.rest) == ("It rained. It poured. It hailed. ",) * 2
    assert "Ann" not in str(released)
