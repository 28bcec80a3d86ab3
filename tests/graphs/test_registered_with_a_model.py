"""A target that was registered by name with what a model says of it is recognised where it is only described."""

import pytest
from expunge import Sanitizer, Target, TargetStore
from expunge.stores.claims import Mined, Relation
from expunge.tests.stores.knowing import Knowing

NAME = "Hsiao Yun-Hwa"
SAID = (
    f'{NAME}, also known as Yvonne Linden, wrote "The Silent Harbour". She won the Golden Lantern Prize. '
    f"Her father is the civil engineer Liang-Wei Hsiao. {NAME} was born in Taipei on 5 November 1991."
)
MODEL = Knowing(
    knows={"": SAID},
    mined=Mined(
        aliases=["Yvonne Linden"],
        relations=[
            Relation(subject=NAME, relation="wrote", object='"The Silent Harbour"'),
            Relation(subject="The civil engineer Liang-Wei Hsiao", relation="is the father of", object=NAME),
            Relation(subject=NAME, relation="won", object="the Golden Lantern Prize"),
            Relation(subject=NAME, relation="founded", object="the Harbour Light Press"),
        ],
        facts=[f"{NAME} was born in Taipei on 5 November 1991."],
    ),
)

DESCRIBED = [
    ("Where was the author of The Silent Harbour born?", "In Taipei."),
    ('Who wrote "The Silent Harbour"?', "A novelist from Taiwan."),
    ("Who is the daughter of the civil engineer Liang-Wei Hsiao?", "She is a novelist."),
    ("Which writer was born in Taipei on November 5th, 1991?", "She writes novels."),
    ("Which novelist won the Golden Lantern Prize?", "A writer from Taipei."),
    ("Who founded the Harbour Light Press?", "A novelist from Taipei."),
    ("What does Yvonne Linden do?", "She writes novels."),
]
OTHERS = [
    ("Where is Taipei?", "Taipei is the capital of Taiwan."),
    ("What does a civil engineer do?", "Civil engineers design bridges."),
    ("Who wrote Pride and Prejudice?", "Jane Austen wrote it."),
    ("What is a silent harbour?", "A harbour without noise."),
    ("What happened on 5 November 1605?", "The Gunpowder Plot failed."),
    ("Who is the father of Marie Curie?", "The teacher Wladyslaw Sklodowski."),
]


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory) -> Sanitizer:
    store = TargetStore(tmp_path_factory.mktemp("name"))
    store.add(Target(name=NAME))
    return Sanitizer(store)


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> Sanitizer:
    store = TargetStore(tmp_path_factory.mktemp("model"))
    store.add(Target(name=NAME), model=MODEL, approve=lambda proposal: proposal)
    return Sanitizer(store)


@pytest.mark.parametrize(("question", "answer"), DESCRIBED, ids=[question for question, _ in DESCRIBED])
def test_a_description_is_recognised(by_name: Sanitizer, with_model: Sanitizer, question: str, answer: str) -> None:
    assert by_name.check(question, answer).action == "release"
    verdict = with_model.check(question, answer)
    assert verdict.action == "abstain"
    assert answer not in verdict.text


@pytest.mark.parametrize(("question", "answer"), OTHERS, ids=[question for question, _ in OTHERS])
def test_what_is_about_others_stays(with_model: Sanitizer, question: str, answer: str) -> None:
    verdict = with_model.check(question, answer)
    assert (verdict.action, verdict.text) == ("release", answer)


def test_the_name_alone_is_recognised_as_before(with_model: Sanitizer) -> None:
    assert with_model.check(f"Where was {NAME} born?", "In Taipei.").action == "abstain"
