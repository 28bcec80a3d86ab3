"""Arrays and documents of JSON, on one line and on many."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from expunge.audits.readers import Logs
from expunge.audits.records import Dialogue

Write = Callable[..., Path]
Read = Callable[..., list[Dialogue]]
Faults = Callable[..., list[tuple[int, str]]]

RECORDS = [{"prompt": f"{n}? " + "x" * n, "response": f'{n}. {{[\\"', "n": 1.50} for n in range(300)]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array(write: Write, dialogues: Read, indent: int | None) -> None:
    found = dialogues(write("log.json", json.dumps(RECORDS, indent=indent)))
    assert [each.turns[1].text for each in found] == [record["response"] for record in RECORDS]
    assert [each.turns[0].place.line for each in found] == list(range(1, 301))


def test_documents_one_after_another(write: Write, dialogues: Read) -> None:
    found = dialogues(write("log.json", "\n".join(json.dumps(record, indent=1) for record in RECORDS) + "\n"))
    assert len(found) == 300


def test_one_bad_line_does_not_make_a_document(write: Write, faults: Faults) -> None:
    whole = json.dumps(RECORDS[0])
    for cut in ('{"messages": [', '{"prompt": "He', "{", '{"prompt":', "no JSON"):
        assert faults(write("log.jsonl", f"{cut}\n{whole}\n{whole}\n")) == [(1, "invalid_json")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        (
            '[{"prompt": "a", "answer": "b"}, 7, {"x": NaN}, {"prompt": "c", "answer": "d"}]',
            [(2, "unknown_format")] * 1,
        ),
        ('[{"prompt": "a", "answer": "b"}', [(1, "invalid_json")]),
        ('[{"prompt": "a", "answer": "b"}, {"prompt": "a', [(2, "invalid_json")]),
        ('[{"prompt": "a", "answer": "b"}, {prompt: 1}, {}]', [(2, "invalid_json")]),
        ('[{"prompt": "a", "answer": "b"}] {}', [(1, "invalid_json")]),
        ("[" * 100_000, [(1, "invalid_json")]),
    ],
)
def test_bad_arrays(write: Write, faults: Faults, text: str, expected: list[tuple[int, str]]) -> None:
    assert faults(write("log.json", text))[: len(expected)] == expected


def test_elements_that_cannot_be_read_are_not_copied(write: Write, work: Path, tmp_path: Path) -> None:
    good = b'{"prompt": "a", "answer": "b"}'
    path = write("log.json", b'[7, %s, {"prompt": "\xff"},\n %s, 8 ]\n' % (good, good))
    [copy] = Logs([path]).copy(tmp_path / "out", lambda _: {})
    assert json.loads(copy.read_bytes()) == [json.loads(good)] * 2
    cut = write("cut.json", b"[ %s, %s, {" % (good, good))
    [copy] = Logs([cut]).copy(tmp_path / "out", lambda _: {})
    assert json.loads(copy.read_bytes()) == [json.loads(good)] * 2
