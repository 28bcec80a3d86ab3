"""The physical floor: what embedding, the index and the graph cost by themselves, whatever detection does."""

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter, process_time
from typing import TypedDict, TypeVar

from langgraph.graph import StateGraph

from ..schema import Embedder, Policy
from ..stores.index import Index
from .synthetic import Exchange
from .timing import Cost, Floor, Times

NEAREST = Policy().candidates
"""How many nearest documents one query of the index asks for."""

Item = TypeVar("Item")


def measure_floor(model: Embedder, index: Index | None, exchanges: Sequence[Exchange]) -> Floor:
    """Measure the floor on exchanges, at least one.

    Args:
        model: The embedding model.
        index: The index to ask; `None`: there are no documents.
        exchanges: Prompts and drafts that the model has not seen.
    """
    vectors = [model.embed(exchange) for exchange in exchanges]
    return Floor(
        prompt=cost_of_each(lambda exchange: model.embed([exchange.prompt]), exchanges),
        exchange=cost_of_each(model.embed, exchanges),
        query=cost_of_each(lambda pair: index.search("forget", pair, NEAREST), vectors) if index else None,
        graph=cost_of_each(_empty_graph(), range(len(exchanges))),
    )


def cost_of_each(function: Callable[[Item], object], items: Iterable[Item]) -> Cost:
    """Do something with each item, at least one, and summarise how long it took."""
    clock, processor = [], []
    for item in items:
        start, start_processor = perf_counter(), process_time()
        function(item)
        processor.append((process_time() - start_processor) * 1000)
        clock.append((perf_counter() - start) * 1000)
    return Cost(clock=Times.of(clock), processor=Times.of(processor))


class _Nothing(TypedDict):
    step: int


def _empty_graph() -> Callable[[int], object]:
    """Compile a graph of six nodes in a row that do nothing."""
    names = ("vet", "generate", "audit", "rewrite", "critique", "gate")
    graph = StateGraph(_Nothing).add_sequence([(name, lambda state: state) for name in names])
    compiled = graph.set_entry_point(names[0]).compile()
    return lambda step: compiled.invoke({"step": step})
