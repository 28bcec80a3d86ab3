"""From what a model says of a target to what could be added to it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import monotonic

from langchain_core.language_models import BaseChatModel

from ..models import load_chat_model
from ..models.structured import ask_record
from ..prompts import numbered, render
from ..prompts.variables import MinerPrompt
from ..schema import Target
from .claims import Mined, read_by_rules
from .interview import Exchange, interview
from .proposals import Proposal, sifted

PROPOSING_S = 240.0
"""Seconds that the model is asked and mined at most, all in all."""

MINING_S = 60.0
"""Seconds of these that are left for mining, and that mining a batch of answers may take, a repair included."""

_BATCH = 12_000  # characters of the answers that are mined in one call: a context may be small


def propose(target: Target, model: str | Path | BaseChatModel, taken: Iterable[str]) -> Proposal:
    """Ask a model about a target, for `PROPOSING_S` at most once it is loaded, and return what could be added to it.

    Args:
        target: The target. The model is told its kind and its name, and nothing else of it.
        model: What `load_chat_model` takes.
        taken: Names of other targets, which are no aliases of this one.

    Raises:
        ModelNotFound: There is no such model.
        PrerequisiteError: A package or a credential is missing.
    """
    chat = load_chat_model(model)
    end = monotonic() + PROPOSING_S
    held = interview(target, chat, PROPOSING_S - MINING_S)
    answers = [exchange.answer for exchange in held.exchanges]
    found = sifted(target, list(mine(target, held.exchanges, chat, end)), answers, taken)
    return found.model_copy(update={"asked": held.asked, "failed": held.failed})


def mine(target: Target, exchanges: Iterable[Exchange], model: BaseChatModel, end: float) -> Iterator[Mined]:
    """Yield what an interview holds, some exchanges at a time.

    The model fills in a record; where it cannot, or not before the end, its answers are read by rules.

    Args:
        target: The target.
        exchanges: The interview.
        model: The model.
        end: When it is asked no more, on the clock `monotonic`.
    """
    for batch in _batches(exchanges):
        answers = [exchange.answer for exchange in batch]
        prompt = MinerPrompt(target.name, numbered(exchange.question for exchange in batch), numbered(answers))
        left = min(MINING_S, end - monotonic())
        record = ask_record(model, render(prompt), Mined, timeout_s=left).record if left > 0 else None
        yield record or read_by_rules(target, answers)


def _batches(exchanges: Iterable[Exchange]) -> Iterator[Sequence[Exchange]]:
    batch: list[Exchange] = []
    size = 0
    for exchange in exchanges:
        if batch and size + len(exchange.answer) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(exchange)
        size += len(exchange.answer)
    if batch:
        yield batch
