"""KnowUnDo as registers: what is held out is not registered."""

import pytest
from expunge.errors import InputError
from expunge.evals import Case, read_cases
from expunge.evals.knowundo import by_person, splits
from expunge.settings import settings

PEOPLE = ["Ann Orr", "Ben O'Shea", "Cy Dahl", "Di Voss", "Ed Moe"]


def cases() -> list[Case]:
    facts = [
        ("forget", "Who is {0}?", "{0} is poet number {1}."),
        ("forget", "Who is {0}'s father?", "Baker number {1}."),
        ("forget", "Where does {0} live?", "{0} lives at {1} Elm Road."),
        ("retain", "What did {0} write?", "{0} wrote {1} odes."),
        ("retain", "Which prize did {0} win?", "{0} won the Laurel {1} times."),
    ]
    return [
        Case.model_validate(
            {"id": f"{name}-{i}", "set": "k", "role": role, "question": q.format(name), "answer": a.format(name, n)}
        )
        for n, name in enumerate(PEOPLE)
        for i, (role, q, a) in enumerate(facts)
        if (name, role) != ("Ed Moe", "retain")
    ]


def test_cases_are_sorted_by_the_person_whom_they_name() -> None:
    people = by_person(cases())
    assert list(people) == PEOPLE
    assert {case.target for case in people["Ben O'Shea"]} == {"Ben O'Shea"}
    with pytest.raises(InputError, match="'lost'"):
        by_person([*cases(), Case(id="lost", set="k", role="forget", question="Where is it?")])


def test_every_case_is_put_once_by_question_and_once_by_person() -> None:
    made = splits(cases(), folds=3)
    for kind in ("by question", "by person"):
        asked = [case.id for split in made if split.name.startswith(kind) for case in split.cases]
        assert sorted(asked) == sorted(case.id for case in cases())
    assert made == splits(cases(), folds=3)
    assert made != splits(cases(), folds=3, seed=1)


def test_nothing_that_is_asked_is_registered() -> None:
    for split in splits(cases(), folds=3):
        registered = {text for target in split.targets for text in (*target.documents, *target.keep)}
        assert {case.target for case in split.cases} <= {target.name for target in split.targets}
        assert registered.isdisjoint(f"{case.question} {case.answer}" for case in split.cases)


def test_an_example_tells_somebody_elses_facts_under_the_name() -> None:
    for split in splits(cases(), folds=3)[3:]:
        held = {str(case.target) for case in split.cases}
        for target in split.targets:
            if target.name in held:
                numbers = {word for text in target.documents for word in text.split() if word.isdigit()}
                assert str(PEOPLE.index(target.name)) not in numbers
                assert all(target.name in text for text in (*target.documents, *target.keep))
                assert not any(name in text for name in {*PEOPLE} - {target.name} for text in target.documents)


def test_who_keeps_nothing_goes_entirely() -> None:
    for split in splits(cases(), folds=3):
        scopes = {target.name: target.scope for target in split.targets}
        assert scopes["Ed Moe"] == "everything"
        assert all(target.keep for target in split.targets if target.scope == "documents")


def test_the_benchmark_is_read() -> None:
    folder = settings().data
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    people = by_person(read_cases([folder / "cases" / "knowundo.jsonl"]))
    assert len(people) == 55
    assert min(map(len, people.values())) > 10
