"""What of a text is embedded."""

import itertools

from expunge.stores.passages import passages
from hypothesis import given
from hypothesis import strategies as st

STORY = " ".join(f"In chapter {n} the two of them walked along the shore and talked of boats." for n in range(12))


def test_a_short_text_stays_whole() -> None:
    assert passages("Where was she born? In Karachi.") == ["Where was she born? In Karachi."]


def test_a_long_text_is_cut_into_pairs_of_sentences_that_overlap() -> None:
    cut = passages(STORY)
    assert len(cut) == 11
    assert all(one.split(". ")[1].rstrip(".") == other.split(". ")[0] for one, other in itertools.pairwise(cut))


@given(st.lists(st.sampled_from(["a", "bc", "d.", "e!", "f\n", "。", "g;"]), max_size=400))
def test_no_word_is_lost_and_none_is_long(pieces: list[str]) -> None:
    text = " ".join(pieces)
    cut = passages(text)
    assert set(text.split()) <= {word for passage in cut for word in passage.split()}
    assert all(len(passage.split()) <= 200 for passage in cut)
