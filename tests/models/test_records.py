"""Reading a record out of an answer: any text may come, and only one whole object that fits is taken."""

import json
import time
from typing import Literal

import pytest
from expunge.models.records import Reading, declined, read
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from pydantic import BaseModel, ConfigDict, Field


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=0, le=99)
    quote: str


class Claims(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["found", "none"]
    claims: list[Claim]


LETTERS = st.characters(codec="utf-8")
CLAIM = st.builds(Claim, number=st.integers(0, 99), quote=st.text(LETTERS))
CLAIMS = st.builds(Claims, kind=st.sampled_from(["found", "none"]), claims=st.lists(CLAIM, max_size=3))
PROSE = st.text(st.characters(codec="utf-8", exclude_characters="{"))
GOOD = '{"kind": "found", "claims": [{"number": 7, "quote": "a {b} \\"c"}]}'
RECORD = Claims(kind="found", claims=[Claim(number=7, quote='a {b} "c')])
NOTHING = "- It holds no whole JSON object."


def reading(text: str) -> Reading[Claims]:
    return read(AIMessage(text), Claims)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n\t {GOOD} \n",
        f"```json\n{GOOD}\n```",
        f"Here {{it}} is, in {{ braces }}:\n```\n{GOOD}\n```\nAnything else? {{}}",
        f'{{"thought": 1}} {GOOD}',
        GOOD.replace(": ", "\n:\t").replace(", ", "\n,"),
    ],
    ids=["plain", "space", "fence", "prose", "another", "lines"],
)
def test_the_object_is_read_out_of_its_text(text: str) -> None:
    assert reading(text) == (RECORD, reading(text).problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NOTHING),
        ("null", NOTHING),
        ("[]", NOTHING),
        ('"{}"', "- kind: Field required\n- claims: Field required"),
        (GOOD[:-1], NOTHING),
        (f'{{"answer": {GOOD}', NOTHING),
        (f"{GOOD} {{ \n", None),
        (f'{GOOD} {{\n  "kind": ', NOTHING),
        (GOOD.replace('"', "'"), NOTHING),
        (GOOD.replace('"a', '"\n'), NOTHING),
        (f"{GOOD}\n{GOOD}", "- It holds more than one JSON object that fits."),
        (f'{{"answer": {GOOD}}}', "- kind: Field required\n- claims: Field required\n- answer: Extra inputs are"),
        (GOOD.replace("found", "sought"), "- kind: Input should be 'found' or 'none'"),
        (GOOD.replace("7", "100"), "- claims.0.number: Input should be less than or equal to 99"),
        (GOOD.replace("7", "-1"), "- claims.0.number: Input should be greater than or equal to 0"),
        (GOOD.replace("7", "true"), "- claims.0.number: Input should be a valid integer"),
        (GOOD.replace("7", '"7"'), "- claims.0.number: Input should be a valid integer"),
        (GOOD.replace("7", "7.0"), "- claims.0.number: Input should be a valid integer"),
        (GOOD.replace("7", "NaN"), "- claims.0.number: Input should be a valid integer"),
        (GOOD.replace("7", "null"), "- claims.0.number: Input should be a valid integer"),
        (GOOD.replace("7", '7, "why": "no"'), "- claims.0.why: Extra inputs are not permitted"),
        (GOOD.replace("b}", "\ud800"), "- object: Input should be a valid string"),
        ('{"a":' * 10_000, NOTHING),
    ],
    ids=[
        "empty",
        "null",
        "list",
        "string",
        "cut off",
        "cut off around one that fits",
        "a brace after",
        "another begins",
        "single quotes",
        "bare line break",
        "two",
        "wrapped",
        "literal",
        "too large",
        "too small",
        "bool for int",
        "string for int",
        "float for int",
        "no number",
        "null for int",
        "extra",
        "half a surrogate pair",
        "deep",
    ],
)
def test_what_does_not_fit_is_not_taken(text: str, problem: str | None) -> None:
    found = reading(text)
    assert found.record == (RECORD if problem is None else None)
    assert problem is None or found.problems.startswith(problem)


def test_problems_quote_no_values_and_stay_few() -> None:
    claims = [{"number": f"SECRET {number}", "quote": "SECRET"} for number in range(50)]
    problems = reading(json.dumps({"kind": "SECRET", "claims": claims})).problems
    assert "SECRET" not in problems
    assert len(problems.splitlines()) == 10


@given(CLAIMS, PROSE, PROSE)
def test_any_record_is_read_out_of_prose(record: Claims, before: str, after: str) -> None:
    assert reading(f"{before}{record.model_dump_json()}{after}").record == record


@given(CLAIMS, st.data())
def test_no_record_is_read_out_of_a_part(record: Claims, data: st.DataObject) -> None:
    whole = record.model_dump_json()
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert reading(part) == (None, NOTHING)


@given(st.text(st.sampled_from('{}[]":,\\ a0\n') | st.characters()))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert reading(text).record is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_in_the_place_of_a_number_is_rejected_unless_it_is_one(value: object) -> None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 99
    text = json.dumps({"kind": "none", "claims": [{"number": value, "quote": ""}]})
    assert (reading(text).record is not None) == fits


@pytest.mark.parametrize("unit", ["{", "{ ", '{"', '{"a":', "{} ", "{a ", '"{', "[{", "}"])
def test_long_answers_take_linear_time(unit: str) -> None:
    start = time.perf_counter()
    assert reading(unit * 50_000).record is None
    assert time.perf_counter() - start < 5


def test_arguments_of_a_tool_come_before_text() -> None:
    call = {"name": "Claims", "args": json.loads(GOOD), "id": "1"}
    answer = AIMessage('{"kind": "none", "claims": []}', tool_calls=[call])
    assert read(answer, Claims).record == RECORD
    assert read(AIMessage("", tool_calls=[call, call]), Claims).record is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (AIMessage("", additional_kwargs={"refusal": "No."}), True),
        (AIMessage([{"type": "refusal", "refusal": "No."}]), True),
        (AIMessage("", response_metadata={"finish_reason": "content_filter"}), True),
        (AIMessage("", response_metadata={"finish_reason": "SAFETY"}), True),
        (AIMessage("", response_metadata={"stop_reason": "refusal"}), True),
        (AIMessage(GOOD, additional_kwargs={"refusal": None}, response_metadata={"finish_reason": "stop"}), False),
        (AIMessage([{"type": "text", "text": GOOD}], response_metadata={"finish_reason": None}), False),
        (AIMessage("I cannot help with that."), False),
    ],
    ids=["message", "block", "filter", "safety", "stop reason", "none", "text", "words"],
)
def test_a_refusal_is_told_from_an_answer(answer: AIMessage, expected: bool) -> None:
    assert declined(answer) == expected
