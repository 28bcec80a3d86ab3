"""What a model's word clears: nothing certain, nothing that identifies by itself, a name only in a longer one."""

import pytest
from expunge import Target
from expunge.agents.advisers.clearing import clearable, clears
from expunge.schema import Finding, Source
from hypothesis import given
from hypothesis import strategies as st

ABILOV = Target(name="Nikolai Abilov", aliases=["Kolya of the Steppe"])
TEXT = "Nurlan Abilov swims. He met Abilov at Abilov College, near Nikolaj Abilov Street."
WORDS = ("namesake", "unrelated")


def found(
    layer: Source, word: str = "Abilov", *, certain: bool = False, evidence: str = "", text: str = TEXT
) -> Finding:
    start = text.index(word)
    return Finding(
        target="tgt_1",
        start=start,
        end=start + len(word),
        where="draft",
        layer=layer,
        score=1,
        threshold=1,
        certain=certain,
        evidence=evidence,
    )


LONGER = found("alias", "Abilov")
ALONE = found("alias", "Abilov at").model_copy(update={"end": TEXT.index("Abilov at") + 6})


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("layer", ["alias", "fuzzy", "fingerprint", "meaning", "topic", "subject", "agent"])
def test_what_is_certain_stands(word: str, layer: Source) -> None:
    assert not clears(word, "Nurlan Abilov", ABILOV, [found(layer, certain=True, evidence="word")], TEXT)


@pytest.mark.parametrize("word", ["asked", "states", "implies", "", "cleared"])
@pytest.mark.parametrize("layer", ["meaning", "alias"])
def test_other_words_clear_nothing(word: str, layer: Source) -> None:
    assert not clears(word, "Nurlan Abilov", ABILOV, [found(layer)], TEXT)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("evidence", ["date", "title", "number", "identifier", "address", "contact", "passage"])
def test_a_mark_that_identifies_by_itself_stands(word: str, evidence: str) -> None:
    mark = found("fingerprint", evidence=evidence)
    assert not clears(word, "Nurlan Abilov", ABILOV, [mark], TEXT)
    assert not clears(word, "Nurlan Abilov", ABILOV, [found("meaning"), mark], TEXT)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    ("layer", "evidence"),
    [("meaning", ""), ("fingerprint", "word"), ("fingerprint", "name")],
)
def test_likeness_and_shared_words_are_cleared_by_either_word(word: str, layer: Source, evidence: str) -> None:
    assert clears(word, "", ABILOV, [found(layer, evidence=evidence)], TEXT)


@pytest.mark.parametrize("layer", ["agent", "topic"])
@pytest.mark.parametrize("word", WORDS)
def test_a_topic_and_what_a_model_said_itself_stand(word: str, layer: Source) -> None:
    assert not clears(word, "Nurlan Abilov", ABILOV, [found(layer)], TEXT)
    assert not clearable(ABILOV, [found(layer)], TEXT)


@pytest.mark.parametrize(
    ("finding", "open_"),
    [
        (found("meaning"), True),
        (found("fingerprint", evidence="word"), True),
        (found("fingerprint", evidence="date"), False),
        (found("meaning", certain=True), False),
        (LONGER, True),
        (ALONE, False),
    ],
    ids=["meaning", "word", "date", "certain", "in a longer name", "name alone"],
)
def test_it_is_known_beforehand_whether_a_word_could_clear(finding: Finding, open_: bool) -> None:
    assert clearable(ABILOV, [finding], TEXT) == open_
    assert clearable(ABILOV, [found("meaning"), finding], TEXT) == open_


@pytest.mark.parametrize("opening", ["Describe", "Tell", "Did"])
def test_a_common_word_that_opens_a_sentence_makes_no_longer_name(opening: str) -> None:
    text = f"{opening} Abilov swim?"
    assert not clearable(ABILOV, [found("alias", text=text)], text)
    assert not clears("namesake", f"{opening} Abilov", ABILOV, [found("alias", text=text)], text)


@pytest.mark.parametrize("meant", ["Nurlan", "Abilov", "Nurlan Abilov swims", "met Nurlan Abilov"])
def test_a_quote_has_to_be_all_of_the_longer_name(meant: str) -> None:
    assert not clears("namesake", meant, ABILOV, [LONGER], TEXT)


@given(layer=st.sampled_from(["alias", "fuzzy", "subject", "meaning", "topic", "agent"]), meant=st.text())
def test_what_no_word_could_clear_none_does(layer: Source, meant: str) -> None:
    for finding in (found(layer), ALONE.model_copy(update={"layer": layer})):
        for word in WORDS:
            assert clearable(ABILOV, [finding], TEXT) or not clears(word, meant, ABILOV, [finding], TEXT)


@pytest.mark.parametrize("layer", ["alias", "fuzzy", "subject"])
def test_a_name_is_cleared_by_a_longer_one_that_is_quoted(layer: Source) -> None:
    finding = found(layer)
    assert clears("namesake", "Nurlan Abilov", ABILOV, [finding], TEXT)
    assert clears("namesake", "nurlan  ABILOV", ABILOV, [finding], TEXT)
    assert not clears("unrelated", "Nurlan Abilov", ABILOV, [finding], TEXT)


@pytest.mark.parametrize(
    "meant",
    ["", "Nurlan Serikov", "Abilov swims", "the Abilov", "Nikolai Abilov", "Nikolaj Abilov Street who"],
    ids=lambda meant: meant or "nothing",
)
def test_a_quote_that_is_no_longer_name_in_the_text_clears_nothing(meant: str) -> None:
    assert not clears("namesake", meant, ABILOV, [LONGER], TEXT)
    assert not clears("namesake", meant, ABILOV, [found("subject")], TEXT)


@pytest.mark.parametrize(
    "name", ["Nikolaj Abilov", "Nikolay Abilow", "Abilov, Nikolai", "Kolya Abilov", "Abilov Abilov"]
)
def test_the_targets_own_names_misspelt_are_no_longer_name(name: str) -> None:
    text = f"It was {name}."
    assert not clears("namesake", name, ABILOV, [found("alias", name, text=text)], text)


def test_every_name_has_to_stand_in_a_longer_one() -> None:
    assert not clears("namesake", "Nurlan Abilov", ABILOV, [ALONE], TEXT)
    assert not clears("namesake", "Nurlan Abilov", ABILOV, [LONGER, ALONE], TEXT)
    assert clears("namesake", "Nurlan Abilov", ABILOV, [LONGER, found("meaning")], TEXT)


def test_a_longer_name_counts_wherever_it_stands() -> None:
    text = "Nurlan Abilov swims. Nurlan Abilov won."
    both = [found("alias", text=text), found("alias", "Abilov won", text=text)]
    both[1] = both[1].model_copy(update={"end": both[1].start + 6})
    assert clears("namesake", "Nurlan Abilov", ABILOV, both, text)


@given(meant=st.text(), text=st.text())
def test_no_quote_clears_a_certain_name(meant: str, text: str) -> None:
    whole = Finding(
        target="t", start=0, end=len(text), where="draft", layer="alias", score=1, threshold=1, certain=True
    )
    assert not clears("namesake", meant, ABILOV, [whole], text)
