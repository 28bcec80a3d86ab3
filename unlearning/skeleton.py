"""A model's structure without its weights: what can be told of it before anything is loaded."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from ..errors import ModelNotFound
from ..models.checkpoint import quietly


def skeleton_of(config: object) -> PreTrainedModel:
    """Return a model of a configuration whose tensors are on the device `meta`: they have shapes and no content.

    Args:
        config: The model's `PretrainedConfig`; it is left as it is.

    Raises:
        ModelNotFound: transformers knows no causal language model of this kind.
    """
    try:
        with torch.device("meta"), quietly():
            return cast("PreTrainedModel", AutoModelForCausalLM.from_config(deepcopy(config)))
    except ValueError as error:
        raise ModelNotFound(
            f"A model of the type {getattr(config, 'model_type', '')!r} is no causal language model that transformers "
            "knows.",
            fix="Give another model.",
        ) from error
