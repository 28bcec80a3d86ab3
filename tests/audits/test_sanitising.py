"""Gaps in questions, and answers as they would have been released."""

from expunge.audits.exchanges import Exchange
from expunge.audits.outcomes import Evidence, Outcome
from expunge.audits.records import Place, Turn
from expunge.audits.sanitising import GAP, Gap, replacements
from hypothesis import given
from hypothesis import strategies as st

TEXT = "abcdefghijklmnopqrstuvwxyz"
PLACES = st.tuples(st.integers(0, 26), st.integers(0, 26))
GAPS = st.lists(PLACES.map(lambda pair: Gap(min(pair), max(pair))), min_size=1, max_size=6)


def evidence(gap: Gap, turn: int = 0, where: str = "prompt") -> Evidence:
    return Evidence.model_validate(
        {
            "target": "tgt_1",
            "severity": "asked_for",
            "where": where,
            "role": "user",
            "turn": turn,
            "start": gap.start,
            "end": gap.end,
            "layer": "alias",
            "score": 1.0,
            "threshold": 1.0,
            "certain": True,
            "evidence": "full name",
        }
    )


def exchange(*roles: str) -> Exchange:
    turns = [Turn(role, TEXT, Place("log", 1), (i,)) for i, role in enumerate(roles)]  # type: ignore[arg-type]
    return Exchange(0, "", None, tuple(turns[:-1]), turns[-1])


@given(GAPS)
def test_what_was_found_is_out_and_the_rest_stays(gaps: list[Gap]) -> None:
    outcome = Outcome(action="release", released="", findings=[evidence(gap) for gap in gaps])
    [replaced] = replacements(exchange("user", "assistant"), outcome)
    covered = {place for gap in gaps for place in range(gap.start, gap.end)}
    assert replaced.text.replace(GAP, "") == "".join(sign for i, sign in enumerate(TEXT) if i not in covered)
    assert GAP + GAP not in replaced.text


@given(GAPS, GAPS)
def test_gaps_of_several_exchanges_are_joined(some: list[Gap], more: list[Gap]) -> None:
    def replaced(gaps: list[Gap]) -> str:
        outcome = Outcome(action="release", released="", findings=[evidence(gap) for gap in gaps])
        return next(replacements(exchange("user", "assistant"), outcome)).text

    outcome = Outcome(action="release", released="", findings=[evidence(gap) for gap in some])
    [one] = replacements(exchange("user", "assistant"), outcome)
    assert one.joined(more).text == replaced([*some, *more])


def test_an_answer_is_as_it_would_have_been_released_and_an_earlier_one_is_left_to_its_own_exchange() -> None:
    findings = [evidence(Gap(0, 3), turn=1, where="context")]
    outcome = Outcome(action="abstain", released="No idea.", findings=findings)
    [replaced] = replacements(exchange("user", "assistant", "user", "assistant"), outcome)
    assert (replaced.path, replaced.text, replaced.gaps) == ((3,), "No idea.", [])
    assert replaced.joined([Gap(0, 1)]).text == "No idea."
