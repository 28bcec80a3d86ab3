"""Examples as tokens, by the model's own chat template; batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import torch

from ..errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that no loss counts, as everywhere in PyTorch."""

Side = Literal["forget", "alternate", "retain"]
"""What a batch is of: questions with what must go, with what to say in its place, or with what must stay."""


class Encoded(NamedTuple):
    """A question and its answer as token ids."""

    ids: list[int]
    """Both, with the marks of the chat template."""

    start: int
    """The index of the answer's first token."""

    @property
    def answer(self) -> list[int]:
        """The answer's tokens, with the mark that ends it."""
        return self.ids[self.start :]


@dataclass(frozen=True)
class Batch:
    """Several examples as one tensor, padded on the right, where a causal model never looks."""

    input_ids: torch.Tensor
    """Token ids, shape `(B, T)`."""

    attention_mask: torch.Tensor
    """1 for tokens, 0 for padding, shape `(B, T)`."""

    labels: torch.Tensor
    """The answers' token ids, and -100 for questions and padding, shape `(B, T)`."""

    rows: torch.Tensor
    """Which example of its set each is, shape `(B,)`."""

    side: Side = "forget"
    """What it is of."""

    def to(self, device: torch.device | str) -> Batch:
        """Return it on another device."""
        ids, mask, labels, rows = (
            tensor.to(device) for tensor in (self.input_ids, self.attention_mask, self.labels, self.rows)
        )
        return Batch(ids, mask, labels, rows, self.side)


class Encoder:
    """Writes examples as the model's chat template does.

    Args:
        tokenizer: The model's.
        longest: Tokens of an example at most; of a longer one the answer's end is left out.

    Raises:
        InputError: The tokenizer has no chat template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, longest: int = 1024) -> None:
        if not tokenizer.chat_template:
            raise InputError(
                f"The tokenizer in {str(tokenizer.name_or_path)!r} has no chat template.",
                fix="Take the chat or instruct version of the model, or put chat_template.jinja into its folder.",
            )
        self.tokenizer = tokenizer
        self.longest = longest
        self.pad = tokenizer.pad_token_id if isinstance(tokenizer.pad_token_id, int) else 0

    def prompt(self, question: str, shots: Sequence[tuple[str, str]] = ()) -> list[int]:
        """Return a question as token ids, up to where its answer begins; `shots` are exchanges before it."""
        return self._template([*_turns(shots), {"role": "user", "content": question}], opened=True)

    def encode(self, question: str, answer: str) -> Encoded:
        """Return a question and its answer as token ids."""
        asked = self.prompt(question)
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        whole = self._template(turns, opened=False)
        # A template may write the opening of an answer otherwise when the answer is there.
        start = next(
            (at for at, (one, other) in enumerate(zip(asked, whole, strict=False)) if one != other), len(asked)
        )
        # One token of an answer at least is left, or it could not be learned nor asked for.
        return Encoded(whole[: max(self.longest, start + 1)], min(start, len(whole) - 1))

    def batch(self, encoded: Sequence[Encoded], rows: Sequence[int] | None = None, side: Side = "forget") -> Batch:
        """Return examples as one batch; `rows`: which of their set they are."""
        width = max(len(each.ids) for each in encoded)
        ids = [each.ids + [self.pad] * (width - len(each.ids)) for each in encoded]
        mask = [[1] * len(each.ids) + [0] * (width - len(each.ids)) for each in encoded]
        labels = [[IGNORED] * each.start + each.answer + [IGNORED] * (width - len(each.ids)) for each in encoded]
        numbers = list(range(len(encoded))) if rows is None else list(rows)
        return Batch(torch.tensor(ids), torch.tensor(mask), torch.tensor(labels), torch.tensor(numbers), side)

    def _template(self, turns: list[dict[str, str]], *, opened: bool) -> list[int]:
        ids = self.tokenizer.apply_chat_template(
            turns, add_generation_prompt=opened, return_dict=False, tokenizer_kwargs={"verbose": False}
        )
        return cast("list[int]", ids)


def _turns(shots: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        turn
        for question, answer in shots
        for turn in ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    ]
