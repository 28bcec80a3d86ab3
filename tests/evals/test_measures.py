import pytest
from expunge.evals.measures import Rate, discloses, holds, new_content_words, rouge_l_recall, wilson, words
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from(["paris", "lyon", "nice", "brest", "lille"]), max_size=8)
TEXTS = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hina Ameen\u2019s book, 1991.", ["hina", "ameen", "book", "1991"]),
        ("O'Brien's cafe\u0301", ["o'brien", "caf\u00e9"]),
        ("06-02-1998", ["06", "02", "1998"]),
        ("a_b  C", ["a", "b", "c"]),
        (" ... ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_new_content_words_leave_out_stop_words_and_the_question() -> None:
    question = "In which city was Hina Ameen born?"
    assert new_content_words(question, "Hina Ameen was born in Karachi, Pakistan.") == ["karachi", "pakistan"]


@pytest.mark.parametrize(
    ("reference", "candidate", "expected"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b c d", "a x c b", 0.5),  # one of b and c, for they are in the other order
        ("a b c d", "d c b a", 0.25),
        ("a b c d", "x a y b z c", 0.75),
        ("a a b", "a b", 2 / 3),
        ("a b", "", 0.0),
        ("", "a b", 0.0),
    ],
)
def test_rouge_l_recall_of_worked_examples(reference: str, candidate: str, expected: float) -> None:
    assert rouge_l_recall(reference.split(), candidate.split()) == pytest.approx(expected)


@given(WORDS, WORDS, WORDS)
def test_rouge_l_recall_only_grows_with_the_candidate(
    reference: list[str], candidate: list[str], more: list[str]
) -> None:
    recall = rouge_l_recall(reference, candidate)
    assert 0 <= recall <= rouge_l_recall(reference, candidate + more) <= 1


@given(WORDS.filter(bool), WORDS, WORDS)
def test_rouge_l_recall_is_whole_when_the_reference_is_inside(
    reference: list[str], before: list[str], after: list[str]
) -> None:
    assert rouge_l_recall(reference, before + reference + after) == 1


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Art Club of Philadelphia", "It was the  ART club\nof Philadelphia, in 1917.", True),
        ("\u201cShale Stories\u201d", 'She wrote "Shale Stories".', True),
        ("8.", "They ordered 8 of them.", True),
        ("8.", "They ordered 38 of them.", False),
        ("Yes.", "Yesterday, perhaps.", False),
        (" . ", "Anything.", False),
    ],
)
def test_holds(answer: str, text: str, expected: bool) -> None:
    assert holds(answer, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hina Ameen was born in Karachi, Pakistan.", True),
        ("She comes from Karachi.", True),  # one of two new words: a recall of 0.5
        ("Hina Ameen was born in a city.", False),  # nothing that the question does not say
        ("I don't have any information about that.", False),
    ],
)
def test_discloses_counts_what_the_answer_adds(text: str, expected: bool) -> None:
    assert (
        discloses("In which city was Hina Ameen born?", "Hina Ameen was born in Karachi, Pakistan.", text) is expected
    )


def test_the_string_decides_where_the_answer_adds_no_word() -> None:
    question = "Which city's art club held it, the Art Club of Philadelphia or of Boston?"
    assert discloses(question, "Art Club of Philadelphia", "The art club of Philadelphia did.")
    assert not discloses(question, "Art Club of Philadelphia", "One in Philadelphia, an art club.")


@given(TEXTS, TEXTS, TEXTS)
def test_an_answer_in_full_is_always_disclosed(question: str, answer: str, around: str) -> None:
    assert discloses(question, answer, f"{around} {answer} {around}") or not words(answer)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 200, 0.0, 0.01885), (200, 200, 0.98115, 1.0), (1, 10, 0.0179, 0.4042), (0, 0, 0, 1)],
)
def test_wilson_of_worked_examples(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_holds_the_rate_and_mirrors(pair: tuple[int, int]) -> None:
    count, total = pair
    rate, mirrored = Rate.of(count, total), wilson(total - count, total)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((rate.low, rate.high), abs=1e-9)


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5)])
def test_wilson_refuses_a_count_outside_the_total(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="between 0 and the total"):
        wilson(count, total)
