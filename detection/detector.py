"""All layers over one register: what in a text speaks for which target, without a language model."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock, RLock
from typing import NamedTuple

from ..schema import Ability, Policy, Target, Vectors
from ..stores.source import TargetSource
from .aliases import Aliases
from .canonical import Span, Words, canonical
from .cuts import uncut
from .decoding import readings
from .evidence import Evidence, Scan, Sighting
from .fingerprints import Fingerprints
from .fuzzy import FuzzyNames
from .growth import Growth
from .imprints import Imprint
from .marks import Mark
from .meaning import Likeness, Meaning
from .memories import Memories
from .parties import Parties
from .probe import Probe
from .scope import Judgement, Side
from .sightings import see_disguised, see_glued, see_names
from .topics import TopicHit, Topics


class _Arrival(NamedTuple):
    """A target that is new or changed, with what of it takes time to work out."""

    target: Target
    imprint: Imprint | None
    probe: Probe | None


class Detector:
    """Finds targets in text. Follows the register: a target counts from the exchange after its registration on.

    Threads may share one detector. A target that changes is enforced all the time, as it was or as it is.

    Args:
        store: The register.
        without: Layers that are switched off, to measure what each is worth.
    """

    def __init__(self, store: TargetSource, *, without: Collection[Ability] = ()) -> None:
        self._store = store
        self._without = frozenset(without)
        self._following = Lock()
        self._lock = RLock()
        self._revision = -1
        self._targets: Mapping[str, Target] = {}
        self._versions: dict[str, int] = {}
        self._documented = False
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

    @property
    def targets(self) -> Mapping[str, Target]:
        """The enforced targets by id, neither paused nor expired when the register was last read.

        It does not change; when the register does, there is a new one. Who asks more than once keeps the first.
        """
        return self._targets

    def policy_of(self, target_id: str) -> Policy | None:
        """Return the sides of a target's own policy; `None` when it has none or is no longer enforced."""
        target = self._targets.get(target_id)
        return target.policy if target else None

    def sync(self) -> None:
        """Bring the layers up to date with the register; costs microseconds when nothing has changed."""
        if self._store.revision != self._revision:
            with self._following:
                revision = self._store.revision
                if revision != self._revision:  # no other thread was first
                    self._follow(revision)

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

    def scan(self, text: str, growth: Growth | None = None) -> Scan:
        """Search one text for names, parts of names and marks, in every reading.

        Args:
            text: The text.
            growth: What was found in its beginning, when the text is one that grows.
        """
        # Parties of one record may stand far apart: where there are records, all of a text is searched each time.
        return self._scan(text) if growth is None or self._parties else growth.scan(text, self._scan)

    def _scan(self, text: str) -> Scan:
        plain = canonical(text)
        found: Scan = {}
        with self._lock:
            see_names(found, text, plain, self._aliases, self._fuzzy)
            self._see_marks(found, text, plain)
            self._parties.see(found, text, plain)
            for reading in readings(text, plain) if self.has("decoding") else ():
                if reading.disguise == "glued":
                    see_glued(found, text, reading.words, self._aliases)
                    continue
                see_disguised(found, reading, self._aliases)
                if reading.decoded:
                    self._see_marks(found, reading.decoded, canonical(reading.decoded), Span(0, len(text)))
            now = datetime.now(UTC)
            return {key: evidence for key, evidence in found.items() if evidence and self._in_force(key, now)}

    def uncut(self, text: str, cut: int) -> int:
        """Return the last place up to a cut that cuts no name and no mark of which the beginning is known.

        Args:
            text: A text of which more is to come.
            cut: The index of the first character that is to be cut off.
        """
        with self._lock:
            return uncut(text, cut, self._aliases, self._fingerprints)

    def completed(self, ask: str, draft: str) -> dict[str, list[Sighting]]:
        """Return where a draft names the parties of a record that an ask leaves out, by record."""
        with self._lock:
            if not self._parties:
                return {}
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
        return self._meaning.likeness(texts, nearest, self._targets)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), d)`, rows of unit length."""
        return self._meaning.embed(texts)

    def judges(self, target_id: str) -> bool:
        """Whether sentences on a target are judged between what must go and what stays."""
        return target_id in self._memories and self.has("meaning")

    def judge_scope(self, target_id: str, vectors: Vectors, prefer: Side) -> Judgement | None:
        """Judge passages on a target whose scope is its documents; `None` when it is not there any more.

        Args:
            target_id: The target.
            vectors: Embeddings of sentences of a draft, alone or after what was asked, shape `(n, d)`.
            prefer: The side that uncertain passages fall on.
        """
        return self._memories.judge(target_id, vectors, prefer)

    def topics(self, text: str) -> list[TopicHit]:
        """Return the topics that a text is on, by its passage that is most on it; most text is not even embedded."""
        hits = self._topics.search(text, disguised=self.has("decoding"))
        now = datetime.now(UTC)
        return [hit for hit in hits if self._in_force(hit.target, now)]

    def _in_force(self, target_id: str, now: datetime) -> bool:
        target = self._targets.get(target_id)
        return target is not None and (target.expires_at is None or target.expires_at > now)

    def _follow(self, revision: int) -> None:
        """Take over what has changed in the register; what takes time comes before anything is dropped."""
        versions = self._store.versions()
        changed = [target_id for target_id, version in versions.items() if self._versions.get(target_id) != version]
        left = {*changed, *(self._versions.keys() - versions.keys())}
        arrivals = [self._prepare(target) for target in self._store.get_many(changed) if target.state != "paused"]
        targets = {target_id: target for target_id, target in self._targets.items() if target_id not in left}
        targets |= {arrival.target.id: arrival.target for arrival in arrivals}
        self._judge_also(arrivals)
        with self._lock:
            for target_id in left & self._targets.keys():
                self._drop(target_id)
            for arrival in arrivals:
                self._take(arrival)
            self._aliases.ready()
            self._parties.ready()
            self._fingerprints.ready()
            self._targets = targets
            self._documented = any(target.documents for target in targets.values())
        self._judge_no_more(left, targets)
        self._versions = versions
        self._revision = revision

    def _prepare(self, target: Target) -> _Arrival:
        imprint = Imprint.of(target) if target.kind != "topic" and self.has("fingerprint") else None
        probe = self._topics.train(target) if _has_probe(target) and self.has("topic") else None
        return _Arrival(target, imprint, probe)

    def _judge_also(self, arrivals: Sequence[_Arrival]) -> None:
        """Have targets judged before they are enforced, by layers that have locks of their own: those may embed."""
        for target, _, probe in arrivals:
            if probe:
                self._topics.add(target.id, probe)
            if _has_scope(target):
                self._memories.add(target)

    def _judge_no_more(self, left: Collection[str], targets: Mapping[str, Target]) -> None:
        """Have targets judged no more that are not enforced, or not in this way."""
        for target_id in left:
            target = targets.get(target_id)
            if not (target and _has_probe(target)):
                self._topics.remove(target_id)
            if not (target and _has_scope(target)):
                self._memories.remove(target_id)

    def _take(self, arrival: _Arrival) -> None:
        target = arrival.target
        if not _has_probe(target):
            if self.has("alias"):
                self._aliases.add(target)
                self._parties.add(target)
            if self.has("fuzzy"):
                self._fuzzy.add(target)
        if arrival.imprint:
            self._fingerprints.add(arrival.imprint)

    def _drop(self, target_id: str) -> None:
        self._aliases.remove(target_id)
        self._parties.remove(target_id)
        self._fuzzy.remove(target_id)
        self._fingerprints.remove(target_id)

    def _see_marks(self, found: Scan, text: str, words: Words, place: Span | None = None) -> None:
        """Add the marks in a text; `place` is where it stands in the original, when it was decoded from there."""
        for mark in self._fingerprints.search(text, words):
            placed = mark._replace(start=place.start, end=place.end) if place else mark
            found.setdefault(mark.target, Evidence()).marks.append(placed)


def _has_probe(target: Target) -> bool:
    """Whether a target is found by what a text is on, not by its name."""
    return target.kind == "topic" and bool(target.documents)


def _has_scope(target: Target) -> bool:
    """Whether sentences on a target are judged between what must go and what stays."""
    return target.kind != "topic" and target.scope == "documents"
