"""What undoes an edit: exact in every precision, and refused where it would not be."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from expunge.errors import InputError
from expunge.unlearning.edits import Delta
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

DTYPES = {torch.float32: torch.int32, torch.float16: torch.int16, torch.bfloat16: torch.int16}
SPECIAL = [float("nan"), float("inf"), float("-inf"), -0.0, 0.0, 1e-45]


def bits(tensor: Tensor) -> list[int]:
    values: list[int] = tensor.view(DTYPES[tensor.dtype]).flatten().tolist()
    return values


def copied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}


@st.composite
def states(draw: st.DrawFn) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Two states of one model: any bits, NaN with any payload too, and special numbers."""
    before: dict[str, Tensor] = {}
    after: dict[str, Tensor] = {}
    for name in draw(st.sets(st.sampled_from("abc"), min_size=1)):
        dtype = draw(st.sampled_from(list(DTYPES)))
        shape = draw(st.sampled_from([(), (0,), (3,), (2, 3)]))
        integers = torch.iinfo(DTYPES[dtype])
        count = int(torch.tensor(shape).prod())
        for state in (before, after):
            any_bits = torch.tensor(
                draw(st.lists(st.integers(integers.min, integers.max), min_size=count, max_size=count)),
                dtype=DTYPES[dtype],
            ).view(dtype)
            special = draw(st.lists(st.sampled_from([*SPECIAL, None]), min_size=count, max_size=count))
            for place, value in enumerate(special):
                if value is not None:
                    any_bits[place] = value
            state[name] = any_bits.reshape(shape)
        if draw(st.booleans()):
            after[name] = before[name].clone()
    return before, after


@given(states())
def test_an_edit_is_undone_and_done_again_bit_for_bit(both: tuple[dict[str, Tensor], dict[str, Tensor]]) -> None:
    before, after = both
    delta = Delta.between(before, after)
    assert set(delta.flips) == {name for name in before if bits(before[name]) != bits(after[name])}
    state = copied(after)
    assert delta.apply(state) == "before"
    assert {name: bits(each) for name, each in state.items()} == {name: bits(each) for name, each in before.items()}
    delta.apply(state)
    assert {name: bits(each) for name, each in state.items()} == {name: bits(each) for name, each in after.items()}


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_a_saved_delta_brings_a_model_with_tied_embeddings_back(
    tiny: Callable[[], PreTrainedModel], tmp_path: Path, dtype: torch.dtype
) -> None:
    model = torch.nn.Module.to(tiny(), dtype)
    before = copied(model.state_dict())
    with torch.no_grad():
        model.model.embed_tokens.weight.mul_(1.1)
        model.model.layers[0].mlp.down_proj.weight[0, 0] = float("nan")
    after = copied(model.state_dict())
    Delta.between(before, model.state_dict()).save(tmp_path / "delta.safetensors")

    delta = Delta.load(tmp_path / "delta.safetensors")
    assert set(delta.flips) == {"model.embed_tokens.weight", "model.layers.0.mlp.down_proj.weight"}
    assert delta.apply(model) == "before"
    assert all(bits(tensor) == bits(before[name]) for name, tensor in model.state_dict().items())
    assert delta.apply(model) == "after"
    assert all(bits(tensor) == bits(after[name]) for name, tensor in model.state_dict().items())
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    # Where both names of the tied tensor were written down, it is flipped once all the same.
    assert Delta.between(before, after).apply(model) == "before"
    assert all(bits(tensor) == bits(before[name]) for name, tensor in model.state_dict().items())


def refused(delta: Delta, state: dict[str, Tensor], match: str) -> None:
    before = copied(state)
    with pytest.raises(InputError, match=match):
        delta.apply(state)
    assert all(torch.equal(before[name], state[name]) for name in state)


def test_the_wrong_model_is_refused_and_left_alone() -> None:
    before = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0])}
    after = {"a": torch.tensor([1.5, 2.0]), "b": torch.tensor([4.0])}
    delta = Delta.between(before, after)
    for wrong in (
        {"a": torch.tensor([1.5, 2.0]), "b": torch.tensor([3.5])},  # neither side
        {"a": torch.tensor([1.5, 2.0]), "b": torch.tensor([3.0])},  # one tensor of either side
        {"a": torch.tensor([1.5, 2.0])},
        {"a": torch.tensor([[1.5, 2.0]]), "b": torch.tensor([4.0])},
        {"a": torch.tensor([1.5, 2.0]).half(), "b": torch.tensor([4.0]).half()},
    ):
        refused(delta, wrong, "neither those before the edit nor those after it")


def test_a_damaged_delta_is_refused(tmp_path: Path) -> None:
    before, after = {"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([1.5, 2.0])}
    delta = Delta.between(before, after)
    delta.flips["a"][1] ^= 1
    refused(delta, copied(after), "damaged")
    path = tmp_path / "delta.safetensors"
    for content in (b"", b"\x10" + b"\0" * 40):
        path.write_bytes(content)
        with pytest.raises(InputError, match="no delta"):
            Delta.load(path)
    save_file(before, path)
    with pytest.raises(InputError, match="no delta"):
        Delta.load(path)
    with pytest.raises(InputError, match="no delta"):
        Delta.load(tmp_path / "missing")


def test_two_models_have_no_delta() -> None:
    one = {"a": torch.zeros(2)}
    for other in ({"a": torch.zeros(3)}, {"a": torch.zeros(2).half()}, {}, {"a": torch.zeros(2), "b": torch.zeros(1)}):
        with pytest.raises(InputError, match="same name, shape and type"):
            Delta.between(one, other)
