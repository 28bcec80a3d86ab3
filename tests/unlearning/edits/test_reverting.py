"""An edit undone in a model's folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from expunge.errors import InputError
from expunge.models.checkpoint import quietly
from expunge.unlearning.edits import Delta, revert_folder
from safetensors.torch import load_file
from transformers import PreTrainedModel

DELTA = "delta.safetensors"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["50GB", "40KB"], ids=["one file", "shards"])
def folders(tiny: Callable[[], PreTrainedModel], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """`before`, `after` with the delta in it."""
    model = torch.nn.Module.to(tiny(), torch.bfloat16)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with quietly():
        model.save_pretrained(tmp_path / "before", max_shard_size=request.param)
        with torch.no_grad():
            model.model.embed_tokens.weight.mul_(1.1)
            model.model.layers[1].mlp.down_proj.weight.zero_()
        model.save_pretrained(tmp_path / "after", max_shard_size=request.param)
    Delta.between(before, model.state_dict()).save(tmp_path / "after" / DELTA)
    return tmp_path


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_is_brought_back_and_the_one_that_is_read_stays(folders: Path, there: bool) -> None:
    after, out = folders / "after", folders / "new" / "out"
    read = contents(after)
    if there:
        out.mkdir(parents=True)
    revert_folder(after, after / DELTA, out)
    assert contents(after) == read
    assert contents(out) == contents(folders / "before")
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_edit_is_undone_once(folders: Path) -> None:
    with pytest.raises(InputError, match="undone already"):
        revert_folder(folders / "before", folders / "after" / DELTA, folders / "out")
    assert not (folders / "out").exists()


@pytest.mark.parametrize("out", ["after", "after/inside", "before/../after"])
def test_the_folder_that_is_read_is_never_written_to(folders: Path, out: str) -> None:
    read = contents(folders / "after")
    with pytest.raises(InputError, match="in the folder that is read"):
        revert_folder(folders / "after", folders / "after" / DELTA, folders / out)
    assert contents(folders / "after") == read


def test_no_folder_is_overwritten(folders: Path) -> None:
    with pytest.raises(InputError, match="not an empty folder"):
        revert_folder(folders / "after", folders / "after" / DELTA, folders / "before")


def test_damaged_weights_are_told(folders: Path) -> None:
    shard = sorted((folders / "after").glob("model*.safetensors"))[0]
    assert load_file(shard)
    for content in (shard.read_bytes()[:-10], b""):
        shard.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            revert_folder(folders / "after", folders / "after" / DELTA, folders / "out")
    shard.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        revert_folder(folders / "after", folders / "after" / DELTA, folders / "out")
    assert not (folders / "out").exists()
