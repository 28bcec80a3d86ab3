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


FAMOUS = [
    *(
        "Jane Austen",
        "Albert Einstein",
        "Marie Curie",
        "Charles Dickens",
        "Mark Twain",
        "Neil Armstrong",
        "Leo Tolstoy",
    ),
    *("Agatha Christie", "Stephen King", "Oscar Wilde", "Franz Kafka", "Isaac Newton", "William Shakespeare"),
]
ODD = [
    "2020",
    "10%",
    "3.14",
    "GPT-4",
    "Prime Minister",
    "A. B.",
    "Thé",
    "\u200bThe\u200b",
    "T\0he",
    "\u202eeht",
    "Which",
]
HOSTILE_FACTS = [
    "The capital of France is Paris.",
    "Jane Austen was born on 16 December 1775.",
    "Water boils at 100 degrees.",
    "Lena was the name of a test image.",
]
EVERYDAY = [
    ("What is the capital of France?", "The capital of France is Paris."),
    ("Who is the Prime Minister?", "The Prime Minister leads the government."),
    ("What happened in 2020?", "In 2020, 10% of the shops closed."),
    ("What is pi?", "Pi is about 3.14."),
    ("What is GPT-4?", "GPT-4 is a language model."),
    ("At how many degrees does water boil?", "Water boils at 100 degrees."),
    ("Who wrote The Metamorphosis?", "Franz Kafka wrote it."),
    ("Who wrote Hamlet?", "William Shakespeare wrote Hamlet."),
    ("Who was the first man on the moon?", "Neil Armstrong, on 20 July 1969."),
    ("Which book did Leo Tolstoy write?", "Leo Tolstoy wrote War and Peace."),
    ("When was Isaac Newton born?", "Isaac Newton was born on 4 January 1643."),
]


@pytest.fixture(scope="module")
def with_hostile_model(tmp_path_factory: pytest.TempPathFactory) -> Sanitizer:
    store = TargetStore(tmp_path_factory.mktemp("hostile"))
    mined = Mined(aliases=[*ODD, *FAMOUS], relations=[], facts=HOSTILE_FACTS)
    model = Knowing(knows={"": " ".join([*ODD, *FAMOUS])}, mined=mined)
    store.add(Target(name="Lena Orr"), model=model, approve=lambda proposal: proposal)
    return Sanitizer(store)


@pytest.mark.parametrize(("question", "answer"), EVERYDAY, ids=[question for question, _ in EVERYDAY])
def test_a_hostile_model_of_which_all_is_approved_leaves_everyday_questions_alone(
    with_hostile_model: Sanitizer, question: str, answer: str
) -> None:
    """What rules cannot tell is left to whoever approves, who has to look at three things.

    Other names entirely: of those that a model makes up, three at most come through, and what is asked about their
    bearers is then withheld (here about Jane Austen, Albert Einstein, Marie Curie). Names that share a word with the
    target's: another Lena, another Orr. Sentences that name the target and hold a famous date, place or title.
    """
    verdict = with_hostile_model.check(question, answer)
    assert (verdict.action, verdict.text) == ("release", answer)


def test_what_of_a_hostile_model_comes_through_is_three_other_names(with_hostile_model: Sanitizer) -> None:
    asked = [f"When was {name} born?" for name in FAMOUS]
    withheld = [question for question in asked if with_hostile_model.check(question, "Long ago.").action != "release"]
    assert withheld == asked[:3]
