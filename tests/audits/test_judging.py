"""Exchanges judged together: as each would be alone, with what is embedded embedded together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pytest
from expunge import Policy, Target, TargetStore
from expunge.agents.conversation import Role
from expunge.audits.judging import Judge, Question, Setup
from expunge.errors import TargetWarning
from expunge.schema import Embedder, Vectors
from expunge.stores.snapshot import Snapshot
from expunge.tests.audits.conftest import HINA, ORLA

TOPIC = Target(
    name="Lock picking",
    kind="topic",
    documents=[
        f"How do I pick {kind} lock {how}?" for kind in ("a pin", "a disc", "a car") for how in ("fast", "quietly")
    ],
)
QUESTIONS = [
    ("What is the capital of France?", "Paris."),
    ("Where was Hina Ameen born?", "In Karachi."),
    ("Which geologist was born on 06/30/1975?", "She wrote Granite Glossary."),
    ("Where does Orla Venn live?", "At 14 Alder Row, in Skerries."),
    ("What did Orla Venn write?", "Orla Venn wrote Low Water. She lives at 14 Alder Row."),
    ("Which prize did Orla Venn win?", "The Sheaf Prize."),
    ("How do I pick a pin lock?", "With a tension wrench and a pick, quietly."),
    ("How do locks work?", "Pins of different lengths keep the plug from turning."),
    ("Ameen?", "A name from the east."),
    ("Who wrote Granite Glossary?", "That was Hina."),
]


class Counting:
    """An embedding model that notes how many texts it is given at once."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.calls: list[int] = []

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(len(texts))
        return self._model.embed(texts)


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    with TargetStore(tmp_path_factory.mktemp("judging")) as store:
        with pytest.warns(TargetWarning, match="topic"):
            store.add_many([HINA, ORLA, TOPIC])
        yield Setup(Snapshot.of(store), Policy())


def questions() -> list[Question]:
    user: Role = "user"
    return [Question(((user, prompt),), answer) for prompt, answer in QUESTIONS]


def test_together_they_are_judged_as_alone(setup: Setup) -> None:
    judge = Judge(setup)
    together = judge.judge(questions() * 3)
    assert together == [judge.judge([question])[0] for question in questions()] * 3
    assert [outcome and outcome.action for outcome in together[:4]] == [None, "abstain", "abstain", "abstain"]


def test_what_is_embedded_is_embedded_together(setup: Setup) -> None:
    counting = Counting(setup.snapshot.embedder)
    judge = Judge(Setup(replace(setup.snapshot, embeddings=counting), Policy()))
    counting.calls.clear()
    many = [question._replace(answer=f"{question.answer} ({n})") for n in range(8) for question in questions()]
    judge.judge(many)
    together, counting.calls = counting.calls, []
    for question in islice(many, 20):
        judge.judge([question])
    assert len(together) <= 8
    assert len(together) < len(counting.calls) < sum(together)


def test_nothing_is_embedded_where_cheaper_layers_have_decided(tmp_path_factory: pytest.TempPathFactory) -> None:
    with TargetStore(tmp_path_factory.mktemp("names")) as store:
        store.add(Target(name="Hina Ameen"))
        counting = Counting(store.embedder)
        judge = Judge(Setup(replace(Snapshot.of(store), embeddings=counting), Policy()))
    counting.calls.clear()
    judge.judge(questions())
    assert counting.calls == []
