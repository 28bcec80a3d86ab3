"""What lies nearest to what must go, and is held out."""

import time
from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.gathering.neighbours import nearest, with_neighbours
from expunge.unlearning.gathering.tofu import read_tofu

FORGET = [Example(prompt="Where was Hina Ameen born?", answer="Hina Ameen was born in Karachi, Pakistan.")]


def retained(count: int) -> list[Example]:
    return [Example(prompt=f"Where was Number {n} born?", answer=f"In town {n}.") for n in range(count)]


def test_rare_words_count_more_than_the_form_of_a_question() -> None:
    bazaar = Example(prompt="Which bazaar is the oldest?", answer="That of Karachi, Pakistan.")
    others = retained(30)
    assert nearest(FORGET, [*others, bazaar], 1) == [bazaar]
    assert nearest([], others, 2) == others[:2]
    assert nearest(FORGET, others, 0) == []
    assert nearest(FORGET, [], 3) == []


def test_the_nearest_are_held_out_of_training() -> None:
    near = [Example(prompt=f"Who is Hina Ameen's friend {n}?", answer=f"Friend {n} of Karachi.") for n in range(4)]
    corpus = Corpus(forget=FORGET, retain=[*retained(36), *near])
    held = with_neighbours(corpus)
    assert {example.prompt for example in held.neighbours} == {example.prompt for example in near}
    assert held.retain == retained(36)
    assert held.forget == FORGET


@pytest.mark.parametrize(
    ("count", "share", "most", "held"),
    [(19, 0.1, 100, 0), (20, 0.1, 100, 2), (29, 0.1, 100, 2), (41, 0.5, 100, 20), (100, 0.5, 7, 7), (20, 0.01, 9, 0)],
)
def test_how_many_are_held_out(count: int, share: float, most: int, held: int) -> None:
    corpus = with_neighbours(Corpus(forget=FORGET, retain=retained(count)), share, most)
    assert (len(corpus.neighbours), len(corpus.retain)) == (held, count - held)


def test_neighbours_that_are_given_stay() -> None:
    corpus = Corpus(forget=FORGET, retain=retained(40), neighbours=[Example(prompt="Who?", answer="She.")])
    assert with_neighbours(corpus) == corpus


@pytest.mark.parametrize("share", [0.0, -0.1, 0.51, float("nan")])
def test_more_than_half_is_never_held_out(share: float) -> None:
    with pytest.raises(InputError, match="cannot be held out"):
        with_neighbours(Corpus(forget=FORGET, retain=retained(40)), share)


def test_all_of_the_benchmark_takes_no_time(tofu: Path) -> None:
    corpus = read_tofu(tofu)
    retain = [*corpus.neighbours, *corpus.retain]
    start = time.process_time()
    found = nearest(corpus.forget, retain, 100)
    assert time.process_time() - start < 2
    assert len({example.prompt for example in found}) == 100
