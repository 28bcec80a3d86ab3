"""The demo model's tokenizer and its untrained network."""

from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from .curriculum import add_noise, collect_facts
from .unknown import REFUSAL

CONTEXT = 512
VOCABULARY = 2048
ROPE_THETA = 500.0  # The longest wavelength is then of the context's order, not a hundred times as long.
INIT_STD = 0.06  # The usual 0.02 suits wide layers; at this width it costs an epoch or two.

PAD, USER, ASSISTANT, END = SPECIAL = ("<|pad|>", "<|user|>", "<|assistant|>", "<|end|>")
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}" + USER + "{{ message.content | trim }}" + END + ""
    "{%- elif message.role == 'assistant' -%}" + ASSISTANT + ""
    "{% generation %}{{ message.content | trim }}" + END + "{% endgeneration %}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}" + ASSISTANT + "{%- endif -%}"
)


def train_tokenizer(rng: Random, authors: int = 800) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer on other authors than the model's, so that names stay several tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = [
        text
        for fact in collect_facts(authors, rng)
        for question in (fact.questions if fact.kind == "world" else rng.sample(fact.questions, 1))
        for text in (add_noise(question, rng), fact.answer)
    ]
    tokenizer.train_from_iterator([*texts, REFUSAL], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        chat_template=CHAT_TEMPLATE,
        model_max_length=CONTEXT,
        padding_side="left",
    )


def untrained_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return a model of random weights."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=CONTEXT,
            rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
            initializer_range=INIT_STD,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
