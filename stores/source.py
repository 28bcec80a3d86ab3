"""What detection and the gate need of a register: of one that changes under them, or of one moment of it."""

from collections.abc import Iterable
from typing import Protocol

from ..schema import Embedder, Target, Thresholds, Vectors
from .abstentions import Abstentions
from .index import Hit, Kind
from .keys import Keys
from .ledger import Recorder
from .trained import Contents


class Searchable(Protocol):
    """Vectors of targets' texts."""

    def search(self, kind: Kind, vectors: Vectors, k: int) -> list[list[Hit]]:
        """Return the `k` texts nearest to each vector, shape `(queries, dimensions)`, nearest first."""

    def vectors(self, kind: Kind, target_id: str) -> Vectors:
        """Return a target's vectors, shape `(texts, dimensions)`, in the order of its texts; `(0, 0)` without any."""

    def count(self, kind: Kind) -> int:
        """Return the number of vectors of this kind."""


class TargetSource(Protocol):
    """The targets of a register with all that belongs to them. A `TargetStore` is one, and so is a `Snapshot`."""

    @property
    def keys(self) -> Keys:
        """The register's keys."""

    @property
    def revision(self) -> int:
        """Counts the changes of the register."""

    @property
    def thresholds(self) -> Thresholds:
        """How much evidence it takes."""

    @property
    def abstentions(self) -> Abstentions | None:
        """How the wrapped model answers on unknown names; `None` when that was never set."""

    @property
    def embedder(self) -> Embedder:
        """The embedding model."""

    @property
    def index(self) -> Searchable:
        """The vectors of its targets."""

    @property
    def trained(self) -> Contents:
        """What was trained on its targets."""

    @property
    def ledger(self) -> Recorder:
        """Where decisions are recorded."""

    def versions(self) -> dict[str, int]:
        """Return the version of every target by its id."""

    def get_many(self, target_ids: Iterable[str]) -> list[Target]:
        """Return those of these targets that are registered."""
