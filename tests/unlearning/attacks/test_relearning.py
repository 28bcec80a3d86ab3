import pytest
from expunge.unlearning.attacks import AttackSettings, relearning
from expunge.unlearning.attacks.relearning import Relearn, RelearnHalf, few, split
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.subject import Subject
from hypothesis import given
from hypothesis import strategies as st

examples = st.lists(
    st.builds(Example, prompt=st.text(min_size=1, max_size=3), answer=st.sampled_from("abcdeABCDE")), max_size=30
)


@given(examples, st.integers(0, 9))
def test_parts_share_no_fact_and_lose_none(given_examples: list[Example], seed: int) -> None:
    facts = {each.answer.casefold() for each in given_examples}
    parts = split(given_examples, len(facts) // 2, seed)
    one, other = ({each.answer.casefold() for each in part} for part in parts)
    assert not one & other
    assert len(one) == len(facts) // 2
    assert len(parts.trained) + len(parts.asked) == len(given_examples)
    assert all(each in given_examples for each in parts.trained + parts.asked)


def test_the_split_is_the_same_for_a_seed_and_another_for_another(corpus: Corpus) -> None:
    assert split(corpus.forget, 9, 3) == split(corpus.forget, 9, 3)
    assert split(corpus.forget, 9, 3) != split(corpus.forget, 9, 4)


@pytest.mark.parametrize(
    ("count", "share", "fewest", "expected"),
    [(90, 0.1, 4, 9), (90, 0.5, 4, 45), (20, 0.1, 4, 4), (5, 0.1, 4, 2), (2, 0.1, 4, 1), (90, 0.1, 12, 12)],
)
def test_a_few_are_a_share_but_four_at_least_and_half_at_most(
    count: int, share: float, fewest: int, expected: int
) -> None:
    forget = [Example(prompt=str(number), answer=str(number // 2)) for number in range(2 * count)]
    assert few(forget, AttackSettings(share=share, fewest=fewest)) == expected


@pytest.mark.parametrize(("kind", "trained_on"), [(Relearn, 2), (RelearnHalf, 10)])
def test_what_was_trained_on_is_not_asked(
    kind: type[Relearn], trained_on: int, demo: Subject, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Example] = []

    def remember(subject: Subject, examples: list[Example], settings: AttackSettings) -> Subject:
        seen.extend(examples)
        return subject

    monkeypatch.setattr(relearning, "finetune", remember)
    twice = [each.model_copy(update={"prompt": f"{each.prompt} Say it."}) for each in corpus.forget[:20]]
    given_corpus = Corpus(forget=[*corpus.forget[:20], *twice])
    found = kind().run(demo, given_corpus, AttackSettings.small().model_copy(update={"fewest": 1}))
    assert len({each.answer for each in seen}) == trained_on
    assert len(seen) == 2 * trained_on
    assert found.count == 40 - len(seen)


def test_a_control_holds_after_a_few_were_trained_on(control: Subject, corpus: Corpus) -> None:
    assert Relearn().run(control, corpus, AttackSettings.small()).recall <= 0.1


def test_one_fact_cannot_be_relearned_from_another(demo: Subject) -> None:
    one = [Example(prompt="a", answer="Rome"), Example(prompt="b", answer="rome ")]
    two = [*one, Example(prompt="c", answer="Oslo")]
    for kind in (Relearn, RelearnHalf):
        assert not kind().applies(demo, Corpus(forget=one))
        assert kind().applies(demo, Corpus(forget=two))
