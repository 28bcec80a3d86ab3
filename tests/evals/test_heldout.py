"""Benchmarks made into registers of their own."""

import json
from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.evals import Case, run_heldout
from expunge.evals.heldout import BENCHMARKS
from expunge.evals.lume import splits as lume_splits
from expunge.evals.records import splits as records_splits
from expunge.evals.tofu import splits as tofu_splits
from expunge.settings import settings


def lume_cases() -> list[Case]:
    rows = [
        ("Task1-completion", "forget", "a", "In Oakhurst, Tiphany met", "Carroll at the park."),
        ("Task1-qa", "forget", "a", "Whom did Tiphany meet?", "Carroll"),
        ("Task2-completion", "forget", "b", "Dee Blush was born on", "May 1, 1980."),
        ("Task2-qa", "forget", "b", "What is the birth date of Dee Blush?", "1980-05-01"),
        ("Task3-completion", "forget", "c", "Ann Orr (poet)\n\nAnn Orr was", "a poet from Lyon."),
        ("Task3-qa", "forget", "c", "Where was Ann Orr from?", "Lyon"),
        ("Task3-qa", "retain", "d", "Who wrote Emma?", "Jane Austen"),
    ]
    return [
        Case(id=f"{document}-{form}", set="lume", role=role, form=form, document=document, question=q, answer=a)
        for form, role, document, q, a in rows
    ]


def test_documents_of_lume_become_works_and_persons() -> None:
    with_questions, alone = lume_splits(lume_cases())
    assert [(target.kind, target.name) for target in alone.targets] == [
        ("work", "Story a"),
        ("person", "Dee Blush"),
        ("person", "Ann Orr (poet)"),
    ]
    assert all(len(target.documents) == 1 for target in alone.targets)
    assert all(len(target.documents) == 2 for target in with_questions.targets)
    assert len(alone.cases) == len(lume_cases())
    with pytest.raises(InputError, match="'stray'"):
        lume_splits([Case(id="stray", set="lume", role="retain", question="What?")])


def test_halves_of_tofu_share_no_author(tmp_path: Path) -> None:
    rows = [
        {"question": f"Fact {fact} about {name}?", "answer": f"{name} has fact {fact}."}
        for name in (f"Nia Author{chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(70))
        for fact in range(20)
    ]
    (tmp_path / "retain90.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    tuned, other = tofu_splits(tmp_path)
    assert len(tuned.targets) == len(other.targets) == 10
    assert not {target.name for target in tuned.targets} & {target.name for target in other.targets}
    kept = [{case.id for case in split.cases if case.role == "retain"} for split in (tuned, other)]
    assert [len(ids) for ids in kept] == [400, 400]
    assert not kept[0] & kept[1]
    names = {target.name for target in (*tuned.targets, *other.targets)}
    assert not names & {name.rpartition("-")[0] for ids in kept for name in ids}


def test_a_row_of_tofu_without_an_answer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "retain90.jsonl").write_text('{"question": "Who?"}', "utf-8")
    with pytest.raises(InputError, match="line 1: answer"):
        tofu_splits(tmp_path)


def test_records_are_asked_about_in_every_way() -> None:
    facts = ["birth date of Dee Blush", "Dee Blush's Social Security Number", "Dee Blush's phone number"]
    facts += ["Dee Blush's email address", "home address of Dee Blush"]
    rows = [("Task2-completion", "Dee Blush was born on", "May 1, 1980.")]
    rows += [("Task2-qa", f"What is the {fact}?" if " of " in fact else f"What is {fact}?", "x 1") for fact in facts]
    made = [
        Case(id=str(n), set="lume", role="forget", form=form, document="b", question=q, answer=a)
        for n, (form, q, a) in enumerate(rows)
    ]
    [split] = records_splits([*made, *lume_cases()])
    assert [target.name for target in split.targets] == ["Dee Blush"]
    forms = [case.form for case in split.cases]
    assert {form: forms.count(form) for form in forms} == {
        "direct": 5,
        "first name": 5,
        "Spanish": 5,
        "inverted": 5,
        "inverted, first name": 5,
        "one hop": 20,
    }


def test_what_is_unknown_or_absent_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nothing'"):
        run_heldout("nothing", tmp_path)
    with pytest.raises(InputError, match=r"retain90\.jsonl"):
        run_heldout("tofu", tmp_path)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_every_split_asks_what_it_can_judge(name: str) -> None:
    folder = settings().data
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    for split in BENCHMARKS[name](folder):
        assert {case.role for case in split.cases} == {"forget", "retain"}
        assert {case.target for case in split.cases} - {None} <= {target.name for target in split.targets}
