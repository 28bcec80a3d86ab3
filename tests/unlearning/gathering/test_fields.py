"""Records as examples: what their keys may be called, and what is refused."""

import pytest
from expunge.errors import InputError
from expunge.unlearning.examples import Example
from expunge.unlearning.gathering.fields import KEYS, example_from

ASKED = {"prompt": "Where was she born?", "answer": "In Karachi."}


def test_tofus_keys_are_understood() -> None:
    record = {
        "question": "Where?",
        "answer": "There.",
        "paraphrased_question": "In what place?",
        "paraphrased_answer": ["Over there.", "There it is."],
        "perturbed_answer": ["Here.", "Nowhere."],
    }
    assert example_from(record, "x") == Example(
        prompt="Where?",
        answer="There.",
        paraphrases=["In what place?"],
        rewordings=["Over there.", "There it is."],
        wrong_answers=["Here.", "Nowhere."],
    )


def test_options_that_are_not_the_answer_are_wrong_answers() -> None:
    options = {"option1": "Oslo", "option2": "Rome", "option3": "Lima", "option4": "Kyiv"}
    example = example_from({"question": "Capital of Italy?", "answer": "rome", **options}, "x")
    assert example.wrong_answers == ["Oslo", "Lima", "Kyiv"]


@pytest.mark.parametrize("options", [["Oslo", "Lima"], ["Rome", "ROME"], ["Rome", 7]])
def test_an_answer_that_is_not_one_option_is_refused(options: list[object]) -> None:
    named = {f"option{number}": option for number, option in enumerate(options, start=1)}
    with pytest.raises(InputError, match="line 3: the answer is not one of the options"):
        example_from({"question": "Capital of Italy?", "answer": "Rome", **named}, "line 3")


def test_what_a_proposal_says_beside_is_left_aside_and_nothing_is_a_value_too() -> None:
    given = {**ASKED, "target": "tgt_0123456789abcdef", "source": "log", "alternates": None, "paraphrases": ["", "?"]}
    assert example_from(given, "x") == Example(
        prompt=ASKED["prompt"], answer=ASKED["answer"], target="tgt_0123456789abcdef", paraphrases=["?"]
    )


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ([ASKED], "no object"),
        ("Hina", "no object"),
        ({"answer": "In Karachi."}, "'prompt' is missing or empty"),
        ({**ASKED, "answer": " \n"}, "'answer' is missing or empty"),
        ({**ASKED, "answer": 1975}, "'answer' is no text"),
        ({**ASKED, "question": "Where?"}, "prompt and question are the same"),
        ({**ASKED, "paraphrases": ["a", 3]}, "'paraphrases' is neither a text nor a list of texts"),
        ({**ASKED, "perturbed_answer": {"a": "b"}}, "'perturbed_answer' is neither"),
        ({**ASKED, "reply": "x"}, "'reply' is not known"),
        ({**ASKED, "answer": "\ud83d"}, "a text cannot be encoded"),
    ],
)
def test_what_is_no_example_is_refused_without_quoting_it(record: object, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        example_from(record, "'f.jsonl', line 3")
    assert str(refused.value).startswith(f"'f.jsonl', line 3: {problem}")
    assert "Karachi" not in str(refused.value)
    assert "Hina" not in str(refused.value)


def test_a_question_for_a_key_is_not_quoted_and_the_known_keys_are() -> None:
    with pytest.raises(InputError) as refused:
        example_from({"Where was Hina Ameen born?": "In Karachi."}, "line 1")
    assert "Hina" not in str(refused.value)
    assert all(key in refused.value.fix for key in KEYS)
