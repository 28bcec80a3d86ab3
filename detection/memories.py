"""The memories of the targets whose scope is their documents, kept in step with the register."""

from collections import defaultdict
from collections.abc import Sequence
from threading import RLock

from ..schema import Target, TargetKind, Vectors
from ..stores.index import Kind
from ..stores.source import TargetSource
from .meaning import Meaning
from .scope import SHARED, Judgement, Memory, ScopeJudge, ScopeProbe, Side

_KINDS: tuple[Kind, Kind] = ("forget", "keep")


class Memories:
    """What the judge of scope is trained on, and the probes that it makes. Threads may share it.

    The vectors of documents and kept texts are those of the index; names are embedded here. A target that others do
    not learn from is looked at when it is first asked for.

    Args:
        store: The register.
        meaning: What embeds.
    """

    def __init__(self, store: TargetSource, meaning: Meaning) -> None:
        self._store = store
        self._meaning = meaning
        self._lock = RLock()
        self._targets: dict[str, Target] = {}
        self._memories: dict[str, Memory] = {}
        self._probes: dict[str, ScopeProbe] = {}
        self._judge: ScopeJudge | None = None

    def __contains__(self, target_id: str) -> bool:
        return target_id in self._targets

    def add(self, target: Target) -> None:
        """Take a target in, in place of an earlier version; the judge is trained anew before it next decides."""
        with self._lock:
            self._targets[target.id] = target
            self._memories.pop(target.id, None)
            self._judge = None

    def remove(self, target_id: str) -> None:
        """Forget a target that was taken in."""
        with self._lock:
            if self._targets.pop(target_id, None):
                self._memories.pop(target_id, None)
                self._judge = None

    def ready(self) -> ScopeJudge:
        """Train the judge if anything has changed; without targets nothing is loaded or embedded."""
        with self._lock:
            if self._judge is None:
                shared = self._shared()
                self._remember(shared)
                self._probes = {}
                self._judge = ScopeJudge({target.id: self._memories[target.id] for target in shared})
            return self._judge

    def judge(self, target_id: str, vectors: Vectors, prefer: Side) -> Judgement | None:
        """Judge passages on a target that was taken in; `None` when it, or what the index holds of it, is gone.

        Args:
            target_id: The target.
            vectors: Embeddings of passages, one at least, shape `(n, d)`.
            prefer: The side that uncertain passages fall on.
        """
        with self._lock:
            judge = self.ready()
            probe = self._probes.get(target_id) or self._probe(judge, target_id)
            return probe.judge(vectors, prefer) if probe else None

    def _probe(self, judge: ScopeJudge, target_id: str) -> ScopeProbe | None:
        if target_id not in self._targets:
            return None
        self._remember([self._targets[target_id]])
        memory = self._memories[target_id]
        if not len(memory.forget):  # erased since the register was last read
            return None
        probe = self._probes[target_id] = judge.probe(target_id, memory)
        return probe

    def _shared(self) -> list[Target]:
        """Return the targets that others learn from: the first of each kind."""
        by_kind: dict[TargetKind, list[Target]] = defaultdict(list)
        for target in self._targets.values():
            by_kind[target.kind].append(target)
        return [target for own in by_kind.values() for target in own[:SHARED]]

    def _remember(self, targets: Sequence[Target]) -> None:
        new = [target for target in targets if target.id not in self._memories]
        names = self._meaning.embed([target.name for target in new])
        for target, name in zip(new, names, strict=True):
            forget, keep = (self._store.index.vectors(kind, target.id) for kind in _KINDS)
            self._memories[target.id] = Memory(target.kind, name, forget, keep)
