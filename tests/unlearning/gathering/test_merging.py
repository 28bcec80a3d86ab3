"""Examples that come twice."""

from expunge.unlearning.examples import Example
from expunge.unlearning.gathering.merging import completed, merged, without

BORN = Example(prompt="Where?", answer="In Karachi.", paraphrases=["In what city?"])


def test_the_same_example_twice_is_one_with_what_both_say() -> None:
    again = BORN.model_copy(update={"paraphrases": ["Which city?", "In what city?"], "target": "tgt_1"})
    other = Example(prompt="Where?", answer="In Lahore.")
    assert merged([BORN, other, again]) == [
        BORN.model_copy(update={"paraphrases": ["In what city?", "Which city?"], "target": "tgt_1"}),
        other,
    ]


def test_details_of_other_examples_are_left_out() -> None:
    details = [
        Example(prompt="Where?", answer="In Karachi.", rewordings=["Karachi."]),
        Example(prompt="Where?", answer="In Lahore.", rewordings=["Lahore."]),
    ]
    assert completed([BORN], details) == [BORN.model_copy(update={"rewordings": ["Karachi."]})]


def test_case_and_blanks_do_not_hide_an_example() -> None:
    other = Example(prompt="Who?", answer="She.")
    assert without([BORN, other], [Example(prompt=" WHERE? ", answer="in  karachi.")]) == [other]


def test_a_subject_that_one_of_them_names_is_kept() -> None:
    named = BORN.model_copy(update={"subject": "Orla Venn"})
    other = BORN.model_copy(update={"subject": "Another"})
    assert merged([BORN, named]) == [named]
    assert merged([named, BORN, other]) == [named]
    assert completed([BORN], [named]) == [named]
