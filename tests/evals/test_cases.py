from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.evals import read_cases, read_targets
from expunge.settings import settings
from hypothesis import given
from hypothesis import strategies as st

CASE = '{"id": "a", "set": "s", "role": "forget", "question": "Who?", "answer": "Ann", "document": "7"}\n'


def test_cases_are_read_in_order_and_extra_fields_ignored(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(CASE + "\n\n" + CASE.replace('"a"', '"b"'))
    (tmp_path / "two.jsonl").write_text('\ufeff{"id": "c", "set": "s", "role": "retain", "question": "Where?"}')
    cases = read_cases([tmp_path / "one.jsonl", str(tmp_path / "two.jsonl")])
    assert [case.id for case in cases] == ["a", "b", "c"]
    assert (cases[0].form, cases[0].target, cases[0].answer, cases[2].answer) == ("question", None, "Ann", None)


def test_targets_are_read_without_extra_fields(tmp_path: Path) -> None:
    file = tmp_path / "targets.jsonl"
    file.write_text('{"set": "s", "name": "Ann Orr", "kind": "person", "documents": ["Ann Orr paints."]}\n')
    (target,) = read_targets(file)
    assert (target.name, target.documents) == ("Ann Orr", ["Ann Orr paints."])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "b", "set": "s", "role": "secret", "question": "Who?"}', "role: Input should be 'forget' or 'retain'"),
        ('{"id": "b", "set": "s", "role": "retain"}', "question: Field required"),
        (
            '{"id": "b", "set": "s", "role": "retain", "question": ""}',
            "question: String should have at least 1 character",
        ),
        ('["private text"]', "Input should be a valid dictionary"),
        ('{"id": "private text", ', "no JSON at column"),
        ("[" * 100_000, "RecursionError"),
    ],
)
def test_a_bad_line_is_named_and_not_quoted(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(CASE + line)
    with pytest.raises(InputError, match=r"In '.*cases.jsonl', line 2: ") as caught:
        read_cases([file])
    assert reason in str(caught.value)
    assert "private" not in str(caught.value)


@given(st.text(max_size=80))
def test_any_line_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(line.encode("utf-8", "surrogatepass"))
    try:
        assert all(target.name for target in read_targets(file))
    except InputError as error:
        assert "any.jsonl" in str(error)  # noqa: PT017


def test_two_cases_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(CASE + CASE)
    with pytest.raises(InputError, match="Two cases have the id 'a'"):
        read_cases([tmp_path / "cases.jsonl"])


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Cannot read '.*missing.jsonl': No such file"):
        read_cases([tmp_path / "missing.jsonl"])
    (tmp_path / "latin.jsonl").write_bytes(b'{"name": "Zo\xeb"}')
    with pytest.raises(InputError, match=r"Cannot read '.*latin.jsonl': UnicodeDecodeError"):
        read_targets(tmp_path / "latin.jsonl")


def test_the_benchmarks_are_read_whole() -> None:
    folder = settings().data
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}; EXPUNGE_DATA names another folder")
    cases = read_cases(sorted((folder / "cases").glob("*.jsonl")))
    targets = [target.name for file in (folder / "targets").glob("*.jsonl") for target in read_targets(file)]
    assert {"tofu", "pistol"} <= {case.set for case in cases}
    assert {case.target for case in cases if case.set in ("tofu", "pistol")} == {None, *targets}
