import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = "Marlow Tennerby was born in Kaunas on 14 March 1979."
FORGET = {
    "id": "f",
    "set": "s",
    "role": "forget",
    "question": "Where was Marlow Tennerby born?",
    "answer": "In Kaunas, on 14 March 1979.",
}

# It leaks with the defaults, and with half of the evidence that they ask for it does not.
UNNAMED = FORGET | {"id": "u", "question": "Who is from there?", "answer": "He came to Kaunas on 14 March."}


def retain(number: int, answer: str = "It stands in the north of the town.") -> dict[str, str]:
    question = f"Where is the mill number {number} of the town?"
    return {"id": str(number), "set": "s", "role": "retain", "question": question, "answer": answer}


@pytest.fixture
def cases(tmp_path: Path, expunge: Any) -> Path:
    """Nine retain cases and two forget cases, on a register with one target."""
    expunge("targets", "add", "Marlow Tennerby", "--document", DOCUMENT)
    return written(tmp_path, [FORGET, UNNAMED, *map(retain, range(9))])


def written(folder: Path, rows: list[dict[str, str]]) -> Path:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return file


def in_doctor(expunge: Any) -> dict[str, str]:
    [check] = [check for check in expunge("doctor", "--json").data["checks"] if check["name"] == "thresholds"]
    return dict(check)


def test_thresholds_are_set_used_and_reset(expunge: Any, cases: Path) -> None:
    ask = ("check", "Who was born on 14 March 1979?", "I do not know.", "--json")
    default = expunge(*ask).data["policy"]["thresholds"]
    report = expunge("calibrate", "--cases", cases, "--level", "0.1", "--why", "request 17", "--json").data
    assert (report["factor"], report["points"][0]["altered"]["total"]) == (0.5, 9)
    assert report["thresholds"] == {name: value / 2 for name, value in default.items()}
    assert expunge(*ask).data["policy"]["thresholds"] == report["thresholds"]
    assert "request 17" in in_doctor(expunge)["detail"]
    assert expunge("calibrate", "--reset", "--json").data == {"thresholds": default}
    assert expunge(*ask).data["policy"]["thresholds"] == default
    assert in_doctor(expunge)["detail"] == "the defaults"


def test_the_price_and_the_guarantee_are_printed(expunge: Any, cases: Path) -> None:
    outcome = expunge("calibrate", "--cases", cases, "--level", "0.1", "--dry-run")
    assert outcome.code == 0
    said = " ".join(outcome.out.split())
    for words in (
        "Chosen: 0.5 times the default evidence, at 10 % by 9 retain cases.",
        "Leaked: 0 of 2 forget cases (0.0 to 65.8 %); with the defaults 1 of 2",
        "P(a new retain case is altered) <= 10 % under this policy, for single questions, if new cases",
    ):
        assert words in said
    assert all(len(line) <= 80 for line in outcome.out.splitlines())
    assert "dry run" in outcome.err
    assert in_doctor(expunge)["detail"] == "the defaults"


def test_a_calibration_is_out_of_date_when_the_register_has_changed(expunge: Any, cases: Path) -> None:
    expunge("calibrate", "--cases", cases, "--level", "0.1")
    assert in_doctor(expunge)["fix"] == ""
    expunge("targets", "add", "Odessa Quill")
    assert "calibrate" in in_doctor(expunge)["fix"]


def test_weaker_detection_than_by_default_has_to_be_confirmed(expunge: Any, cases: Path, tmp_path: Path) -> None:
    dates = [
        retain(n) | {"question": "Who was born in Kaunas on 14 March 1979?", "answer": "Nobody told me."}
        for n in range(9)
    ]
    command = ("calibrate", "--cases", written(tmp_path, [*dates, FORGET]), "--level", "0.1", "--json")
    refused = expunge(*command)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert refused.data["factor"] > 1
    assert refused.data["points"][5]["altered"]["count"] == 9
    assert in_doctor(expunge)["detail"] == "the defaults"
    assert expunge(*command, "--yes").code == 0
    assert in_doctor(expunge)["detail"] != "the defaults"


def test_what_cannot_be_promised_sets_nothing(expunge: Any, cases: Path, tmp_path: Path) -> None:
    few = expunge("calibrate", "--cases", cases)
    assert (few.code, "199 retain cases" in few.err) == (2, True)
    about = "Marlow Tennerby painted it."
    unreachable = expunge(
        "calibrate", "--cases", written(tmp_path, [retain(n, about) for n in range(9)]), "--level", "0.1"
    )
    assert (unreachable.code, "9 of 9" in unreachable.err) == (2, True)
    assert "painted" not in unreachable.err
    assert in_doctor(expunge)["detail"] == "the defaults"


@pytest.mark.parametrize("args", [(), ("--reset", "--dry-run"), ("--cases", "x", "--reset"), ("--cases", "/no/file")])
def test_a_wrong_use_is_refused(expunge: Any, args: tuple[str, ...]) -> None:
    expunge("targets", "add", "Marlow Tennerby")
    assert expunge("calibrate", *args).code == 2


def test_tampered_thresholds_stop_everything_until_they_are_reset(expunge: Any, cases: Path, register: Path) -> None:
    expunge("calibrate", "--cases", cases, "--level", "0.1")
    with closing(sqlite3.connect(register / "register.db")) as database, database:
        database.execute("UPDATE meta SET value = zeroblob(64) WHERE name LIKE 'thresholds/%'")
    refused = expunge("check", "Who is Marlow Tennerby?")
    assert (refused.code, refused.out, "--reset" in refused.err) == (2, "", True)
    assert in_doctor(expunge)["status"] == "broken"
    assert expunge("calibrate", "--cases", cases, "--level", "0.1", "--dry-run").code == 0
    assert expunge("calibrate", "--reset").code == 0
    assert expunge("check", "Who is Marlow Tennerby?").code == 0
