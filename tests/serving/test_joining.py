from typing import Any

from expunge.serving.joining import joined
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, Any]

TEXT = st.text(max_size=5)
DELTAS = st.one_of(
    st.fixed_dictionaries({"content": TEXT}, optional={"role": st.just("assistant"), "refusal": st.none()}),
    st.fixed_dictionaries({}, optional={"content": st.none(), "tool_calls": st.just([{"index": 0}])}),
    st.fixed_dictionaries({"content": TEXT, "reasoning_content": TEXT}),
    st.sampled_from([None, 7, {"content": 7}]),
)
CHOICES: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"index": st.sampled_from([0, 1, True, None, "0"]), "delta": DELTAS},
    optional={"finish_reason": st.sampled_from([None, "stop"])},
)
CHUNKS: st.SearchStrategy[list[Json]] = st.lists(
    st.fixed_dictionaries(
        {"id": st.just("c"), "choices": st.lists(CHOICES, max_size=2)}, optional={"usage": st.sampled_from([None, {}])}
    ),
    max_size=12,
)


def said(chunks: list[Json]) -> list[tuple[object, ...]]:
    """Return what chunks say, letter by letter: all that a client can tell of how they were cut."""
    told: list[tuple[object, ...]] = []
    for chunk in chunks:
        told += [("usage", str(chunk["usage"]))] if chunk.get("usage") is not None else []
        for choice in chunk["choices"]:
            delta, place = choice["delta"], repr(choice["index"])
            if not isinstance(delta, dict) or not isinstance(delta.get("content"), str):
                told.append((place, repr(delta)))
            else:
                told += [(place, letter) for letter in delta["content"]]
                told += [
                    (place, name, repr(delta[name])) for name in delta if name not in ("content", "role", "refusal")
                ]
            told += [(place, "end")] if choice.get("finish_reason") else []
    return told


@given(CHUNKS)
def test_joining_changes_nothing_that_is_said(chunks: list[Json]) -> None:
    assert said(list(joined(chunks))) == said(chunks)


def test_neighbours_of_one_choice_become_one() -> None:
    def chunk(index: int, text: str, **more: object) -> Json:
        return {"id": "c", "choices": [{"index": index, "delta": {"content": text}, "finish_reason": None, **more}]}

    chunks = [chunk(0, "a"), chunk(0, "b"), chunk(1, "c"), chunk(0, "d"), chunk(0, "e", finish_reason="stop")]
    assert [each["choices"][0]["delta"]["content"] for each in joined(chunks)] == ["ab", "c", "d", "e"]
