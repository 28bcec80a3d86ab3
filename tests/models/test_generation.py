"""Text of tokens as they come, by tokenizers of two kinds."""

from collections.abc import Sequence
from functools import cache

import pytest
import torch
from expunge.models.generation import TokenStreamer, streaming
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, TextIteratorStreamer

TEXT = "The capital of France is Paris.\n  indented \n\n中文字符 naïve café 😀👩‍👩‍👧 don't , really ?"


@cache
def tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer as GPT-2 has it, of bytes; or as Llama 2 has it, of words, and of bytes for what it does not know."""
    if kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        made.train_from_iterator(
            [TEXT], trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
        )
    else:
        pieces = [f"<0x{byte:02X}>" for byte in range(256)]
        words = ["▁", *"Thecapitlofrns.", "▁The", "▁capital", "▁of", "▁France", "▁is", "▁Paris", "▁in", "▁▁"]
        vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, *words]))}
        made = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True, fuse_unk=True))
        made.add_tokens(words)
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        made.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
    return PreTrainedTokenizerFast(tokenizer_object=made)


def streamed(kind: str, ids: Sequence[int]) -> str:
    streamer: TextIteratorStreamer = TokenStreamer(tokenizer(kind))
    streamer.put(torch.tensor([[1, 2, 3]]))
    for number in ids:
        streamer.put(torch.tensor([number]))
    streamer.end()
    return "".join(streamer)


@pytest.mark.parametrize("kind", ["bytes", "words"])
@example(TEXT)
@example("The capital\n of France")
@given(st.text(max_size=40))
def test_pieces_together_are_what_all_tokens_at_once_give(kind: str, text: str) -> None:
    ids = tokenizer(kind).encode(text, add_special_tokens=False)
    assert streamed(kind, ids) == tokenizer(kind).decode(ids)


@given(st.lists(st.integers(0, 299), max_size=40))
def test_bytes_that_are_no_text_come_as_they_are_decoded(ids: list[int]) -> None:
    assert streamed("bytes", ids) == tokenizer("bytes").decode(ids)


@pytest.mark.parametrize("kind", ["bytes", "words"])
def test_a_token_comes_at_once_and_no_part_of_a_character(kind: str) -> None:
    ids = tokenizer(kind).encode("is\n😀 is", add_special_tokens=False)
    streamer = TokenStreamer(tokenizer(kind))
    streamer.next_tokens_are_prompt = False
    pieces = []
    for number in ids:
        streamer.put(torch.tensor([number]))
        pieces.append("".join(streamer.text_queue.get() for _ in range(streamer.text_queue.qsize())))
    face = pieces.index("😀")
    assert pieces[face - 2 : face] == ["", ""]
    assert all(pieces[face:])
    assert all(pieces[: pieces.index("\n") + 1])


def test_a_generation_that_fails_ends_the_pieces_and_is_told_after() -> None:
    def generate(streamer: TokenStreamer, stopping_criteria: object) -> None:
        streamer.put(torch.tensor([[1]]))
        streamer.put(torch.tensor(tokenizer("bytes").encode("is", add_special_tokens=False)))
        raise RuntimeError("out of memory")

    with streaming(generate, tokenizer("bytes")) as answer:
        assert "".join(answer.pieces) == "is"
    with pytest.raises(RuntimeError, match="out of memory"):
        answer.output.result()
