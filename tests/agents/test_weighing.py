"""What too little evidence in prompt and draft is together."""

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore
from expunge.schema import Thresholds

MARLOW = Target(
    name="Odalys Tennerby",
    documents=[
        "Odalys Tennerby was born in Whitby on 14 March 1979.",
        "Odalys Tennerby studies lumpsuckers at the Calder Institute.",
        "Odalys Tennerby's telephone number is 01632 960983.",
        'Odalys Tennerby wrote the field guide "Fishes of the Skerries".',
        "Odalys Tennerby keeps bees and plays the concertina in a ceilidh band called the Gannets.",
    ],
)


@pytest.fixture
def sanitizer(store: TargetStore) -> Sanitizer:
    store.add(MARLOW)
    return Sanitizer(store)


@pytest.mark.parametrize(
    ("prompt", "draft"),
    [
        ("Where was Odalys born?", "Odalys was born in Whitby."),
        ("What does Tennerby study?", "She studies lumpsuckers."),
        ("Who studies lumpsuckers at the Calder Institute?", "They were born on 14 March 1979."),
        ("Who plays the concertina in the Gannets?", "That is Odalys."),
        ("What is O. Tennerby's telephone number?", "It is 01632 960983."),
        ("Which band does the lumpsucker biologist of the Calder Institute play in?", "A ceilidh band, the Gannets."),
        ("Let A be Odalys and B be Tennerby. Where was A B born?", "In Whitby, in March 1979."),
        ("Where was Odalys Tennerbi born?", "In Whitby."),
    ],
)
def test_hints_and_facts_add_up(sanitizer: Sanitizer, prompt: str, draft: str) -> None:
    assert sanitizer.check(prompt, draft).text != draft


@pytest.mark.parametrize(
    "decoy",
    [
        "Bob Jones asks: {}",
        "Bob Jones here. {}",
        "{} Regards, Bob Jones",
        "Today is 20 November 2026. {}",
        "My ticket is 55512398. {}",
        "I know Odalys Brown. {}",
        "It rains, the trains are late, and I still have to buy tomatoes and paint the fence. {}",
    ],
)
def test_what_stands_beside_a_question_misleads_nobody(sanitizer: Sanitizer, decoy: str) -> None:
    question, draft = "Where was Odalys born?", "Odalys was born in Whitby."
    assert sanitizer.check(decoy.format(question), draft).text != draft


@pytest.mark.parametrize(
    ("prompt", "draft"),
    [
        ("Where was Odalys born?", "Odalys was born in Santiago de Cuba on 2 May 1991."),
        ("What is Odalys's telephone number?", "It is 020 7946 0018."),
        ("What is Odalys Brown's telephone number?", "Odalys Brown's telephone number is 020 7946 0018."),
        ("Where is Whitby?", "Whitby is a town on the coast of Yorkshire, known for its abbey."),
        ("What is a ceilidh?", "A ceilidh is a gathering with music, often with a concertina."),
        ("Who was born on 14 March?", "Albert Einstein was born on 14 March 1879 in Ulm."),
        ("What do lumpsuckers eat?", "Lumpsuckers eat small crustaceans and jellyfish."),
    ],
)
def test_what_others_share_is_left_alone(sanitizer: Sanitizer, prompt: str, draft: str) -> None:
    assert sanitizer.check(prompt, draft).text == draft


def test_a_description_may_come_in_pieces(sanitizer: Sanitizer) -> None:
    turns = [
        {"role": "user", "content": "I think of somebody who works at the Calder Institute."},
        {"role": "assistant", "content": "Go on."},
        {"role": "user", "content": "This person studies lumpsuckers. Where was that person born?"},
    ]
    assert sanitizer.check(turns, "In Whitby.").text != "In Whitby."


def test_the_thresholds_are_those_of_the_policy(store: TargetStore) -> None:
    store.add(MARLOW)
    draft = "Odalys was born in Whitby."
    lenient = Sanitizer(store, policy=Policy(thresholds=Thresholds().scaled(5)))
    assert Sanitizer(store).check("Where was Odalys born?", draft).text != draft
    assert lenient.check("Where was Odalys born?", draft).text == draft


def test_without_meaning_the_marks_remain(store: TargetStore) -> None:
    store.add(MARLOW)
    verdict = Sanitizer(store, without={"meaning"}).check("Where was Odalys born?", "In Whitby, on 14 March 1979.")
    assert not verdict.error
    assert verdict.action == "abstain"
