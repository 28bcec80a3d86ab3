"""Names in one automaton: found on word boundaries, gone when removed."""

from time import perf_counter

from expunge.detection.aliases import Aliases
from expunge.detection.canonical import canonical
from expunge.detection.names import parts
from expunge.schema import Target
from hypothesis import given
from hypothesis import strategies as st


def aliases(*names: str) -> Aliases:
    index = Aliases()
    for name in names:
        index.add(Target(name=name).model_copy(update={"id": name}))
    index.ready()
    return index


def found(index: Aliases, text: str) -> list[str]:
    words = canonical(text)
    hits = index.search(words)
    return [text[words.span(hit.first, hit.last).start : words.span(hit.first, hit.last).end] for hit in hits]


def test_names_are_found_where_they_stand() -> None:
    index = aliases("Hina Ameen", "Takashi Nakamura")
    assert found(index, "Was it Hina Ameen's or Nakamura, Takashi's?") == ["Hina Ameen", "Nakamura, Takashi"]


def test_only_whole_words_count() -> None:
    assert found(aliases("Ann Lee"), "Joann Leeds met Ann Leeds.") == []


def test_neighbouring_names_share_their_boundary() -> None:
    assert found(aliases("Ann Lee", "Bo Ray"), "Ann Lee Bo Ray Ann Lee") == ["Ann Lee", "Ann Lee", "Bo Ray"]


def test_the_longest_form_counts_once() -> None:
    assert found(aliases("Edward Patrick Sullivan"), "Edward Patrick Sullivan") == ["Edward Patrick Sullivan"]


def test_two_targets_of_one_name_are_both_found() -> None:
    index = Aliases()
    for target_id in ("a", "b"):
        index.add(Target(name="Hina Ameen").model_copy(update={"id": target_id}))
    index.ready()
    assert {hit.target for hit in index.search(canonical("Hina Ameen"))} == {"a", "b"}
    index.remove("a")
    index.ready()
    assert {hit.target for hit in index.search(canonical("Hina Ameen"))} == {"b"}


def test_a_part_that_two_share_tells_nobody_apart() -> None:
    index = aliases("Hina Ameen", "Hina Qureshi")
    hits = list(index.parts_in(canonical("Hina and Qureshi")))
    assert [(hit.target, hit.part) for hit in hits] == [("Hina Qureshi", "family")]


@given(st.lists(st.sampled_from(["Hina Ameen", "Ann Lee", "Rose", "Xin Lee Williams"]), unique=True), st.data())
def test_what_was_removed_is_not_found(names: list[str], data: st.DataObject) -> None:
    index = aliases(*names)
    gone = data.draw(st.sets(st.sampled_from(names))) if names else set()
    for name in gone:
        index.remove(name)
    index.ready()
    text = canonical("; ".join(["Hina Ameen", "Ann Lee", "Rose", "Xin Lee Williams"]))
    assert {hit.target for hit in index.search(text)} == set(names) - gone


def test_twenty_thousand_names_cost_microseconds_a_search() -> None:
    index = aliases(*(f"Person{number} Family{number % 977}" for number in range(20_000)))
    words = canonical("a prompt that speaks of nobody in the register at all " * 20)
    start = perf_counter()
    for _ in range(100):
        index.search(words)
    assert (perf_counter() - start) / 100 < 0.002


PEOPLE = ["Hina Ameen", "Hina Qureshi", "Ana Maria de Souza", "Xin Lee Williams", "Bo Ray"]


@given(
    st.lists(st.sampled_from(PEOPLE), unique=True),
    st.lists(st.sampled_from([word for name in PEOPLE for word in name.split()] + ["and", "Tina"]), max_size=12),
    st.data(),
)
def test_parts_are_those_of_a_look_at_each_word_and_pair(
    names: list[str], said: list[str], data: st.DataObject
) -> None:
    index = aliases(*names)
    gone = data.draw(st.sets(st.sampled_from(names))) if names else set()
    for name in gone:
        index.remove(name)
    owners: dict[str, list[tuple[str, str]]] = {}
    for name in [name for name in names if name not in gone]:
        if person := parts(Target(name=name)):
            for part, own in (("given", person.given), ("family", person.family)):
                owners.setdefault(" ".join(own), []).append((name, part))
    words = canonical(" ".join(said))
    expected = [
        (*owners[name][0], at, at + more)
        for more in (0, 1)
        for at in range(len(words) - more)
        if len(owners.get(name := " ".join(words.words[at : at + more + 1]), ())) == 1
    ]
    assert [(hit.target, hit.part, hit.first, hit.last) for hit in index.parts_in(words)] == expected
