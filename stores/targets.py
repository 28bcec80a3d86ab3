"""The register of targets with its index and its ledger, in one folder: what the other rooms work with."""

import logging
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import InputError, StoreBusy
from ..schema import Embedder, Target, Thresholds
from ..settings import settings
from .abstentions import Abstentions, read_abstentions, write_abstentions
from .chroma import open_chroma
from .index import Index
from .indexing import Indexer
from .ledger import Ledger
from .proposals import Approve, Proposal
from .register import Progress, Register
from .thresholds import Calibration, read_calibration, write_calibration
from .trained import Trained
from .transfer import ImportReport, export_targets, import_targets

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)


class TargetStore(Register):
    """The register of targets, in a folder of its own.

    The folder holds `register.db` (the source of truth, payloads encrypted), `key` (unless the key is given),
    `index/` (embeddings and opaque ids, made anew from the register at need) and `ledger.db` (decisions).
    Threads may share one store; several processes may open the same folder, and one of them owns the index.

    Args:
        path: The folder; created with owner-only rights when missing.
        key: The secret that opens the register; `None`: EXPUNGE_KEY, else the folder's key file.
        embeddings: The embedding model: its name, an `Embedder` or any LangChain embeddings;
            `None`: that of the settings. Loaded when first needed.
        tenant: Whose targets these are; tenants do not see each other's.
        actor: Who makes the changes that name nobody.

    Attributes:
        embeddings: The embedding model, as it was given.

    Raises:
        WrongKey: When the key does not open the register, or there is none.
        UnreadableStore: When the register is damaged, is no register, or may not be read.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        key: str | None = None,
        embeddings: "str | Embedder | Embeddings | None" = None,
        tenant: str = "default",
        actor: str | None = None,
    ) -> None:
        super().__init__(path, key=key, tenant=tenant, actor=actor)
        self.embeddings = embeddings
        self._index: Index | None = None
        self._ledger: Ledger | None = None
        self._lock = RLock()
        self._synced = -1
        self._abstentions: tuple[int, Abstentions | None] = (-1, None)

    def add(
        self,
        target: Target,
        *,
        why: str = "",
        who: str | None = None,
        model: "str | Path | BaseChatModel | None" = None,
        approve: Approve | None = None,
    ) -> Target:
        """Register a target.

        A model may be asked first by what else the target can be recognised: other names, whom and what it is tied
        to, facts. It is told the target's kind and name, nothing else of it. What it says is claimed, not true, and
        nothing of it is used unseen.

        Args:
            target: The target.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
            model: The model to ask, best the one that is to be wrapped, for what it knows is what may leak: a LangChain
                chat model, `"provider:model"`, a local path, or `"demo"`; `None`: none is asked. Takes seconds to
                minutes.
            approve: Called with the model's proposal before anything is registered; returns what of it is used, or
                `None` to register the target as it is.

        Returns:
            The target with its id, version, state and time.

        Raises:
            DuplicateTarget: When the same content is registered already.
            InvalidTarget: When its state is `expired` and its time is not up.
            InputError: When a model is given and nothing that approves of what it says.
            ModelNotFound: There is no such model.
            PrerequisiteError: A package or a credential that the model needs is missing.

        Warns:
            TargetWarning: When the target cannot be told apart well.
        """
        known = target if model is None else self._enriched(target, model, approve)
        [added] = self._add([known], why, who)
        return added

    def remove(self, target_id: str, *, why: str = "", who: str | None = None) -> None:
        """Erase a target: its row, the contents of all its changes, and its vectors.

        Nothing of them stays in the files. What stays is that a target of this id was removed, by whom and why.
        When another process owns the index, that process erases the vectors when it next uses the index.

        Args:
            target_id: The target's id.
            why: The reason, kept encrypted; it outlives the target, so it should not name it.
            who: Who asked for it; `None`: the store's actor.

        Raises:
            UnknownTarget: When no target has this id.
        """
        super().remove(target_id, why=why, who=who)
        self._erase_vectors()

    def import_jsonl(
        self, path: str | Path, *, why: str = "", who: str | None = None, progress: Progress | None = None
    ) -> ImportReport:
        """Register the targets of a file, one JSON object of a target's fields a line.

        What is registered already is skipped, so an import that was cut short can be run again. Ids (where free),
        versions, states and times of an export are restored. A bad line does not stop the others.

        Args:
            path: The file, UTF-8.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
            progress: Called with the number of lines read so far.

        Raises:
            InputError: When the file cannot be read.

        Warns:
            TargetWarning: When a target cannot be told apart well.
        """
        return import_targets(self, Path(path), why=why, who=who, progress=progress)

    def export_jsonl(self, path: str | Path) -> int:
        """Write all targets to a file in plain text, readable by its owner alone, and return their number.

        The file holds what the register encrypts. It is there whole or not at all.

        Raises:
            InputError: When the file cannot be written.
        """
        return export_targets(self, Path(path))

    @property
    def thresholds(self) -> Thresholds:
        """How much evidence it takes on this register: what was set for it, else the defaults.

        Raises:
            UnreadableStore: When what was set was changed by others, or comes from another register or tenant.
        """
        calibration = self.calibration
        return (calibration and calibration.thresholds) or Thresholds()

    @property
    def calibration(self) -> Calibration | None:
        """The thresholds last set, with who, when and why; `None` when none ever were. Raises as `thresholds`."""
        return read_calibration(self._database, self.keys, self._tenant)

    def set_thresholds(self, thresholds: Thresholds | None, *, why: str = "", who: str | None = None) -> None:
        """Set how much evidence it takes: for every sanitizer that is made on this register from now on.

        Args:
            thresholds: The thresholds; `None`: the defaults again.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
        """
        with self._changing() as connection:
            calibration = Calibration(
                thresholds=thresholds,
                revision=self.revision + 1,
                at=datetime.now(UTC),
                who=self.actor if who is None else who,
                why=why,
            )
            write_calibration(connection, self.keys, self._tenant, calibration)

    @property
    def abstentions(self) -> Abstentions | None:
        """How the wrapped model answers on unknown names, as it was last set; `None` when it never was.

        Takes microseconds when the register has not changed since.

        Raises:
            UnreadableStore: When what was set was changed by others, or comes from another register or tenant.
        """
        commits = self._database.commits_seen()
        if commits != self._abstentions[0]:
            self._abstentions = commits, read_abstentions(self._database, self.keys, self._tenant)
        return self._abstentions[1]

    def set_abstentions(self, abstentions: Abstentions | None, *, why: str = "", who: str | None = None) -> None:
        """Set what abstentions are drawn from: for every sanitizer on this register, those at work too.

        Args:
            abstentions: What was collected; `None`: the built-in phrases again.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
        """
        given = {"at": datetime.now(UTC), "who": self.actor if who is None else who, "why": why}
        own = (abstentions or Abstentions()).model_copy(update=given)
        write_abstentions(self._database, self.keys, self._tenant, own)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model.

        Raises:
            ModelNotFound: No embedding model has this name.
            PrerequisiteError: A package, a credential or the weights are missing.
        """
        from ..models.embeddings import load_embedder

        return load_embedder(self.embeddings)

    @property
    def trained(self) -> Trained:
        """What was trained on targets."""
        return Trained(self._database, self.keys)

    @property
    def index(self) -> Index:
        """The index, in step with the register. Takes microseconds to get when nothing has changed.

        Raises:
            StoreBusy: When another process owns the index.
            EmbeddingMismatch: When it holds another embedding model's vectors.
        """
        if self._index is None or self._synced != self.revision:
            self.sync()
        return self._opened_index()

    def sync(self, progress: Progress | None = None) -> None:
        """Bring the index in step with the register; `index` does so by itself, but a large import takes a while.

        Args:
            progress: Called with the number of targets indexed so far.

        Raises:
            StoreBusy: When another process owns the index.
            EmbeddingMismatch: When it holds another embedding model's vectors.
        """
        with self._lock:
            revision = self.revision
            indexer = self._indexer()
            indexer.add_pending(self.embedder, progress)
            indexer.erase_removed()
            self._synced = revision

    def reindex(self, progress: Progress | None = None) -> None:
        """Make the index anew, with this store's embedding model.

        Args:
            progress: Called with the number of targets indexed so far.

        Raises:
            StoreBusy: When another process owns the index.
        """
        with self._lock:
            self._indexer().start_over()
            self.sync(progress)

    @property
    def ledger(self) -> Ledger:
        """The ledger of decisions.

        Raises:
            UnreadableStore: When its file is damaged or no ledger.
        """
        if self._ledger is None:
            with self._lock:
                self._ledger = self._ledger or Ledger(self.path / "ledger.db", self.keys)
        return self._ledger

    def close(self) -> None:
        """Close the register, its index and its ledger."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None
            if self._ledger is not None:
                self._ledger.close()
                self._ledger = None
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _enriched(self, target: Target, model: "str | Path | BaseChatModel", approve: Approve | None) -> Target:
        """Return a target with what a model proposed and somebody approved of."""
        if approve is None:
            fix = "Pass approve=, which is called with the proposal and returns what of it is used."
            raise InputError("What a model says of a target is not used unseen.", fix=fix)
        from .mining import propose  # brings LangChain

        names = [name for other in self for name in (other.name, *other.aliases)]
        approved: object = approve(propose(target, model, names))
        if isinstance(approved, Proposal):
            return approved.applied_to(target)
        if approved is None:
            return target
        fix = "Return the proposal, one with less in it, or None."
        raise InputError(f"What approves returned {type(approved).__name__!r}.", fix=fix)

    def _indexer(self) -> Indexer:
        return Indexer(self._database, self.keys, self._tenant, self._opened_index())

    def _opened_index(self) -> Index:
        with self._lock:
            if self._index is None:
                self._index = Index(open_chroma(self.path / "index", settings().chroma_url), f"expunge-{self._tenant}")
                if not self._indexer().agrees():
                    log.warning("The index and the register disagree: it is made anew.")
                    self._indexer().start_over()
            return self._index

    def _erase_vectors(self) -> None:
        if not self._database.query("SELECT 1 FROM erasures WHERE tenant = ?", (self._tenant,)):
            return
        with self._lock:
            try:
                self._indexer().erase_removed()
            except StoreBusy:
                log.warning("Vectors of a removed target are left to the process that owns the index.")
