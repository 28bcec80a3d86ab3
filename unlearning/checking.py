"""Whether a recipe can work on a model at all: looked at before anything is loaded or trained."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, ModelNotFound, PrerequisiteError
from .examples import Corpus
from .recipe import Recipe

STEERED = "decoding.json"
"""What lies beside a model that is steered at decoding time: `expunge.models.decoding.RECORD`, which takes PyTorch."""

EXTRA = "Run: pip install 'expunge[unlearn]'"


def check_model(folder: Path) -> Path:
    """Return the folder of a model as an absolute path.

    Raises:
        ModelNotFound: It holds none.
        InputError: The model is steered at decoding time: other weights would be trained than those that answer, and
            what is made of it would lose the steering, or be steered by what belongs to another model.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ModelNotFound(
            f"There is no model in {str(folder)!r}: it takes 'config.json' and weights as safetensors.",
            fix="Give the folder that save_pretrained wrote, or that `hf download` filled.",
        )
    record = folder / STEERED
    if record.exists() or record.is_symlink():
        raise InputError(
            f"This is a model with a decoding adapter: {str(folder)!r}.",
            fix="Give the model that the adapter was trained beside; its files are those of this folder, without "
            f"{STEERED!r} and 'assistant'.",
        )
    return folder.resolve()


def check_recipe(recipe: Recipe, corpus: Corpus) -> None:
    """See to it that a recipe has the examples that it takes.

    Raises:
        InputError: There is no such method, an option is none of its, or a set is missing.
        PrerequisiteError: A package is missing.
    """
    try:
        from .methods import find
    except ImportError as error:
        raise PrerequisiteError(f"Weight-level jobs need a package: {error}.", fix=EXTRA) from error
    method = find(recipe)
    corpus.check()
    if method.needs_retain and not corpus.retain:
        raise InputError(
            f"{method.name!r} needs a retain set: without it the rest of what the model knows would go too.",
            fix="Give one (--retain, retain=…; of targets their keep texts), or take a loss with retain_loss=none.",
        )


def check_fit(folder: Path, recipe: Recipe) -> None:
    """See to it, without loading weights, that the model is one that the recipe can work on.

    Raises:
        ModelNotFound: transformers does not know the model, or its tokenizer cannot be loaded.
        InputError: The tokenizer has no chat template, or the model lacks what the method or a selector works on.
    """
    from transformers import AutoConfig, AutoTokenizer

    from .encoding import Encoder
    from .methods import find

    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(folder, **local)
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
    except Exception as error:  # of many types, by what is amiss
        raise ModelNotFound(
            f"The model in {str(folder)!r} cannot be loaded: {type(error).__name__}.",
            fix="It takes config.json, the weights as safetensors, and the tokenizer's files.",
        ) from error
    Encoder(tokenizer, recipe.training.longest)
    find(recipe).check(config)
