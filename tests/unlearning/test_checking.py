"""What cannot work is refused by a model's configuration, before anything is loaded."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from expunge.errors import InputError, ModelNotFound
from expunge.models import DEMO
from expunge.models.decoding import RECORD
from expunge.unlearning.checking import STEERED, check_fit, check_model
from expunge.unlearning.methods import find
from expunge.unlearning.recipe import Recipe
from transformers import GPT2Config, LlamaConfig, Qwen3MoeConfig, T5Config


def recipe(method: str, selector: str | None = None, of_selector: dict[str, Any] | None = None, **own: Any) -> Recipe:
    return Recipe(method=method, options=own, selector=selector, selector_options=of_selector or {})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (recipe("rmu", layer=99), "below the last of 3"),
        (recipe("rmu", layer=3), "below the last of 3"),
        (recipe("rocr", layer=99), "has 3 layers"),
        (recipe("rocr", layers=99), "has 3 layers"),
        (recipe("uld", layers=99), "the model has 3"),
        (recipe("npo", "kunbr", {"top": 99}), "KUnBR's option 'top'"),
        (recipe("npo", "seuf"), "names no experts"),
    ],
)
def test_what_the_model_has_not_is_refused(asked: Recipe, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_fit(DEMO, asked)


@pytest.mark.parametrize(
    "asked",
    [
        *map(recipe, ("npo", "ssd", "task_vector", "rmu", "rocr", "uld", "kunbr", "wagle")),
        recipe("rmu", layer=2),
        recipe("rocr", layer=1, layers=2),
        recipe("uld", layers=3),
        recipe("rmu", "kunbr"),
        recipe("rmu", "wagle"),
    ],
)
def test_what_the_model_has_passes(asked: Recipe) -> None:
    check_fit(DEMO, asked)


def of_depth(layers: int, **more: Any) -> LlamaConfig:
    return LlamaConfig(num_hidden_layers=layers, hidden_size=16, num_attention_heads=2, **more)


def test_methods_that_know_layers_by_their_names_refuse_others() -> None:
    other = GPT2Config(n_layer=3)
    for name in ("rmu", "rocr"):
        with pytest.raises(InputError, match=r"'down_proj'|'mlp.down_proj'"):
            find(recipe(name)).check(other)
    find(recipe("uld")).check(other)
    with pytest.raises(ModelNotFound, match="'t5'"):
        find(recipe("rmu")).check(T5Config())


def test_a_model_of_one_layer_has_none_below_the_last() -> None:
    with pytest.raises(InputError, match="a model of one layer has none"):
        find(recipe("rmu")).check(of_depth(1))
    find(recipe("rmu")).check(of_depth(2))


def test_a_selector_that_never_meets_what_the_loss_trains_is_refused() -> None:
    config = of_depth(8)
    find(recipe("rmu", "kunbr", {"skip_last": 6}, layer=4)).check(config)  # layers 1 to 3, and blocks 0 and 1
    with pytest.raises(InputError, match="'rmu' trains weights in layers where 'kunbr' chooses none"):
        find(recipe("rmu", "kunbr", {"skip_last": 6}, layer=5)).check(config)


def test_experts_in_other_layers_than_the_loss_trains_are_refused() -> None:
    sizes: dict[str, Any] = {"hidden_size": 16, "num_attention_heads": 2, "num_experts": 4, "moe_intermediate_size": 8}
    config = Qwen3MoeConfig(num_hidden_layers=6, mlp_only_layers=[0, 1, 2], **sizes)
    find(recipe("rmu", "seuf", layer=5)).check(config)
    with pytest.raises(InputError, match="'seuf' chooses none"):
        find(recipe("rmu", "seuf", layer=3)).check(config)
    with pytest.raises(InputError, match="the model has 12"):
        find(recipe("npo", "seuf", {"experts": 13})).check(config)


def test_a_model_that_is_steered_is_refused(tmp_path: Path) -> None:
    assert STEERED == RECORD
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    assert check_model(tmp_path) == tmp_path.resolve()
    (tmp_path / STEERED).symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="decoding adapter"):
        check_model(tmp_path)


def test_a_folder_is_looked_at_without_torch() -> None:
    code = (
        "import sys; from pathlib import Path; from expunge.models import DEMO; "
        "from expunge.unlearning.checking import check_model; check_model(DEMO); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
