"""Names with typing errors: found, and not mistaken for other people's."""

import pytest
from expunge.detection.canonical import canonical
from expunge.detection.fuzzy import FuzzyNames
from expunge.detection.rarity import STOP_WORDS
from expunge.schema import Target
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("Hina Ameen", "Takashi Nakamura", "Xin Lee Williams", "Moshe Ben-David")


def with_names() -> FuzzyNames:
    index = FuzzyNames()
    for name in NAMES:
        index.add(Target(name=name).model_copy(update={"id": name}))
    return index


@pytest.fixture
def names() -> FuzzyNames:
    return with_names()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Who is Hina Ameem?", "Hina Ameen"),
        ("Who is Hian Ameen?", "Hina Ameen"),
        ("Who is Takeshi Nakamura?", "Takashi Nakamura"),
        ("Who is Takashi Nakamrua?", "Takashi Nakamura"),
        ("Who is Tkashi Nakamora?", "Takashi Nakamura"),
        ("Who is Xin Lee Wiliams?", "Xin Lee Williams"),
        ("Who is Mosche Ben-Davd?", "Moshe Ben-David"),
    ],
)
def test_typing_errors_are_seen_through(names: FuzzyNames, text: str, name: str) -> None:
    words = canonical(text)
    [hit] = names.search(words)
    span = words.span(hit.first, hit.last)
    assert hit.target == name
    assert hit.score >= names.threshold
    assert text[span.start : span.end] in text.removeprefix("Who is ").rstrip("?")


@pytest.mark.parametrize(
    "text",
    ["Who is Tina Turner?", "Hana Kimura and Anna Nakamichi", "Lin Lee Richards", "Moses and David", "the same men"],
)
def test_other_people_are_left_alone(names: FuzzyNames, text: str) -> None:
    assert names.search(canonical(text)) == []


def test_a_larger_register_asks_for_nearer_names(names: FuzzyNames) -> None:
    before = names.threshold
    for number in range(400):
        names.add(Target(name=f"Abc{number} Def{number}").model_copy(update={"id": str(number)}))
    assert names.threshold > before


def test_a_name_counts_from_its_addition_to_its_removal(names: FuzzyNames) -> None:
    text = canonical("Who is Jaime Vasquz?")
    assert names.search(text) == []
    names.add(Target(name="Jaime Vasquez").model_copy(update={"id": "new"}))
    assert [hit.target for hit in names.search(text)] == ["new"]
    names.remove("new")
    assert names.search(text) == []


@given(
    st.lists(
        st.sampled_from(
            [
                *("hina", "ameen", "hian", "ameem", "takashi", "takeshi", "nakamura", "nakamora", "xin", "lee", "li"),
                *("williams", "wiliams", "moshe", "ben", "davd", "david", "tina", "the", "of"),
            ]
        ),
        max_size=10,
    )
)
def test_what_is_nominated_is_what_a_look_at_each_two_words_nominates(words: list[str]) -> None:
    index = with_names()
    own = {name: canonical(name).words for name in NAMES}

    def near(word: str) -> set[str]:
        if len(word) < 3 or word in STOP_WORDS:
            return set()
        return {other for name in own.values() for other in name if len(other) > 2 and alike(word, other)}

    expected = {
        (name, place)
        for place in range(len(words))
        for later in words[place + 1 : place + 3]
        for one in near(words[place])
        for other in near(later) - {one}
        for name in NAMES
        if {one, other} <= set(own[name])
    }
    assert {(target, place) for target, _, place in index._nominations(words)} == expected


def alike(one: str, other: str) -> bool:
    """Whether two words share a form with at most one letter deleted."""
    forms = [{word, *(word[:at] + word[at + 1 :] for at in range(len(word)))} for word in (one, other)]
    return not forms[0].isdisjoint(forms[1])


def test_words_that_are_too_long_for_a_name_are_not_remembered() -> None:
    index = with_names()
    index.search(canonical(f"{'a' * 100_000} {'b' * 41} {'c' * 40} hina"))
    assert sorted(index._neighbours) == ["c" * 40, "hina"]
