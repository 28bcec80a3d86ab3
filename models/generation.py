"""Generation by transformers: in threads that suit the model, and as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, Generic, NamedTuple, TypeVar, cast

import torch
from transformers import PreTrainedTokenizerBase, StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

SMALL = 20_000_000
"""Parameters below which a model runs in one thread."""

Output = TypeVar("Output")


class Streaming(NamedTuple, Generic[Output]):
    """An answer in the making: its text piece by piece, and what the generation returns."""

    pieces: Iterator[str]
    output: Future[Output]


@contextmanager
def streaming(generate: Callable[..., Output], tokenizer: PreTrainedTokenizerBase) -> Iterator[Streaming[Output]]:
    """Run `generate` in a thread, with the arguments that make transformers stream; leaving the context ends it.

    The pieces end when the generation does, and then `output` is there, or raises what went wrong. A context that is
    left before lets the step under way come to its end, and no more: no thread stays behind.
    """
    streamer, closed = TokenStreamer(tokenizer, skip_special_tokens=True), Closed()
    with ThreadPoolExecutor(1, thread_name_prefix="generation") as pool:
        output = pool.submit(generate, streamer=streamer, stopping_criteria=StoppingCriteriaList([closed]))
        output.add_done_callback(lambda _: streamer.on_finalized_text("", stream_end=True))
        try:
            yield Streaming(streamer, output)
        finally:
            closed.event.set()


class TokenStreamer(TextIteratorStreamer):
    """The text of every token as it comes: together, what decoding all of them at once gives.

    The class beneath waits for the end of every word. It also forgets its tokens at the end of a line, and the
    tokenizers of Llama 2 and its like leave out the space that a text begins with. Here a token is decoded together
    with those of the piece before it.
    """

    _context = 0  # tokens of `token_cache` whose text is in the queue

    def put(self, value: torch.Tensor) -> None:
        """Take the next token's id, and put its text into the queue; the first call brings the prompt."""
        if self.next_tokens_are_prompt:
            self.next_tokens_are_prompt = False
            return
        self.token_cache.extend(value.flatten().tolist())
        piece = self._decoded()[self.print_len :]
        if not piece or piece.endswith("\ufffd"):  # the bytes of a character that is not whole
            return
        self.on_finalized_text(piece)
        self.token_cache = self.token_cache[self._context :]
        self._context, self.print_len = len(self.token_cache), len(self._decoded())

    def _decoded(self) -> str:
        return str(self.tokenizer.decode(self.token_cache, **self.decode_kwargs))


class Closed(StoppingCriteria):
    """Ends a generation whose reader is gone."""

    def __init__(self) -> None:
        self.event = Event()

    def __call__(
        self, input_ids: torch.LongTensor, scores: tuple[torch.Tensor] | None, **kwargs: Any
    ) -> torch.BoolTensor:
        """Return for each row, shape `(B,)`, whether it ends here."""
        ends = torch.full(input_ids.shape[:1], self.event.is_set(), dtype=torch.bool, device=input_ids.device)
        return cast("torch.BoolTensor", ends)


@contextmanager
def suited_threads(parameters: int) -> Iterator[None]:
    """Run a small model in one thread: more take longer to meet than they save, and much longer on busy cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if parameters < SMALL else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def sampling(temperature: float) -> dict[str, Any]:
    """Return the arguments of `generate` for a temperature; 0 is greedy search."""
    if temperature > 0:
        return {"do_sample": True, "temperature": temperature}
    # None takes back what the model's own configuration says of sampling: greedy search would warn of it.
    return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
