"""What a rewriter's model writes holds nothing of what was to go, and no fact of its own."""

from base64 import b64encode

import pytest
from expunge.agents.advisers.residue import is_clean
from expunge.detection.canonical import canonical
from expunge.detection.rarity import STOP_WORDS
from hypothesis import given
from hypothesis import strategies as st

ASK = "Which novelists should I read?"
DRAFT = "Jane Austen is a fine start. Hsiao Yun-Hwa, who was born in Taipei in 1991, is worth a try. George Eliot too."
KEPT = "Jane Austen is a fine start. George Eliot too."
GONE = sorted(set(canonical(DRAFT).words) - set(canonical(KEPT).words) - set(canonical(ASK).words) - STOP_WORDS)
FILLED = st.lists(st.sampled_from(canonical(KEPT).words), max_size=8)


@pytest.mark.parametrize(
    "text",
    [
        KEPT,
        "Jane Austen is a fine start, and George Eliot too.",
        "A start is Jane Austen; another is George Eliot.",
        "You should read novelists such as Jane Austen.",
        "jane austen, GEORGE ELIOT",
        "There are many to read.",
        "",
    ],
)
def test_kept_words_and_common_ones_may_be_put_together_anew(text: str) -> None:
    assert is_clean(text, DRAFT, KEPT, ASK)


@pytest.mark.parametrize(
    "text",
    [
        DRAFT,
        "Taipei",
        "TAIPEI",
        "tAiPeI",
        "T a i p e i",
        "T.a.i.p.e.i",
        "Ta-i-pei",
        "iepiaT",
        "\uff34\uff41\uff49\uff50\uff45\uff49",
        "\u0422aipei",
        b64encode(b"Taipei").decode(),
        b"Taipei".hex(),
        "Gnvcrv",
        "1991",
        "1 9 9 1",
        "91",
        "one b. in the capital",
        "She is worth it.",
        "The one of Taip and ei.",
    ],
)
def test_what_was_to_go_is_refused_however_it_is_written(text: str) -> None:
    assert not is_clean(f"{KEPT} {text}", DRAFT, KEPT, ASK)


@pytest.mark.parametrize(
    "text",
    [
        "Jane Austen, Emily and George Eliot.",
        "Read Mark or George Eliot.",
        "Jane Austen is a fine soliloquist.",
        "Jane Austen has 6 novels.",
        "George Eliot wrote in 1871.",
        "Jane Austen is x.",
        "The first is Élodie.",
        "Good books are many.",
        "Jane Austen ... George Eliot.",
        "Jane Austen\nGeorge Eliot",
        "Jane Austen \u2013 George Eliot",
        "Jane Austen\u200b",
    ],
)
def test_a_new_name_number_or_word_and_signs_that_are_not_plain_are_refused(text: str) -> None:
    assert not is_clean(text, DRAFT, KEPT, ASK)


def test_words_of_the_question_may_be_said_again() -> None:
    assert is_clean("Of novelists nothing is known.", DRAFT, "", "What is known of novelists?")


def test_words_of_the_question_that_are_left_out_may_not() -> None:
    assert not is_clean("Of Taipei nothing is known.", DRAFT, "", "What is known of Taipei?")
    assert not is_clean("Of Taipei nothing is known.", DRAFT, "", "What is known of it?")


@given(before=FILLED, gone=st.sampled_from(GONE), after=FILLED, write=st.sampled_from([str, str.upper, str.title]))
def test_a_text_with_a_word_that_was_to_go_is_refused(
    before: list[str], gone: str, after: list[str], write: type[str]
) -> None:
    assert not is_clean(" ".join([*before, write(gone), *after]), DRAFT, KEPT, ASK)


@given(words=FILLED)
def test_a_text_of_kept_words_alone_is_clean(words: list[str]) -> None:
    assert is_clean(" ".join(words), DRAFT, KEPT, ASK)


@given(text=st.text(), draft=st.text(), kept=st.text())
def test_any_text_is_judged(text: str, draft: str, kept: str) -> None:
    assert is_clean(text, draft, kept, "") in (True, False)


@given(kept=st.text(max_size=50), more=st.text(max_size=50))
def test_what_is_kept_of_a_draft_is_clean(kept: str, more: str) -> None:
    assert is_clean(kept, kept + more, kept, "")


def test_a_text_is_at_most_twice_as_long_as_the_draft() -> None:
    assert is_clean("Read, or read. " * 2, "Read, or read. ", "Read, or read. ", "")
    assert not is_clean("Read, or read. " * 2 + "R", "Read, or read. ", "Read, or read. ", "")


def test_lines_and_rows_of_signs_that_are_kept_may_stay() -> None:
    kept = "Read:\n--- Austen\n--- Eliot"
    assert is_clean("Read:\n--- Eliot", kept, kept, "")
    assert not is_clean("Read:\n... Eliot", kept, kept, "")
