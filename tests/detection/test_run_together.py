"""Names spelled letter by letter."""

from expunge.detection.run_together import RunTogether
from hypothesis import given
from hypothesis import strategies as st


def index(*keys: str) -> RunTogether:
    made = RunTogether()
    for key in keys:
        made.add(key, f"tgt_{key}")
    made.ready()
    return made


def test_from_the_start_of_a_word_to_the_end_of_one() -> None:
    names = index("hinaameen")
    assert [hit[1:] for hit in names.search(["who", "is", "hina", "ameen"])] == [(2, 3)]
    assert [hit[1:] for hit in names.search(["hinaa", "meen", "won"])] == [(0, 1)]
    assert not list(names.search(["whoishinaameen"]))
    assert [hit[1:] for hit in names.search(["whoishinaameen"], anywhere=True)] == [(0, 0)]


def test_what_was_removed_is_not_found() -> None:
    names = index("hinaameen")
    names.remove("hinaameen", "tgt_hinaameen")
    names.remove("never", "tgt_there")
    names.ready()
    assert not list(names.search(["hinaameen"]))


@given(st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=8), st.text("ab", min_size=1, max_size=6))
def test_it_finds_what_a_plain_search_finds(words: list[str], key: str) -> None:
    text = "".join(words)
    found = {(hit.first, hit.last) for hit in index(key).search(words, anywhere=True)}
    place = [index for index, word in enumerate(words) for _ in word]
    starts = [at for at in range(len(text)) if text.startswith(key, at)]
    assert found == {(place[at], place[at + len(key) - 1]) for at in starts}


@given(st.lists(st.text("ab", min_size=1, max_size=4), max_size=8), st.text("ab", min_size=1, max_size=6))
def test_at_the_ends_of_words_it_finds_what_a_plain_search_finds(words: list[str], key: str) -> None:
    found = [(hit.first, hit.last) for hit in index(key).search(words)]
    runs = [(first, last) for first in range(len(words)) for last in range(first, len(words))]
    assert sorted(found) == [run for run in runs if "".join(words[run[0] : run[1] + 1]) == key]
