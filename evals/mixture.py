"""The demo model as a mixture of experts: each of its MLPs copied into several, so that it answers as before."""

from pathlib import Path

import torch
from transformers import LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from ..models.checkpoint import load_checkpoint, quietly

EXPERTS = 8

_SPREAD = 2.0  # of the router's weights: wide enough that it is not even about every token


def upcycle(folder: Path, out: Path, *, experts: int = EXPERTS, seed: int = 0) -> Path:
    """Write a mixture of experts that answers as a Llama model does (sparse upcycling; Komatsuzaki et al., 2023).

    All experts of a layer are the same at first, and the router is drawn by chance: which expert a token goes to
    makes no difference, until one of them is trained.

    Args:
        folder: The model's.
        out: The folder for the mixture.
        experts: How many each layer gets.
        seed: What the routers come from.
    """
    checkpoint = load_checkpoint(folder, "cpu", "float32")
    dense = checkpoint.model
    assert isinstance(dense, LlamaForCausalLM)  # noqa: S101 - it is the demo model
    shared = {name: value for name, value in dense.config.to_dict().items() if name in _SHARED}
    sizes = {"num_local_experts": experts, "num_experts_per_tok": 1, "router_jitter_noise": 0.0}
    mixture = MixtralForCausalLM(MixtralConfig.from_dict({**shared, **sizes, "sliding_window": None}))
    generator = torch.Generator().manual_seed(seed)
    weights = mixture.state_dict()
    for name, weight in dense.state_dict().items():
        if ".mlp." not in name:
            weights[name] = weight
    for layer, block in enumerate(dense.model.layers):
        place, mlp = f"model.layers.{layer}.mlp", block.mlp
        both = torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])  # (2I, D)
        weights[f"{place}.experts.gate_up_proj"] = both.expand(experts, -1, -1).clone()
        weights[f"{place}.experts.down_proj"] = mlp.down_proj.weight.expand(experts, -1, -1).clone()
        shape = weights[f"{place}.gate.weight"].shape
        weights[f"{place}.gate.weight"] = torch.randn(shape, generator=generator) * _SPREAD / shape[1] ** 0.5
    mixture.load_state_dict(weights)
    mixture.generation_config = dense.generation_config
    with quietly():
        mixture.half().save_pretrained(out)
        checkpoint.tokenizer.save_pretrained(out)
    return out


_SHARED = {
    "bos_token_id",
    "eos_token_id",
    "head_dim",
    "hidden_act",
    "hidden_size",
    "initializer_range",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "pad_token_id",
    "rms_norm_eps",
    "rope_parameters",
    "tie_word_embeddings",
    "vocab_size",
}
