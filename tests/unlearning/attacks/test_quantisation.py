import numpy as np
import pytest
import torch
from expunge.unlearning.attacks.quantisation import quantise, round_to_nearest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from transformers import LlamaForCausalLM

matrices = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=9),
    elements=st.floats(-(2.0**100), 2.0**100, width=32),
)


@given(matrices, st.sampled_from([2, 4, 8]), st.sampled_from([None, 1, 4, 64]))
def test_no_entry_moves_by_more_than_half_a_step(values: np.ndarray, bits: int, group: int | None) -> None:
    weight = torch.from_numpy(values)
    rounded = round_to_nearest(weight, bits, group)
    assert rounded.shape == weight.shape
    size = group or weight.shape[-1]
    for old, new in zip(torch.split(weight, size, -1), torch.split(rounded, size, -1), strict=True):
        step = old.double().abs().amax(-1, keepdim=True) / (2 ** (bits - 1) - 1)
        assert ((old.double() - new.double()).abs() <= step * 0.50001 + 1e-37).all()


def test_rounding_by_hand() -> None:
    weight = torch.tensor([[7.0, 3.4, -0.6, 0.0], [14.0, -14.0, 2.9, 0.9]])
    assert round_to_nearest(weight, 4).tolist() == [[7.0, 3.0, -1.0, 0.0], [14.0, -14.0, 2.0, 0.0]]
    by_pairs = round_to_nearest(torch.tensor([[7.0, 3.4, 0.7, 0.32, 5.0]]), 4, 2)
    assert torch.allclose(by_pairs, torch.tensor([[7.0, 3.0, 0.7, 0.3, 5.0]]))


def test_rounding_what_is_rounded_changes_nothing() -> None:
    weight = torch.randn(8, 100, generator=torch.Generator().manual_seed(0))
    once = round_to_nearest(weight, 4, 64)
    assert torch.allclose(round_to_nearest(once, 4, 64), once)
    assert all(len(row.unique()) <= 15 for row in once[:, :64])


def test_every_matrix_is_rounded_but_embeddings_head_and_norms(tiny: LlamaForCausalLM) -> None:
    before = {name: weight.clone() for name, weight in tiny.named_parameters()}
    rounded = dict(quantise(tiny, 8, None).named_parameters())
    for name, old in before.items():
        assert torch.equal(dict(tiny.named_parameters())[name], old)
        if "proj" in name:
            assert torch.equal(rounded[name], round_to_nearest(old, 8)), name
            assert not torch.equal(rounded[name], old), name
        else:
            assert torch.equal(rounded[name], old), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_precision_stays(tiny: LlamaForCausalLM, dtype: torch.dtype) -> None:
    model = quantise(torch.nn.Module.to(tiny, dtype), 4, 64)
    assert {weight.dtype for weight in model.parameters()} == {dtype}
