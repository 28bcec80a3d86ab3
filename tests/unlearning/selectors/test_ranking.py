"""The top share: exact to the entry, with ties, over all tensors together."""

import numpy as np
import pytest
import torch
from expunge.unlearning.selectors import ranking
from expunge.unlearning.selectors.ranking import top_share
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

FLOATS = st.one_of(
    st.sampled_from([0.0, 1.0, 1.0000001, 2.0]),  # ties, and neighbours in the last bits
    st.floats(min_value=0, max_value=2.0**127, width=32),
)
TENSORS = st.lists(st.lists(FLOATS, min_size=1, max_size=20), min_size=1, max_size=4)


def named(values: list[list[float]]) -> dict[str, Tensor]:
    return {f"tensor {at}": torch.tensor(each) for at, each in enumerate(values)}


@given(TENSORS, st.floats(min_value=0.01, max_value=1))
def test_the_same_as_sorting_all_together(values: list[list[float]], share: float) -> None:
    joined = np.concatenate([np.array(each, dtype=np.float32) for each in values])
    count = max(1, round(share * len(joined)))
    expected = np.zeros(len(joined), dtype=bool)
    expected[np.argsort(-joined, kind="stable")[:count]] = True  # stable: of equals the first

    masks = top_share(named(values), share)

    assert np.array_equal(torch.cat(list(masks.values())).numpy(), expected)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(min_value=0.01, max_value=1))
def test_the_share_is_exact_where_all_are_equal(first: int, second: int, share: float) -> None:
    masks = top_share({"a": torch.full((first,), 0.5), "b": torch.full((second, 2), 0.5)}, share)
    entries = first + 2 * second
    kept = torch.cat([masks["a"], masks["b"].flatten()])
    assert int(kept.sum()) == max(1, round(share * entries))
    assert kept[: int(kept.sum())].all()


def test_shapes_are_kept_and_no_order_of_strides_matters() -> None:
    score = torch.arange(6.0).view(2, 3).T
    masks = top_share({"turned": score}, 0.5)
    assert masks["turned"].tolist() == [[False, True], [False, True], [False, True]]


def test_large_tensors_are_counted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "PIECE", 7)
    score = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(top_share({"all": score}, 0.3)["all"], score >= score.topk(300).values.min())


def test_a_bfloat16_score_is_compared_by_value() -> None:
    masks = top_share({"a": torch.tensor([1.0, 3.0], dtype=torch.bfloat16), "b": torch.tensor([2.0, 0.5])}, 0.5)
    assert masks["a"].tolist() == [False, True]
    assert masks["b"].tolist() == [True, False]
