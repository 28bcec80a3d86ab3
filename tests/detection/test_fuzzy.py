"""Names with typing errors: found, and not mistaken for other people's."""

import pytest
from expunge.detection.canonical import canonical
from expunge.detection.fuzzy import FuzzyNames
from expunge.schema import Target


@pytest.fixture
def names() -> FuzzyNames:
    index = FuzzyNames()
    for name in ("Hina Ameen", "Takashi Nakamura", "Xin Lee Williams", "Moshe Ben-David"):
        index.add(Target(name=name).model_copy(update={"id": name}))
    return index


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
