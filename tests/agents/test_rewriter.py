"""The rewriter: leaves out what was found, keeps the rest."""

import pytest
from expunge import Finding
from expunge.agents.rewriter import Rewriter
from hypothesis import given
from hypothesis import strategies as st


def findings(draft: str, *pieces: str) -> list[Finding]:
    return [
        Finding(
            target="tgt_1",
            start=draft.index(piece),
            end=draft.index(piece) + len(piece),
            where="draft",
            layer="alias",
            score=1.0,
            threshold=1.0,
        )
        for piece in pieces
    ]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("They are Jane Smith, Hina Ameen, and Bob Ray.", "They are Jane Smith, and Bob Ray."),
        ("They are Jane Smith, Bob Ray and Hina Ameen.", "They are Jane Smith, Bob Ray."),
        ("Jane Smith won, who had met Hina Ameen. She cried.", "Jane Smith won. She cried."),
        ("It rained. Hina Ameen won. The sun came out.", "It rained. The sun came out."),
        ("It rained all day.\n\nHina Ameen won.\n\nBob Ray lost.", "It rained all day.\n\nBob Ray lost."),
    ],
)
def test_the_smallest_piece_is_cut_first(draft: str, expected: str) -> None:
    assert Rewriter().rewrite(draft, findings(draft, "Hina Ameen"))[0] == expected


@pytest.mark.parametrize(
    "draft",
    [
        "Hina Ameen won.",
        "The author, born on that day, is named Hina Ameen, a name from the north.",
        "The author born in Cape Town, South Africa is called Hina Ameen, a name of the place.",
    ],
)
def test_nothing_is_proposed_when_the_statement_is_about_the_target(draft: str) -> None:
    assert Rewriter().rewrite(draft, findings(draft, "Hina Ameen")) == []


@given(st.lists(st.sampled_from(["It rained.", "Hina won!", "We met Hina, Bob, and Al.", "Why? \n", "x"]), max_size=8))
def test_no_proposal_holds_what_was_found(sentences: list[str]) -> None:
    draft = " ".join(sentences)
    starts = [index for index in range(len(draft)) if draft.startswith("Hina", index)]
    found = [
        Finding(target="t", start=start, end=start + 4, where="draft", layer="alias", score=1, threshold=1)
        for start in starts
    ]
    proposals = Rewriter().rewrite(draft, found) if found else []
    assert all("Hina" not in proposal for proposal in proposals)
