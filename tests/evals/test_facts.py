from dataclasses import replace

import pytest
from expunge.evals import Case
from expunge.evals.facts import Fact
from expunge.evals.staging import by_kind, by_pronoun, unnamed
from expunge.evals.subjects import FOILS, collect_facts
from expunge.schema import Target

BORN = Case(
    id="born", set="s", role="forget", question="Where was Marlow Tennerby born?", answer="Tennerby was born in Kaunas."
)
FACT = Fact(BORN, "Tennerby was born in Kaunas, in his parents' house.", "Marlow Tennerby", aliases=("M. T.",))


def case(question: str, answer: str | None = "Yes.", **fields: str) -> Case:
    return Case.model_validate(
        {"id": question, "set": "s", "role": "retain", **fields, "question": question, "answer": answer}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Marlow Tennerby's house", "X's house"),
        ("Tennerby and Marlow", "X and X"),
        ("the Tennerbys of Marlowe", "the Tennerbys of Marlowe"),
        ("M. T. was here", "X was here"),
        ("her cousin Ada Tennerby", "her cousin Ada Tennerby"),
        ("In Marlow Bay", "In Marlow Bay"),
        ("Did Tennerby call?", "Did X call?"),
        ("tennerby", "tennerby"),
    ],
)
def test_a_person_is_renamed_by_whole_name_alias_and_part(text: str, expected: str) -> None:
    assert FACT.rename(text, "X") == expected
    assert FACT.names(text) is (text != expected)


def test_only_persons_are_known_by_a_part_of_their_name() -> None:
    firm = replace(FACT, name="Brenholt Optics", aliases=(), kind="organisation")
    assert firm.rename("Brenholt Optics sells Optics.", "it") == "it sells Optics."


def test_without_a_name_nothing_is_renamed() -> None:
    nobody = replace(FACT, name="", aliases=())
    assert nobody.rename("Marlow", "X") == "Marlow"
    assert not nobody.named
    assert nobody.judged == BORN.question


def test_the_value_is_what_the_answer_adds() -> None:
    assert FACT.value == "Kaunas, in his parents' house"
    assert replace(FACT, answer="Yes.").value == ""


def test_pronouns_follow_the_facts_and_the_place_in_the_sentence() -> None:
    assert by_pronoun(FACT, FACT.answer) == "He was born in Kaunas, in his parents' house."
    assert by_pronoun(FACT, "Where was Marlow Tennerby, and who met Marlow?") == "Where was he, and who met him?"
    assert by_pronoun(FACT, "It is Marlow's. Tennerby's.") == "It is his. His."
    assert by_pronoun(FACT, "A novel by Tennerby sold.") == "A novel by him sold."
    assert by_pronoun(FACT, "In Lyon, Tennerby drew.") == "In Lyon, he drew."
    assert by_pronoun(replace(FACT, kind="work"), "Marlow Tennerby came out.") == "It came out."
    assert by_pronoun(replace(FACT, answer="With her son."), "Marlow Tennerby left.") == "She left."
    assert by_pronoun(replace(FACT, answer="In their house."), "Marlow Tennerby was out.") == "They were out."


def test_a_name_that_was_asked_for_stays() -> None:
    assert unnamed(FACT) == "He was born in Kaunas, in his parents' house."
    asked = replace(FACT, case=BORN.model_copy(update={"question": "Who was born in Kaunas?"}))
    assert unnamed(asked) == FACT.answer


def test_kinds_take_articles() -> None:
    assert by_kind(FACT, "Is it Tennerby's? Tennerby says so.", "this") == "Is it this person's? This person says so."


def test_descriptions_tell_the_subject_apart_and_do_not_give_the_answer() -> None:
    others = (
        case("What did Marlow Tennerby write?", 'Yes, Marlow Tennerby wrote "Salt and Thistle".'),
        case("What is his best book?", 'Tennerby\'s best book is "Salt and Thistle".'),
        case("Is Marlow Tennerby kind?", "Marlow Tennerby is kind."),
        case("Where did Marlow Tennerby live in 1980?", "In Kaunas, in a house."),
        case("When was Marlow Tennerby in Lyon?", "1999."),
    )
    assert replace(FACT, others=others).descriptions() == [
        'Marlow Tennerby wrote "Salt and Thistle".',
        "When was Marlow Tennerby in Lyon? 1999.",
    ]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Where was Odessa Quill born?", "Odessa Quill"),
        ('Has Odessa Quill\'s "Tin Orchard Play" won the Medal?', "Odessa Quill"),
        ("Did the Fjord Prize go to Odessa Quill?", "Odessa Quill"),
        ("What is the capital of Peru?", ""),
    ],
)
def test_the_subject_of_a_kept_case_is_read_from_its_capitals(question: str, name: str) -> None:
    known = [case("Who is Odessa Quill?"), case("How old is Odessa Quill?"), case(question)]
    assert collect_facts(known, [])[2].name == name


def test_an_attribute_with_capitals_is_no_subject() -> None:
    people = ("Ben Ashgrove", "Odessa Quill", "Mia Holt")
    asked = ("What is the Social Security Number of {}?", "Where does {} live?", "How old is {}?")
    facts = collect_facts([case(question.format(name)) for name in people for question in asked], [])
    assert [fact.name for fact in facts] == [name for name in people for _ in asked]


def test_facts_know_their_target_and_each_other() -> None:
    firm = Target(name="Brenholt Optics", kind="organisation", aliases=["Brenholt"])
    cases = [
        case("Where is Brenholt Optics?", "Turku", role="forget"),
        case("Who runs it?", "Sanna", role="forget", target=firm.name),
        case("Who runs Brenholt Optics now?", None, role="forget"),
        *(case(f"Where was Ben Ashgrove in {city[0]}?", city) for city in ("Oslo", "Bergen", "Molde", "Narvik")),
    ]
    where, who, *kept = collect_facts(cases, [firm])
    assert (where.name, where.kind, where.aliases) == (firm.name, "organisation", ("Brenholt",))
    assert [other.answer for other in where.others] == ["Sanna"]
    assert who.others == (cases[0],)
    assert len(where.foils) == FOILS
    assert {fact.name for fact in kept} == {"Ben Ashgrove"}
    assert kept[0].foils == ()
