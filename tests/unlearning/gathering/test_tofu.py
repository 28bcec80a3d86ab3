"""TOFU as sets: what belongs together, and what is held out."""

from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.unlearning.gathering.tofu import SPLITS, is_tofu, read_tofu


def test_each_split_has_other_ways_to_ask_and_answer(small_tofu: Path) -> None:
    for split, numbers in (("forget10", range(6)), ("forget05", range(2, 6)), ("forget01", range(4, 6))):
        corpus = read_tofu(small_tofu, split)
        assert [example.prompt for example in corpus.forget] == [f"Q{n}?" for n in numbers]
        for example in corpus.forget:
            assert example.paraphrases == [f"Other {example.prompt}"]
            assert example.rewordings == [f"Other {example.answer}"]
            assert example.wrong_answers == ["Wrong.", "Amiss."]
        corpus.check()


def test_neighbours_are_not_trained_on(small_tofu: Path) -> None:
    corpus = read_tofu(small_tofu)
    assert [example.prompt for example in corpus.neighbours] == ["Q6?", "Q7?", "Q8?", "Q9?"]
    assert [example.prompt for example in corpus.retain] == [f"Q{n}?" for n in range(10, 40)]
    assert all(example.rewordings and example.wrong_answers for example in corpus.neighbours)


def test_options_and_perturbed_answers_are_the_same_wrong_answers(small_tofu: Path) -> None:
    [capital] = read_tofu(small_tofu).world_facts
    assert capital.wrong_answers == ["Oslo", "Lima", "Kyiv"]


def test_files_that_are_optional_may_be_missing(small_tofu: Path) -> None:
    for name in ("forget10_perturbed", "retain_perturbed", "world_facts", "world_facts_perturbed"):
        (small_tofu / f"{name}.jsonl").unlink()
    corpus = read_tofu(small_tofu)
    assert {part: len(examples) for part, examples in corpus.parts()} == {"forget": 6, "retain": 34}


def test_the_ending_of_the_benchmarks_own_files_is_read(small_tofu: Path) -> None:
    before = read_tofu(small_tofu)
    for file in small_tofu.iterdir():
        file.rename(file.with_suffix(".json"))
    assert is_tofu(small_tofu)
    assert read_tofu(small_tofu) == before


def test_what_is_no_tofu_is_refused(small_tofu: Path, tmp_path: Path) -> None:
    assert is_tofu(small_tofu)
    assert not is_tofu(tmp_path)
    with pytest.raises(InputError, match=r"no forget10\.jsonl in"):
        read_tofu(tmp_path)
    with pytest.raises(InputError, match="no split 'forget20'"):
        read_tofu(small_tofu, "forget20")
    (small_tofu / "retain99.jsonl").unlink()
    with pytest.raises(InputError, match=r"no retain99\.jsonl in"):
        read_tofu(small_tofu, "forget01")


@pytest.mark.parametrize(("split", "count"), [("forget10", 400), ("forget05", 200), ("forget01", 40)])
def test_the_benchmark_is_read_whole(tofu: Path, split: str, count: int) -> None:
    corpus = read_tofu(tofu, split)
    corpus.check()
    assert split in SPLITS
    assert {part: len(examples) for part, examples in corpus.parts()} == {
        "forget": count,
        "retain": 4000 - count - 400,
        "neighbours": 400,
        "real_authors": 100,
        "world_facts": 117,
    }
    for example in (*corpus.forget, *corpus.neighbours):
        assert (len(example.paraphrases), len(example.rewordings), len(example.wrong_answers)) == (1, 1, 5)
    assert all(len(example.wrong_answers) == 3 for example in (*corpus.real_authors, *corpus.world_facts))
