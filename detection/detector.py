"""All layers over one register: what in a text speaks for which target, without a language model."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from threading import RLock

from ..schema import Ability, Policy, Target, Vectors
from ..stores.targets import TargetStore
from .aliases import Aliases
from .canonical import Span, Words, canonical
from .decoding import readings
from .evidence import Evidence, Scan, Sighting
from .fingerprints import Fingerprints
from .fuzzy import FuzzyNames
from .marks import Mark
from .meaning import Likeness, Meaning
from .memories import Memories
from .parties import Parties
from .scope import Judgement, Side
from .sightings import see_disguised, see_names
from .topics import TopicHit, Topics


class Detector:
    """Finds targets in text. Follows the register: a target counts from the exchange after its registration on.

    Threads may share one detector.

    Args:
        store: The register.
        without: Layers that are switched off, to measure what each is worth.
    """

    def __init__(self, store: TargetStore, *, without: Collection[Ability] = ()) -> None:
        self._store = store
        self._without = frozenset(without)
        self._lock = RLock()
        self._revision = -1
        self._targets: dict[str, Target] = {}
        self._versions: dict[str, int] = {}
        self._documented: set[str] = set()
        self._aliases = Aliases()
        self._fuzzy = FuzzyNames()
        self._parties = Parties()
        self._fingerprints = Fingerprints()
        self._meaning = Meaning(store)
        self._memories = Memories(store, self._meaning)
        self._topics = Topics(lambda: store.embedder, store.trained)

    def __len__(self) -> int:
        """Return the number of targets that are enforced."""
        return len(self._targets)

    @property
    def revision(self) -> int:
        """The revision of the register that decides now."""
        return self._revision

    @property
    def fuzzy_threshold(self) -> float:
        """The likeness from which on a name with typing errors counts."""
        return self._fuzzy.threshold

    def has(self, ability: Ability) -> bool:
        """Whether a layer is switched on."""
        return ability not in self._without

    def target(self, target_id: str) -> Target:
        """Return an enforced target."""
        return self._targets[target_id]

    def policy_of(self, target_id: str) -> Policy | None:
        """Return the sides of a target's own policy; `None` when it has none or is no longer enforced."""
        target = self._targets.get(target_id)
        return target.policy if target else None

    def sync(self) -> None:
        """Bring the layers up to date with the register; costs microseconds when nothing has changed."""
        revision = self._store.revision
        if revision != self._revision:
            with self._lock:
                self._follow(revision)

    def knows(self, target_id: str) -> bool:
        """Whether a target has documents, which tell it from others of its name."""
        return target_id in self._documented

    def enforces(self, target_id: str) -> bool:
        """Whether a target is registered and neither paused nor expired when the register was last read."""
        return target_id in self._targets

    def contradicts(self, target_id: str, marks: Sequence[Mark], *, unfamiliar: bool = False) -> bool:
        """Whether the marks of a text say other things of its subject than the documents of a target do."""
        with self._lock:
            return self._fingerprints.contradicts(target_id, marks, unfamiliar=unfamiliar)

    def warm_up(self) -> None:
        """Load what the first exchange would otherwise wait for, so that what is missing or busy is said now.

        Raises:
            StoreBusy: When another process owns the index.
            EmbeddingMismatch: When the index holds another embedding model's vectors.
            PrerequisiteError: When the embedding model is missing.
        """
        self.sync()
        self.likeness(["warm"], 1)
        self._memories.ready()

    def scan(self, text: str) -> Scan:
        """Search one text for names, parts of names and marks, in every reading."""
        plain = canonical(text)
        found: Scan = {}
        with self._lock:
            see_names(found, text, plain, self._aliases, self._fuzzy)
            self._see_marks(found, text, plain)
            self._parties.see(found, text, plain)
            for reading in readings(text, plain) if self.has("decoding") else ():
                see_disguised(found, reading, self._aliases)
                if reading.decoded:
                    self._see_marks(found, reading.decoded, canonical(reading.decoded), Span(0, len(text)))
            now = datetime.now(UTC)
            return {key: evidence for key, evidence in found.items() if evidence and self._in_force(key, now)}

    def completed(self, ask: str, draft: str) -> dict[str, list[Sighting]]:
        """Return where a draft names the parties of a record that an ask leaves out, by record."""
        if not self._parties:
            return {}
        with self._lock:
            now = datetime.now(UTC)
            found = self._parties.completed(canonical(ask), canonical(draft))
            return {target_id: names for target_id, names in found.items() if self._in_force(target_id, now)}

    def likeness(self, texts: Sequence[str], nearest: int) -> list[Likeness]:
        """Compare passages with the documents of the register; nothing is embedded when there are none.

        Args:
            texts: The passages.
            nearest: How many nearest documents and kept texts are looked at.
        """
        if not self._documented or not self.has("meaning"):
            return []
        return self._meaning.likeness(texts, nearest, self._targets.keys())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), d)`, rows of unit length."""
        return self._meaning.embed(texts)

    def judges(self, target_id: str) -> bool:
        """Whether sentences on a target are judged between what must go and what stays."""
        return target_id in self._memories and self.has("meaning")

    def judge_scope(self, target_id: str, vectors: Vectors, prefer: Side) -> Judgement:
        """Judge passages on a target whose scope is its documents.

        Args:
            target_id: The target.
            vectors: Embeddings of sentences of a draft, alone or after what was asked, shape `(n, d)`.
            prefer: The side that uncertain passages fall on.
        """
        return self._memories.judge(target_id, vectors, prefer)

    def topics(self, text: str) -> list[TopicHit]:
        """Return the topics that a text is on, by its passage that is most on it; most text is not even embedded."""
        hits = self._topics.search(text, disguised=self.has("decoding"))
        with self._lock:
            now = datetime.now(UTC)
            return [hit for hit in hits if hit.target in self._targets and self._in_force(hit.target, now)]

    def _in_force(self, target_id: str, now: datetime) -> bool:
        expires_at = self._targets[target_id].expires_at
        return expires_at is None or expires_at > now

    def _follow(self, revision: int) -> None:
        versions = self._store.versions()
        changed = [target_id for target_id, version in versions.items() if self._versions.get(target_id) != version]
        for target_id in [*(self._versions.keys() - versions.keys()), *changed]:
            self._drop(target_id)
        for target in self._store.get_many(changed):
            if target.state != "paused":
                self._take(target)
        self._versions = versions
        self._aliases.ready()
        self._parties.ready()
        self._fingerprints.ready()
        self._topics.ready()
        self._revision = revision

    def _take(self, target: Target) -> None:
        self._targets[target.id] = target
        if target.documents:
            self._documented.add(target.id)
        if target.kind != "topic" or not target.documents:
            self._take_name(target)
        elif self.has("topic"):
            self._topics.add(target)
        if target.kind != "topic" and target.scope == "documents":
            self._memories.add(target)
        if target.kind != "topic" and self.has("fingerprint"):
            self._fingerprints.add(target)

    def _take_name(self, target: Target) -> None:
        if self.has("alias"):
            self._aliases.add(target)
            self._parties.add(target)
        if self.has("fuzzy"):
            self._fuzzy.add(target)

    def _drop(self, target_id: str) -> None:
        if self._targets.pop(target_id, None):
            self._aliases.remove(target_id)
            self._parties.remove(target_id)
            self._fuzzy.remove(target_id)
            self._fingerprints.remove(target_id)
            self._topics.remove(target_id)
            self._documented.discard(target_id)
            self._memories.remove(target_id)

    def _see_marks(self, found: Scan, text: str, words: Words, place: Span | None = None) -> None:
        """Add the marks in a text; `place` is where it stands in the original, when it was decoded from there."""
        for mark in self._fingerprints.search(text, words):
            placed = mark._replace(start=place.start, end=place.end) if place else mark
            found.setdefault(mark.target, Evidence()).marks.append(placed)
