"""What undoes an edit, taken from files: mixtures, whose files hold other tensors than their memory, too."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from expunge.errors import InputError
from expunge.models import DEMO
from expunge.models.checkpoint import load_checkpoint, quietly
from expunge.unlearning.edits import Delta, record_delta, revert_folder
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoTokenizer, MixtralConfig, MixtralForCausalLM, PreTrainedModel

Made = Callable[..., Path]
DELTA = "delta.safetensors"


def mixtral() -> PreTrainedModel:
    torch.manual_seed(0)
    config = MixtralConfig(
        vocab_size=2048,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        num_local_experts=4,
    )
    return MixtralForCausalLM(config)


def written(model: PreTrainedModel, folder: Path, precision: torch.dtype, shard: str = "50GB") -> Path:
    torch.nn.Module.to(model, precision)
    with quietly():
        model.save_pretrained(folder, max_shard_size=shard)
    AutoTokenizer.from_pretrained(DEMO).save_pretrained(folder)
    return folder


def edited(given: Path, folder: Path, precision: torch.dtype, changes: dict[str, float]) -> Path:
    """Load a model in float32, change it, and write it in a precision, as a job does."""
    model = load_checkpoint(given, "cpu", "float32").model
    with torch.no_grad():
        for name, factor in changes.items():
            model.get_parameter(name)[0].mul_(factor)
    return written(model, folder, precision)


def tensors(folder: Path) -> dict[str, Tensor]:
    return {name: tensor for path in folder.glob("*.safetensors") for name, tensor in load_file(path).items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    alike = (torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)
    return one.keys() == other.keys() and all(alike)


EXPERTS = {"model.layers.1.mlp.experts.down_proj": 0.5, "model.layers.0.mlp.experts.gate_up_proj": 0.0}


@pytest.mark.parametrize("shard", ["50GB", "20KB"], ids=["one file", "shards"])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16], ids=str)
def test_a_mixture_is_brought_back_from_its_folder(tmp_path: Path, precision: torch.dtype, shard: str) -> None:
    given = written(mixtral(), tmp_path / "given", precision, shard)
    result = edited(given, tmp_path / "result", precision, EXPERTS)
    record_delta(given, result, tmp_path / DELTA)
    flips = Delta.load(tmp_path / DELTA).flips
    assert flips
    assert all("experts.0." in name for name in flips)  # the first of each stack, and no other
    assert not same(tensors(given), tensors(result))
    revert_folder(result, tmp_path / DELTA, tmp_path / "out")
    assert same(tensors(given), tensors(tmp_path / "out"))
    assert {path.name for path in tmp_path.iterdir()} == {"given", "result", DELTA, "out"}


def test_in_memory_a_mixture_is_another_model_and_that_is_said(tmp_path: Path) -> None:
    given = written(mixtral(), tmp_path / "given", torch.float32)
    result = edited(given, tmp_path / "result", torch.float32, EXPERTS)
    record_delta(given, result, tmp_path / DELTA)
    with pytest.raises(InputError, match="a mixture of experts by its folder"):
        Delta.load(tmp_path / DELTA).apply(load_checkpoint(result, "cpu").model)


def test_files_that_are_laid_out_otherwise_are_written_once_anew(tmp_path: Path) -> None:
    given = written(load_checkpoint(DEMO, "cpu", "float32").model, tmp_path / "given", torch.bfloat16)
    plain = tensors(given)
    other = {name: tensor.float() if "norm" in name else tensor for name, tensor in plain.items()}
    other["lm_head.weight"] = plain["model.embed_tokens.weight"].clone()  # tied, and written twice
    save_file(other, given / "model.safetensors", metadata={"format": "pt"})
    read = (given / "model.safetensors").read_bytes()
    result = edited(given, tmp_path / "result", torch.bfloat16, {"model.layers.1.mlp.down_proj.weight": 2.0})
    record_delta(given, result, tmp_path / DELTA)
    assert set(Delta.load(tmp_path / DELTA).flips) == {"model.layers.1.mlp.down_proj.weight"}
    revert_folder(result, tmp_path / DELTA, tmp_path / "out")
    assert same(plain, tensors(tmp_path / "out"))
    assert (given / "model.safetensors").read_bytes() == read
    assert {path.name for path in tmp_path.iterdir()} == {"given", "result", DELTA, "out"}


def test_an_edit_that_changed_nothing_is_a_delta_without_tensors(tmp_path: Path) -> None:
    record_delta(DEMO, DEMO, tmp_path / DELTA)
    assert not Delta.load(tmp_path / DELTA).flips


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    given = written(mixtral(), tmp_path / "given", torch.float32)
    with pytest.raises(InputError, match="has not the same name, shape and type"):
        record_delta(DEMO, given, tmp_path / DELTA)
    (given / "model.safetensors").unlink()
    with pytest.raises(InputError, match="cannot be taken from"):
        record_delta(DEMO, given, tmp_path / DELTA)
    assert {path.name for path in tmp_path.iterdir()} == {"given"}
