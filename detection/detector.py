"""All layers over one register: what in a text speaks for which target, without a language model."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import RLock

from ..schema import Policy, Target
from ..stores.targets import TargetStore
from .aliases import Aliases
from .canonical import Span, Words, canonical
from .decoding import readings
from .evidence import Evidence, Scan, Sighting
from .fingerprints import Fingerprints
from .fuzzy import FuzzyNames
from .meaning import Likeness, Meaning
from .rarity import distinctiveness
from .sentences import people
from .topics import Probe, background, train

# Longer texts are searched for fuzzy names in their first part only in order to bound the time.
_FUZZY_WORDS = 20_000
_INEXACT = {"derived", "part"}
_NAME_START = '"“‘(['


class Detector:
    """Finds targets in text. Follows the register: a target counts from the exchange after its registration on.

    Threads may share one detector.

    Args:
        store: The register.
    """

    def __init__(self, store: TargetStore) -> None:
        self._store = store
        self._lock = RLock()
        self._revision = -1
        self._targets: dict[str, Target] = {}
        self._versions: dict[str, int] = {}
        self._documented: set[str] = set()
        self._aliases = Aliases()
        self._fuzzy = FuzzyNames()
        self._fingerprints = Fingerprints()
        self._meaning = Meaning(store)
        self._probes: dict[str, Probe] = {}

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

    def warm_up(self) -> None:
        """Load what the first exchange would otherwise wait for, so that what is missing or busy is said now.

        Raises:
            StoreBusy: When another process owns the index.
            EmbeddingMismatch: When the index holds another embedding model's vectors.
            PrerequisiteError: When the embedding model is missing.
        """
        self.sync()
        self.likeness(["warm"], 1)

    def scan(self, text: str) -> Scan:
        """Search one text for names, parts of names and marks, in every reading."""
        plain = canonical(text)
        found: Scan = {}
        with self._lock:
            for disguise, words in readings(text, plain):
                self._scan_names(found, text, words, disguised=disguise != "plain")
            self._scan_fuzzy(found, plain)
            self._scan_parts(found, text, plain)
            _drop_others(found, text)
            for mark in self._fingerprints.search(text, plain):
                found.setdefault(mark.target, Evidence()).marks.append(mark)
            now = datetime.now(UTC)
            return {key: evidence for key, evidence in found.items() if evidence and self._in_force(key, now)}

    def likeness(self, texts: Sequence[str], nearest: int) -> list[Likeness]:
        """Compare passages with the documents of the register; nothing is embedded when there are none.

        Args:
            texts: The passages.
            nearest: How many nearest documents and kept texts are looked at.
        """
        if not self._documented:
            return []
        return self._meaning.likeness(texts, nearest)

    @property
    def has_topics(self) -> bool:
        """Whether a topic is enforced, so that every question's meaning has to be looked at."""
        return bool(self._probes)

    def topics(self, likeness: Likeness) -> list[tuple[str, float, float]]:
        """Return the topics that a passage is on: target id, log-odds and threshold."""
        scored = [
            (target_id, float(probe.scores(likeness.vector[None])[0]), probe.threshold)
            for target_id, probe in self._probes.items()
        ]
        return [(target_id, score, threshold) for target_id, score, threshold in scored if score > threshold]

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
        self._fingerprints.ready()
        self._train_probes()
        self._revision = revision

    def _take(self, target: Target) -> None:
        self._targets[target.id] = target
        if target.documents:
            self._documented.add(target.id)
        if target.kind != "topic" or not target.documents:
            self._aliases.add(target)
            self._fuzzy.add(target)
        if target.kind != "topic":
            self._fingerprints.add(target)

    def _drop(self, target_id: str) -> None:
        if self._targets.pop(target_id, None):
            self._aliases.remove(target_id)
            self._fuzzy.remove(target_id)
            self._fingerprints.remove(target_id)
            self._probes.pop(target_id, None)
            self._documented.discard(target_id)

    def _train_probes(self) -> None:
        topics = [t for t in self._targets.values() if t.kind == "topic" and t.documents and t.id not in self._probes]
        if not topics:
            return
        general = background()
        for topic in topics:
            negatives = self._meaning.embed([*topic.keep, *general])
            self._probes[topic.id] = train(self._meaning.embed(topic.documents), negatives)

    def _scan_names(self, found: Scan, text: str, words: Words, *, disguised: bool) -> None:
        for hit in self._aliases.search(words):
            span = words.span(hit.first, hit.last)
            sighting = Sighting(
                span.start, span.end, hit.strength, 1.0, disguised, disguised or _as_name(text, span.start)
            )
            if disguised and (hit.strength == "common" or _seen(found, hit.target)):
                continue
            found.setdefault(hit.target, Evidence()).names.append(sighting)

    def _scan_fuzzy(self, found: Scan, words: Words) -> None:
        head = Words(words.words[:_FUZZY_WORDS], words.starts[:_FUZZY_WORDS], words.ends[:_FUZZY_WORDS])
        for hit in self._fuzzy.search(head):
            if not _seen(found, hit.target):
                span = words.span(hit.first, hit.last)
                sighting = Sighting(span.start, span.end, "fuzzy", hit.score)
                found.setdefault(hit.target, Evidence()).names.append(sighting)

    def _scan_parts(self, found: Scan, text: str, words: Words) -> None:
        for hit in self._aliases.parts_in(words):
            span = words.span(hit.first, hit.last)
            score = max(distinctiveness(word) for word in words.words[hit.first : hit.last + 1])
            sighting = Sighting(span.start, span.end, "part", score, as_name=text[span.start].isupper())
            found.setdefault(hit.target, Evidence()).parts.append(sighting)


def _drop_others(found: Scan, text: str) -> None:
    """Drop derived forms and parts of names that lie inside the longer name of somebody else."""
    doubtful = [s for evidence in found.values() for s in (*evidence.names, *evidence.parts) if s.strength in _INEXACT]
    others = people(text) if doubtful else []
    for evidence in found.values():
        evidence.names = [s for s in evidence.names if s.strength != "derived" or s.disguised or not _inside(s, others)]
        evidence.parts = [s for s in evidence.parts if not _inside(s, others)]


def _inside(sighting: Sighting, names: list[Span]) -> bool:
    """Whether a sighting lies inside a longer name; the names stand in the order of the text, none overlapping."""
    before = bisect_right(names, sighting.start, key=lambda name: name.start)
    if not before:
        return False
    name = names[before - 1]
    return sighting.end <= name.end and sighting.end - sighting.start < name.end - name.start


def _seen(found: Scan, target_id: str) -> bool:
    return target_id in found and bool(found[target_id].names)


def _as_name(text: str, start: int) -> bool:
    """Whether a word has a capital that is not explained by the start of a sentence."""
    before = text[max(0, start - 40) : start].rstrip().rstrip(_NAME_START)
    return text[start].isupper() and bool(before) and before[-1] not in ".!?:\n"
