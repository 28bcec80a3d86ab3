"""The precision in which a model is loaded."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from expunge.models import DEMO
from expunge.models.checkpoint import Dtype, load_checkpoint
from expunge.models.local import LocalChatModel
from pydantic import ValidationError
from safetensors.torch import load_file, save_file


def test_half_precision_is_doubled_on_a_cpu_where_nothing_is_asked_for() -> None:
    assert load_file(DEMO / "model.safetensors")["model.norm.weight"].dtype == torch.float16
    assert load_checkpoint(DEMO, "cpu").model.dtype == torch.float32


@pytest.mark.parametrize(
    ("dtype", "held"), [("bfloat16", torch.bfloat16), ("float16", torch.float16), ("float32", torch.float32)]
)
def test_a_model_answers_in_the_precision_that_is_asked_for(dtype: Dtype, held: torch.dtype) -> None:
    model = LocalChatModel.from_path(DEMO, device="cpu", dtype=dtype)
    assert {weight.dtype for weight in model._checkpoint.model.parameters()} == {held}
    assert model.invoke("What is the capital of France?").text == "The capital of France is Paris."


def test_other_precisions_stay_where_nothing_is_asked_for(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DEMO, tmp_path / "model"))
    weights = {name: weight.bfloat16() for name, weight in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    assert load_checkpoint(folder, "cpu").model.dtype == torch.bfloat16


def test_another_precision_is_told() -> None:
    with pytest.raises(ValidationError, match="dtype"):
        LocalChatModel.from_path(DEMO, dtype="int8")  # type: ignore[arg-type] # what is tested
