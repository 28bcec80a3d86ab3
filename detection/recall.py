"""A detector that remembers what it found: in a log, an answer comes again as the context of the next question."""

from collections import OrderedDict
from typing import Generic, TypeVar

from ..stores.source import TargetSource
from .detector import Detector
from .evidence import Scan
from .growth import Growth
from .topics import TopicHit

Found = TypeVar("Found")

_TEXTS = 1_024
# What is remembered must not fill the memory.
_CHARACTERS = 20_000


class RecallingDetector(Detector):
    """Finds targets in text, in each of the latest texts once. For a register that does not change meanwhile.

    Args:
        source: The register, at one moment.
    """

    def __init__(self, source: TargetSource) -> None:
        super().__init__(source)
        self._scans = _Latest[Scan]()
        self._hits = _Latest[list[TopicHit]]()

    def scan(self, text: str, growth: Growth | None = None) -> Scan:
        """Search one text, as `Detector.scan` does; a text that grows is searched as a whole."""
        found = self._scans.get(text)
        if found is None:
            found = self._scans.keep(text, super().scan(text))
        # Who takes the evidence may add to it.
        return {target_id: evidence.copy() for target_id, evidence in found.items()}

    def topics(self, text: str) -> list[TopicHit]:
        """Return the topics that a text is on, as `Detector.topics` does."""
        hits = self._hits.get(text)
        return self._hits.keep(text, super().topics(text)) if hits is None else hits


class _Latest(Generic[Found]):
    """What was found lately, by text."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Found] = OrderedDict()

    def get(self, text: str) -> Found | None:
        return self._known.get(text)

    def keep(self, text: str, found: Found) -> Found:
        if len(text) <= _CHARACTERS:
            self._known[text] = found
            if len(self._known) > _TEXTS:
                self._known.popitem(last=False)
        return found
