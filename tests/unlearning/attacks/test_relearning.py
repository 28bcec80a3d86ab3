import pytest
from expunge.unlearning.attacks import AttackSettings
from expunge.unlearning.attacks.relearning import Relearn, RelearnHalf, split, taken
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject
from hypothesis import given
from hypothesis import strategies as st

examples = st.lists(
    st.builds(Example, prompt=st.text(min_size=1, max_size=3), answer=st.sampled_from("abcdeABCDE")), max_size=30
)


@given(examples, st.integers(0, 9))
def test_halves_share_no_fact_and_lose_none(given_examples: list[Example], seed: int) -> None:
    halves = split(given_examples, seed)
    one, other = ({each.answer.casefold() for each in half} for half in (halves.trained, halves.asked))
    assert not one & other
    assert 0 <= len(other) - len(one) <= 1
    assert len(halves.trained) + len(halves.asked) == len(given_examples)
    assert all(each in given_examples for each in halves.trained + halves.asked)


def test_the_split_is_the_same_for_a_seed_and_another_for_another(corpus: Corpus) -> None:
    assert split(corpus.forget, 3) == split(corpus.forget, 3)
    assert split(corpus.forget, 3) != split(corpus.forget, 4)


@pytest.mark.parametrize(
    ("count", "share", "fewest", "expected"),
    [(90, 0.1, 4, 9), (90, 0.5, 4, 45), (20, 0.1, 4, 4), (5, 0.1, 4, 2), (2, 0.1, 4, 1), (90, 0.1, 12, 12)],
)
def test_a_share_is_taken_but_four_at_least_and_half_at_most(
    count: int, share: float, fewest: int, expected: int
) -> None:
    forget = [Example(prompt=str(number), answer="a") for number in range(count)]
    part = taken(forget, AttackSettings(share=share, fewest=fewest))
    assert len(part) == len({each.prompt for each in part}) == expected


def test_all_are_asked_after_training_on_a_part_and_half_after_training_on_half(demo: Subject, corpus: Corpus) -> None:
    few = Corpus(forget=corpus.forget[:9])
    settings = AttackSettings(steps=1)
    assert Relearn().run(demo, few, settings).count == 9
    assert RelearnHalf().run(demo, few, settings).count == 5


def test_one_fact_cannot_be_relearned_from_another(demo: Subject) -> None:
    one = [Example(prompt="a", answer="Rome"), Example(prompt="b", answer="rome ")]
    assert not Relearn().applies(demo, Corpus(forget=one[:1]))
    assert not RelearnHalf().applies(demo, Corpus(forget=one))
    assert Relearn().applies(demo, Corpus(forget=one))
