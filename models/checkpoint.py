"""Models and tokenizers in a local folder, loaded by transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from ..errors import ModelNotFound, PrerequisiteError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Dtype = Literal["auto", "bfloat16", "float16", "float32"]
"""Precision of a model's weights; "auto": that of their files, but float32 for float16 on a CPU."""


class Checkpoint(NamedTuple):
    """A causal language model, set to evaluation, and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def generate(self) -> Callable[..., torch.Tensor]:
        """The model's `generate`, which returns the ids of prompt and answer, shape `(B, T)`."""
        return cast("Callable[..., torch.Tensor]", self.model.generate)


def load_checkpoint(folder: Path, device: str | None = None, dtype: Dtype = "auto") -> Checkpoint:
    """Load the model of a folder. Nothing is fetched, and no code of the folder is run.

    Args:
        folder: What `save_pretrained` wrote, of the model and of its tokenizer.
        device: Where torch is to run it, for example `"cuda:1"`; `None`: on a GPU where there is one.
        dtype: The weights' precision.

    Raises:
        PrerequisiteError: torch or transformers is missing.
        ModelNotFound: The folder holds no model, or one that is damaged or that transformers does not know.
    """
    if not (folder / "config.json").is_file():
        raise ModelNotFound(
            f"There is no model in {str(folder)!r}: it has no 'config.json'.",
            fix="Give the folder that save_pretrained wrote, or that `hf download` filled.",
        )
    try:
        import torch
        import transformers
    except ImportError as error:
        raise PrerequisiteError(
            f"The model in {str(folder)!r} needs a package: {error}.", fix="Run: pip install 'expunge[local]'"
        ) from error
    try:
        with quietly():
            # Said outright, for otherwise transformers asks at the terminal whether it may run the folder's code.
            local = {"local_files_only": True, "trust_remote_code": False}
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **local)
            model, report = cast(
                "tuple[PreTrainedModel, dict[str, list[str]]]",
                transformers.AutoModelForCausalLM.from_pretrained(
                    folder, **local, dtype=dtype, output_loading_info=True
                ),
            )
    except Exception as error:  # of many types, by what is amiss
        raise ModelNotFound(
            f"The model in {str(folder)!r} cannot be loaded: {type(error).__name__}.",
            fix="It takes config.json, the weights as safetensors, and the tokenizer's files.",
        ) from error
    if report["missing_keys"]:  # which transformers fills with random numbers
        raise ModelNotFound(
            f"The weights in {str(folder)!r} lack {min(report['missing_keys'])!r}.",
            fix="Fetch or save the model again; if it is no causal language model, take one that is.",
        )
    device = device or ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    # float16 has few kernels on a CPU, and slow ones.
    slow = dtype == "auto" and device == "cpu" and model.dtype == torch.float16
    torch.nn.Module.to(
        model, device, torch.float32 if slow else model.dtype
    )  # transformers gives its own `to` no types
    torch.nn.Module.eval(model)
    return Checkpoint(model, tokenizer)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers from drawing bars and reports while it loads or saves."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
