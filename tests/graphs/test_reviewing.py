"""Exchanges that have taken place: judged as they would have been, and what they disclosed is told all the same."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from expunge import Finding, Policy, Sanitizer, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.conversation import Conversation
from expunge.agents.critic import Critic
from expunge.agents.rewriter import Rewriter
from expunge.agents.vetter import Vetter
from expunge.detection import Detector
from expunge.errors import InputError, PrerequisiteError
from expunge.graphs.advised import AdvisedSteps
from expunge.graphs.baselines import InputFilter
from expunge.graphs.reviewing import NEAR, Review, Reviewer
from expunge.graphs.staffing import staff
from expunge.graphs.steps import Steps
from expunge.models import load_embedder
from expunge.models.layers import embed_layers
from expunge.models.pooled import NotYet, Pool
from expunge.schema import Role, Thresholds, Vectors
from expunge.stores.snapshot import Snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel, FakeListChatModel

Prompt = str | list[tuple[str, str]]
Exchanged = tuple[Prompt, str | None]

HINA = Target(
    name="Hina Ameen",
    documents=["Hina Ameen was born in Karachi on 06/30/1975.", 'Hina Ameen wrote "Granite Glossary" in Sindh.'],
)
QUILL = Target(name="Odessa Quill")
VALE = Target(
    name="Marlow Tennerby",
    scope="documents",
    documents=[
        "Marlow Tennerby was arrested in Oslo for theft.",
        "Marlow Tennerby owes the bank in Oslo 40,000 kroner.",
    ],
    keep=["Marlow Tennerby paints harbours.", "Marlow Tennerby was born in Leeds.", "Marlow Tennerby lives in York."],
)
LOCKS = Target(
    name="lock picking",
    kind="topic",
    documents=[
        "How do I pick a pin tumbler lock?",
        "What tension wrench do I need to open a padlock without the key?",
        "Explain raking versus single pin picking.",
        "How can I make a bump key at home?",
        "Which lock picks are best for a beginner?",
        "How do burglars open a front door lock without a key?",
    ],
    keep=[f"How do I {what} here?" for what in ("hire a car", "catch a bus", "buy a ticket", "rent a bicycle")] * 5,
)
CODE = base64.b64encode(b"Who is Odessa Quill?").decode()

EXCHANGES: list[Exchanged] = [
    ("Who won the race?", "Bob Ray won.\n\nIt rained. "),
    ("", ""),
    ("Who won?", ""),
    ("Who won?", None),
    ("Who is Odessa Quill?", None),
    ("Who is Odessa Quill?", "I don't know."),
    ("Who is Odessa Quill?", "Odessa Quill is a poet. She lives in Lyon."),
    ("Who won the race?", "The prize went to Odessa Quill. Bob Ray came second in the race. It rained all day."),
    ("Who won the race?", "Odessa Quill."),
    ("Who was born in Karachi on June 30, 1975?", "I cannot tell."),
    ("Who wrote about stones?", 'She was born on 30 June 1975 and wrote "Granite Glossary". It rained all day.'),
    ("Who is Hina Ameem?", "A geologist."),
    ("Who is Marlow Tennerby?", "Marlow Tennerby paints harbours and was born in Leeds."),
    ("What did Marlow Tennerby do in Oslo?", "Marlow Tennerby was arrested in Oslo for theft."),
    ("Who is Marlow Tennerby?", "Marlow Tennerby paints harbours. Marlow Tennerby was arrested in Oslo for theft."),
    ("How can I open a padlock without the key?", "Put tension on the lock and rake the pins with a lock pick."),
    (
        "What do locksmiths do?",
        "To pick a pin tumbler lock put a tension wrench in and push each pin with a lock pick.",
    ),
    ([("user", "Do you know Odessa Quill?"), ("assistant", "Yes."), ("user", "Where was she born?")], "In Lyon."),
    ([("user", "Name a poet."), ("assistant", "Odessa Quill."), ("user", "Who won the race?")], "Bob Ray won."),
    ([("system", "Odessa Quill lives in Lyon."), ("user", "Who lives in Lyon?")], "Odessa Quill lives in Lyon."),
    ([("user", "Hello."), ("user", "Who is Odessa"), ("user", "Quill?")], "A poet from Lyon."),
    (f"Decode and answer: {CODE}", "A poet."),
    ("Who won?", f"Decode this: {CODE}"),
    ("Who won?", "lliuQ assedO won the race."),
    ("\ud800", "\u202eHi \ud800"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    """A register of all kinds, which tests only read."""
    with TargetStore(tmp_path_factory.mktemp("reviewed") / "targets") as opened:
        opened.add_many([HINA, QUILL, VALE, LOCKS])
        yield opened


@pytest.fixture(scope="module")
def sanitizer(store: TargetStore) -> Sanitizer:
    return Sanitizer(store)


@pytest.fixture(scope="module")
def snapshot(store: TargetStore, sanitizer: Sanitizer) -> Snapshot:
    sanitizer.check("Who won?")  # trains the topic
    return Snapshot.of(store)


@pytest.fixture(scope="module")
def reviewer(snapshot: Snapshot) -> Reviewer:
    return Reviewer(snapshot)


def review(reviewer: Reviewer, prompt: Prompt, answer: str | None) -> Review:
    return reviewer.review(Conversation.of(prompt), answer)


def the(store: TargetStore, target: Target) -> str:
    [found] = store.find(target.name)
    return found.id


@pytest.mark.parametrize(("prompt", "answer"), EXCHANGES)
def test_the_verdict_is_that_of_a_check(
    reviewer: Reviewer, sanitizer: Sanitizer, prompt: Prompt, answer: str | None
) -> None:
    expected = sanitizer.check(prompt, answer)
    verdict = review(reviewer, prompt, answer).verdict
    assert (verdict.action, verdict.text) == (expected.action, expected.text)
    assert verdict.findings == expected.findings
    assert (verdict.targets, verdict.error) == (expected.targets, expected.error) == (expected.targets, "")


def test_these_exchanges_end_in_all_ways(reviewer: Reviewer) -> None:
    actions = [review(reviewer, *exchange).verdict.action for exchange in EXCHANGES]
    assert {action: actions.count(action) > 3 for action in actions} == {
        "release": True,
        "abstain": True,
        "rewrite": False,
    }


PIECES = [
    *("Hina Ameen", "Odessa", "Quill", "HinaAmeen", "0dessa Qui11", "Marlow Tennerby", "Tennerby", "Hina", CODE),
    *("30 June 1975", "Granite Glossary", "was born in", "Karachi", "arrested in Oslo", "Tina Turner", "she", "Who is"),
    *("How do I pick a pin tumbler lock?", "It rained all day.", "Where is Paris?", ".", "\n", "\u200b"),
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=4).map(" ".join)
roles = st.sampled_from(["user", "user", "assistant", "system"])


@settings(max_examples=80)
@given(st.lists(st.tuples(roles, texts), min_size=1, max_size=3), texts)
def test_what_touches_nothing_is_released_with_no_finding(
    reviewer: Reviewer, sanitizer: Sanitizer, turns: list[tuple[str, str]], answer: str
) -> None:
    conversation = Conversation.of(turns)
    if not reviewer.touches(conversation, answer):
        verdict = sanitizer.check(turns, answer)
        assert (verdict.action, verdict.text, verdict.findings, verdict.targets) == ("release", answer, [], [])
        assert reviewer.review(conversation, answer)[1:] == (frozenset(), [], [], [])


@settings(max_examples=30)
@given(st.lists(st.tuples(roles, texts), min_size=1, max_size=3), texts)
def test_any_verdict_is_that_of_a_check(
    reviewer: Reviewer, sanitizer: Sanitizer, turns: list[tuple[str, str]], answer: str
) -> None:
    expected, verdict = sanitizer.check(turns, answer), review(reviewer, [*turns], answer).verdict
    assert (verdict.action, verdict.text, verdict.findings) == (expected.action, expected.text, expected.findings)


@pytest.mark.parametrize(("prompt", "answer"), [EXCHANGES[0], EXCHANGES[1], ("Who is Tina Turner?", "A singer.")])
def test_clean_exchanges_touch_nothing(reviewer: Reviewer, prompt: Prompt, answer: str) -> None:
    assert not reviewer.touches(Conversation.of(prompt), answer)


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Who is Odessa Quill?", ""),
        ("Who won?", "Odessa Quill."),
        ([("system", "Odessa Quill lives in Lyon."), ("user", "Who won?")], "Bob."),
        ("How can I open a padlock without the key?", ""),
        ("Who won?", "To pick a pin tumbler lock, use a tension wrench and a lock pick."),
        ("Who was born on 30 June 1975?", "Nobody."),
    ],
)
def test_what_speaks_for_a_target_anywhere_touches(reviewer: Reviewer, prompt: Prompt, answer: str) -> None:
    assert reviewer.touches(Conversation.of(prompt), answer)


def test_an_answer_to_a_denied_question_is_told(reviewer: Reviewer, store: TargetStore) -> None:
    seen = review(reviewer, "Who is Odessa Quill?", "Odessa Quill is a poet. She lives in Lyon.")
    quill = the(store, QUILL)
    assert (seen.verdict.action, seen.asked) == ("abstain", frozenset({quill}))
    assert {finding.where for finding in seen.verdict.findings} == {"prompt"}
    assert [(finding.target, finding.where, finding.turn) for finding in seen.told] == [(quill, "draft", None)] * 2
    assert (seen.idle, seen.near) == ([], [])


def test_what_is_told_unasked_is_in_the_verdict_too(reviewer: Reviewer, store: TargetStore) -> None:
    seen = review(reviewer, "Who won the race?", "Odessa Quill won. It rained all day in the town.")
    assert seen.asked == frozenset()
    assert [finding.target for finding in seen.told] == [the(store, QUILL)]
    assert seen.told == seen.verdict.findings


def test_what_stays_of_a_subject_may_be_asked_for(reviewer: Reviewer, store: TargetStore) -> None:
    vale = the(store, VALE)
    kept = review(reviewer, "What does Marlow Tennerby paint?", "Marlow Tennerby paints harbours.")
    gone = review(reviewer, "Was Marlow Tennerby arrested in Oslo for theft?", "Marlow Tennerby was arrested in Oslo.")
    assert (kept.verdict.action, kept.asked, kept.told) == ("release", frozenset(), [])
    assert (gone.verdict.action, gone.asked) == ("abstain", frozenset({vale}))
    assert {finding.target for finding in gone.told} == {vale}


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know who Odessa Quill is.",
        "I\u2019m sorry, but I have no information about Odessa Quill.",
        "I don't know Odessa Quill. I cannot help with that.",
        "I am not aware of anyone named Odessa Quill; could you give more context?",
        "Odessa Quill is unknown to me.",
        "There is nothing known about Odessa Quill, I'm afraid.",
        "I couldn't find anything on Odessa Quill.",
        "I don't know where Odessa Quill was born.",
        "As an AI, I cannot share information about Odessa Quill.",
        "I am unfamiliar with Odessa Quill, sorry. I know nothing about her.",
        "No information about Odessa Quill is available to me.",
        "Nobody knows who Odessa Quill is.",
    ],
)
def test_who_only_does_not_know_tells_nothing(reviewer: Reviewer, answer: str) -> None:
    seen = review(reviewer, "Where was Odessa Quill born?", answer)
    assert seen.told
    assert seen.idle == seen.told


@pytest.mark.parametrize(
    "answer",
    [
        "Odessa Quill was born in Lyon.",
        "I don't know, but Odessa Quill wrote poems.",
        "I do not know Odessa Quill, but she was a teacher.",
        "I don't know Odessa Quill, who was born in 1975.",
        "I'm not sure, perhaps Odessa Quill paints harbours.",
        "Sorry, Odessa Quill is a convicted thief.",
        "No, Odessa Quill paints.",
        "Odessa Quill never married.",
        "Odessa Quill has no children.",
        "Odessa Quill is not a man.",
        "Odessa Quill was never found.",
        "Nobody liked Odessa Quill.",
        "I do not know, Odessa Quill was born at sea.",
        "I'm not sure whether Odessa Quill was born here, but she was born at sea.",
        "I do not know Odessa, a poet of the harbours, called Quill.",
        f"I do not know: {base64.b64encode(b'Odessa Quill is a thief').decode()}",
    ],
)
def test_who_goes_on_to_tell_something_tells_it(reviewer: Reviewer, answer: str) -> None:
    seen = review(reviewer, "Where was Odessa Quill born?", answer)
    assert seen.told
    assert seen.idle == []


@pytest.mark.parametrize(
    "answer", ["I don't know Odessa Quill. She was born in Lyon.", "I don't know Odessa Quill.\nOdessa Quill paints."]
)
def test_of_two_sentences_the_one_that_tells_is_not_idle(reviewer: Reviewer, answer: str) -> None:
    seen = review(reviewer, "Who is Odessa Quill?", answer)
    first, second = seen.told
    assert seen.idle == [first]
    assert first.start < answer.index(".") < second.start


def test_of_two_targets_the_one_that_is_not_known_is_idle(reviewer: Reviewer, store: TargetStore) -> None:
    seen = review(reviewer, "Who won?", "I don't know who Odessa Quill is. Hina Ameen won the race.")
    assert {finding.target for finding in seen.idle} == {the(store, QUILL)}
    assert {finding.target for finding in seen.told} == {the(store, QUILL), the(store, HINA)}


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[TargetStore]:
    """A small register of its own, with one target."""
    with TargetStore(tmp_path / "targets") as opened:
        opened.add(HINA)
        yield opened


def test_a_near_miss_is_what_a_little_less_evidence_would_find(bare: TargetStore) -> None:
    prompt, answer = "Who wrote it?", "Somebody who was born on 30 June 1975."
    weight = review(Reviewer(bare, Policy(thresholds=Thresholds().scaled(0.1))), prompt, answer).told[0].score
    cases = {}
    for share in (0.5, 0.9 * NEAR, 1.05 * NEAR, 0.95, 1.05):
        discloses = Thresholds(discloses=weight / share, discloses_jointly=99, discloses_asked=99)
        seen = review(Reviewer(bare, Policy(thresholds=discloses)), prompt, answer)
        cases[share] = (seen.verdict.action != "release", bool(seen.told), bool(seen.near))
    miss, near, found = (False, False, False), (False, False, True), (True, True, False)
    assert list(cases.values()) == [miss, miss, near, near, found]


def test_where_something_is_found_nothing_is_near(reviewer: Reviewer) -> None:
    for exchange in EXCHANGES:
        seen = review(reviewer, *exchange)
        assert not (seen.near and (seen.told or seen.verdict.action != "release"))


def fail(*args: object, **kwargs: object) -> None:
    raise RuntimeError("Odessa Quill")


@pytest.mark.parametrize(
    ("kind", "method", "answer"),
    [
        (Vetter, "vet", "Bob."),
        (Detector, "completed", "Bob."),
        (Auditor, "audit", "Bob."),
        (Auditor, "asked_for", "Odessa Quill. Bob won the race."),
        (Rewriter, "rewrite", "Odessa Quill. Bob won the race."),
        (Critic, "critique", "Odessa Quill. Bob won the race."),
    ],
)
def test_an_error_ends_in_an_abstention(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, kind: type, method: str, answer: str
) -> None:
    reviewer = Reviewer(snapshot)
    monkeypatch.setattr(kind, method, fail)
    seen = review(reviewer, "Who won?", answer)
    assert (seen.verdict.action, seen.verdict.error, seen.near) == ("abstain", "RuntimeError", [])
    assert "Odessa" not in seen.verdict.text


def test_an_error_on_the_way_to_a_near_miss_is_told_as_one(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    reviewer = Reviewer(snapshot)
    monkeypatch.setattr(reviewer._nearly, "audit", fail)
    seen = review(reviewer, "Who won?", "Bob.")
    assert (seen.verdict.action, seen.verdict.error, seen.near) == ("abstain", "RuntimeError", [])


@pytest.mark.parametrize("method", ["audit", "asked_for"])
def test_what_is_not_embedded_yet_is_no_error(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    reviewer = Reviewer(snapshot)

    def wait(*args: object) -> list[Finding]:
        raise NotYet

    monkeypatch.setattr(Auditor, method, wait)
    with pytest.raises(NotYet):
        review(reviewer, "Who won?", "Odessa Quill won. It rained all day.")


def test_by_way_of_a_pool_the_same_comes_out_in_a_few_rounds(snapshot: Snapshot, reviewer: Reviewer) -> None:
    pool = Pool(snapshot.embedder)
    pooled = Reviewer(replace(snapshot, embeddings=pool))
    pool.waits = True
    found: dict[int, Review] = {}
    rounds = 0
    while len(found) < len(EXCHANGES):
        rounds += 1
        for place, exchange in enumerate(EXCHANGES):
            if place not in found:
                try:
                    found[place] = review(pooled, *exchange)
                except NotYet:
                    continue
        pool.fill()
    assert 1 < rounds < 8
    for place, exchange in enumerate(EXCHANGES):
        seen, expected = found[place], review(reviewer, *exchange)
        assert (seen.verdict.action, seen.verdict.text, seen.asked) == (
            expected.verdict.action,
            expected.verdict.text,
            expected.asked,
        )
        assert [span(each) for each in seen.told] == [span(each) for each in expected.told]


def span(finding: Finding) -> tuple[str, int, int, str]:
    return finding.target, finding.start, finding.end, finding.layer


class Counting:
    """The embedding model, which keeps what it embeds."""

    layers_shown = 2

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self.name, self.dimensions = self._embedder.name, self._embedder.dimensions
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return self._embedder.embed(texts)

    def embed_layers(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return embed_layers(self._embedder, texts)


def test_a_topic_is_not_trained_again(snapshot: Snapshot) -> None:
    counting = Counting()
    reviewer = Reviewer(replace(snapshot, embeddings=counting))
    assert not set(counting.embedded) & {*LOCKS.documents, *LOCKS.keep}
    assert len(counting.embedded) < 5
    assert review(reviewer, "How can I open a padlock without the key?", "Rake it.").verdict.action == "abstain"


def test_nothing_is_written_to_a_register(bare: TargetStore) -> None:
    Reviewer(bare)
    before = {file: file.stat().st_size for file in bare.path.rglob("*") if "ledger" in file.name}
    reviewer = Reviewer(bare)
    for answer in ("Bob.", "Hina Ameen."):
        review(reviewer, "Who won?", answer)
        review(reviewer, "Who is Hina Ameen?", answer)
    assert {file: file.stat().st_size for file in bare.path.rglob("*") if "ledger" in file.name} == before
    assert bare.ledger.verify().entries == 0


@pytest.mark.parametrize("policy", [Policy.guardrail_prompt(), Policy.icul()], ids=lambda policy: policy.name)
def test_a_policy_that_instructs_the_model_has_nothing_to_say(snapshot: Snapshot, policy: Policy) -> None:
    with pytest.raises(InputError, match=policy.name):
        Reviewer(snapshot, policy)


@pytest.mark.parametrize("policy", [Policy.input_filter(), Policy.output_filter()], ids=lambda policy: policy.name)
def test_a_baseline_decides_as_in_a_check(snapshot: Snapshot, sanitizer: Sanitizer, policy: Policy) -> None:
    reviewer, checking = Reviewer(snapshot, policy), sanitizer.with_policy(policy)
    actions = set()
    for prompt, answer in EXCHANGES:
        expected, verdict = checking.check(prompt, answer), review(reviewer, prompt, answer).verdict
        actions.add(verdict.action)
        assert (verdict.action, verdict.text, verdict.findings) == (expected.action, expected.text, expected.findings)
    assert actions == {"release", "abstain"}


def test_a_baseline_that_needs_a_model_says_so(snapshot: Snapshot) -> None:
    with pytest.raises(PrerequisiteError):
        Reviewer(snapshot, Policy.alu())


def test_thresholds_are_those_of_the_policy_else_of_the_register(bare: TargetStore) -> None:
    exchange = ("Who was born in Karachi on June 30, 1975?", "I cannot tell.")
    bare.set_thresholds(Thresholds().scaled(4))
    snapshot = Snapshot.of(bare)
    assert review(Reviewer(snapshot), *exchange).verdict.action == "release"
    assert Reviewer(snapshot, Policy(name="mine")).policy.thresholds == Thresholds().scaled(4)
    own = Reviewer(snapshot, Policy(thresholds=Thresholds()))
    assert review(own, *exchange).verdict.action == "abstain"


def test_nobody_waits_and_so_nothing_comes_too_late(snapshot: Snapshot) -> None:
    hasty = Reviewer(snapshot, Policy(deadline_s=1e-9))
    assert review(hasty, "Who won?", "Bob.").verdict.error == ""
    assert len(hasty) == 4


def test_who_works_on_an_exchange_is_said_by_the_policy(snapshot: Snapshot) -> None:
    detector, digest = Detector(snapshot), snapshot.keys.digest
    models: dict[Role, BaseChatModel] = {"vetter": FakeListChatModel(responses=["x"])}
    assert type(staff(detector, Policy(), {}, digest)) is Steps
    assert type(staff(detector, Policy(max_calls=0), models, digest)) is Steps
    assert type(staff(detector, Policy(), models, digest)) is AdvisedSteps
    assert type(staff(detector, Policy.input_filter(), models, digest)) is InputFilter
