"""Files of examples."""

import gzip
import json
from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.tests.unlearning.gathering.conftest import Write
from expunge.unlearning.examples import Example
from expunge.unlearning.gathering.jsonl import examples_from, read_examples
from hypothesis import given
from hypothesis import strategies as st

ROW = {"prompt": "Where?", "answer": "There."}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
LIST = st.lists(TEXT, max_size=3)
EXAMPLE = st.builds(
    Example,
    prompt=TEXT,
    answer=TEXT,
    alternates=LIST,
    paraphrases=LIST,
    rewordings=LIST,
    wrong_answers=LIST,
    target=st.sampled_from(["", "tgt_0123456789abcdef"]),
)
EXAMPLES = st.lists(EXAMPLE, max_size=5, unique_by=lambda example: (example.prompt, example.answer))


@given(examples=EXAMPLES, plain=st.booleans(), mark=st.booleans())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, examples: list[Example], plain: bool, mark: bool
) -> None:
    path = tmp_path_factory.mktemp("round") / "set.jsonl"
    lines = [json.dumps(example.model_dump(), ensure_ascii=plain) for example in examples]
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + "\n\n".join(lines).encode() + b"\r\n \n")
    assert read_examples(path) == examples
    assert examples_from([example.model_dump() for example in examples]) == examples
    assert examples_from(examples) == examples


@given(line=st.binary(min_size=1, max_size=60).filter(lambda line: line.strip() and b"\n" not in line))
def test_a_line_that_is_no_example_is_told_by_its_number(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    path = tmp_path_factory.mktemp("bad") / "set.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n\n" + line + b"\n")
    if not line.removeprefix(b"\xef\xbb\xbf").strip():
        return
    with pytest.raises(InputError, match="line 3: "):
        read_examples(path)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"prompt": "Zo\xeb", "answer": "x"}', "not UTF-8"),
        ('{"prompt": "Hina"}'.encode("utf-16"), "not UTF-8"),
        (b'{"prompt": "Hina", "answer": ', "not JSON: Expecting value at character 28"),
        (b'["Hina"]', "no object"),
        (b'{"prompt": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
        (b"[" * 200_000, "not JSON that can be read"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_without_its_text(tmp_path: Path, line: bytes, problem: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + line)
    with pytest.raises(InputError) as refused:
        read_examples(path)
    assert f"{str(path)!r}, line 2: {problem}" in str(refused.value)
    assert "Hina" not in str(refused.value)


def test_the_same_example_twice_is_one(write: Write) -> None:
    assert read_examples(write("set.jsonl", ROW, ROW | {"paraphrases": "Whereabouts?"}, ROW)) == [
        Example(prompt="Where?", answer="There.", paraphrases=["Whereabouts?"])
    ]


def test_a_compressed_file_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    content = gzip.compress(b"".join(json.dumps(ROW | {"answer": f"{n}."}).encode() + b"\n" for n in range(99)))
    path.write_bytes(content)
    assert [example.answer for example in read_examples(path)] == [f"{n}." for n in range(99)]
    for broken in (content[:-9], content[:40] + b"\xff" * 40 + content[80:], b"plain"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="cannot be read"):
            read_examples(path)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read \((FileNotFound|IsADirectory|Permission)Error\)"):
            read_examples(path)


def test_an_element_that_is_no_example_is_told_by_its_position() -> None:
    with pytest.raises(InputError, match="Example 2: 'answer' is missing or empty"):
        examples_from([ROW, {"prompt": "Where?"}])
    with pytest.raises(InputError, match="Example 1: 'prompt' is missing or empty"):
        examples_from([Example(prompt=" ", answer="There.")])
