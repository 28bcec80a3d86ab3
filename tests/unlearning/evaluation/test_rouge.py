import pytest
from expunge.unlearning.evaluation.rouge import rouge_l


@pytest.mark.parametrize(
    ("answer", "text", "recall"),
    [
        ("the cat sat", "the cat sat", 1),
        ("the cat sat", "the cat sat on the mat", 1),  # recall: more does not cost
        ("the cat sat down", "sat the cat", 2 / 4),  # in order: the cat
        ("she writes novels", "Writing a novel", 2 / 3),  # stemmed
        ("the cat sat", "", 0),
    ],
)
def test_it_is_the_longest_common_subsequence_over_the_answer(answer: str, text: str, recall: float) -> None:
    assert rouge_l(answer, text) == pytest.approx(recall)
