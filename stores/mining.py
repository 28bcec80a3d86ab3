"""From what a model says of a target to what could be added to it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from ..models import load_chat_model
from ..models.structured import ask_record
from ..prompts import render
from ..prompts.variables import MinerPrompt
from ..schema import Target
from .claims import Mined, read_by_rules
from .interview import Exchange, interview
from .proposals import Proposal, sifted

MINING_S = 60.0
"""Seconds that mining a batch of answers may take, a repair included."""

# Characters of an answer that are read, and of the answers that are mined in one call: a context may be small.
_LONGEST_ANSWER = 4_000
_BATCH = 12_000


def propose(target: Target, model: str | Path | BaseChatModel, other_names: Iterable[str]) -> Proposal:
    """Ask a model about a target, and return what could be added to it.

    Args:
        target: The target. The model is told its kind and its name, and nothing else of it.
        model: What `load_chat_model` takes.
        other_names: Names of other targets, which are no aliases of this one.

    Raises:
        ModelNotFound: There is no such model.
        PrerequisiteError: A package or a credential is missing.
    """
    chat = load_chat_model(model)
    held = interview(target, chat)
    said = " ".join(exchange.answer for exchange in held.exchanges)
    found = sifted(target, list(mine(target, held.exchanges, chat)), said, other_names)
    return found.model_copy(update={"asked": held.asked, "failed": held.failed})


def mine(target: Target, exchanges: Iterable[Exchange], model: BaseChatModel) -> Iterator[Mined]:
    """Yield what an interview holds, some exchanges at a time.

    The model fills in a record; where it cannot, its answers are read by rules.
    """
    for batch in _batches(exchanges):
        numbered = {str(number): exchange for number, exchange in enumerate(batch, 1)}
        prompt = MinerPrompt(
            name=target.name,
            questions={number: exchange.question for number, exchange in numbered.items()},
            answers={number: exchange.answer for number, exchange in numbered.items()},
        )
        reply = ask_record(model, render(prompt), Mined, timeout_s=MINING_S)
        yield reply.record or read_by_rules(target, [exchange.answer for exchange in batch])


def _batches(exchanges: Iterable[Exchange]) -> Iterator[Sequence[Exchange]]:
    batch: list[Exchange] = []
    size = 0
    for question, answer in exchanges:
        exchange = Exchange(question, answer[:_LONGEST_ANSWER])
        if batch and size + len(exchange.answer) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(exchange)
        size += len(exchange.answer)
    if batch:
        yield batch
