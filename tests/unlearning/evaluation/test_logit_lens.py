import numpy as np
import pytest
import torch
from expunge.unlearning.evaluation.logit_lens import find_lens, logit_lens
from torch import Tensor
from torch.nn import Module
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

SIZE: dict[str, object] = {"vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE: dict[str, object] = {**SIZE, "intermediate_size": 32, "num_key_value_heads": 2}
KINDS: dict[str, dict[str, object]] = {
    "llama": WIDE,
    "mixtral": {**WIDE, "num_local_experts": 2},
    "qwen3": {**WIDE, "head_dim": 8},
    "gemma": {**WIDE, "head_dim": 8},
    "gpt_neox": {**SIZE, "intermediate_size": 32},
    "gpt2": {"vocab_size": 30, "n_embd": 16, "n_layer": 2, "n_head": 2},
    "opt": {**SIZE, "ffn_dim": 32, "word_embed_proj_dim": 16},
}


def made(kind: str, **options: object) -> PreTrainedModel:
    torch.manual_seed(0)
    ends: dict[str, object] = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = AutoConfig.for_model(kind, **{**KINDS[kind], **ends, **options})
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    torch.nn.Module.eval(model)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_layer_through_the_lens_gives_the_models_own_logits(kind: str) -> None:
    model = made(kind)
    lens = find_lens(model)
    assert lens is not None
    seen: list[Tensor] = []

    def look(_: Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0])

    handle = lens.norm.register_forward_pre_hook(look)
    with torch.no_grad():
        output = model(input_ids=torch.tensor([[3, 4, 5, 6]]), output_hidden_states=True)
        handle.remove()
        assert torch.allclose(lens.head(lens.norm(seen[0])), output.logits, atol=1e-5)
        # What `inner_log_probs` counts on: the last hidden states have been through the norm, the others not.
        assert torch.allclose(lens.head(output.hidden_states[-1]), output.logits, atol=1e-5)
        assert len(output.hidden_states) == 3


def test_a_model_without_a_final_norm_has_no_lens() -> None:
    assert find_lens(made("opt", do_layer_norm_before=False)) is None


def test_the_highest_mean_of_any_layer_counts() -> None:
    layers = np.log([[0.1, 0.6, 0.2], [0.3, 0.2, 0.4]])
    assert logit_lens(list(layers)) == pytest.approx(0.4)
