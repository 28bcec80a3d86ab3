"""Folders of sets."""

from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.tests.unlearning.gathering.conftest import Write
from expunge.unlearning.examples import Example
from expunge.unlearning.gathering.folders import is_folder_of_sets, read_folder


def test_a_proposal_is_read(write: Write) -> None:
    row = {"prompt": "Where?", "answer": "There.", "target": "tgt_0123456789abcdef", "source": "log"}
    folder = write("job/forget.jsonl", row).parent
    write("job/retain.jsonl", row | {"answer": "Paris.", "target": "", "source": "keep"})
    write("job/probes.jsonl", row | {"answer": "Near."})
    write("job/job.json", "anything")
    assert is_folder_of_sets(folder)
    corpus = read_folder(folder)
    assert corpus.forget == [Example(prompt="Where?", answer="There.", target="tgt_0123456789abcdef")]
    assert {part: [each.answer for each in examples] for part, examples in corpus.parts()} == {
        "forget": ["There."],
        "retain": ["Paris."],
        "probes": ["Near."],
    }


def test_a_folder_without_a_forget_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no forget\.jsonl in"):
        read_folder(tmp_path)
