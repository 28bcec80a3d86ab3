"""The tree of errors.

    ExpungeError
    ├── TargetError            a target that cannot be registered or found
    │   ├── InvalidTarget
    │   ├── DuplicateTarget
    │   └── UnknownTarget
    ├── StoreError             the register, its index or its key
    │   ├── UnreadableStore
    │   ├── NewerStore
    │   ├── WrongKey
    │   ├── StoreBusy
    │   └── EmbeddingMismatch
    ├── LedgerError            the chain of decisions is broken
    ├── InputError             a file, a line or an argument that cannot be used
    ├── AccessDenied           a key that does not open the server
    ├── UnguardedSurface       a way to a model's answers past the sanitiser
    ├── JobError               a weight-level job that cannot be found, or do what it is told
    │   ├── UnknownJob
    │   ├── WrongStage
    │   ├── TrainingDiverged
    │   └── JobCancelled
    └── PrerequisiteError      a package, a model or a service that is missing
        └── ModelNotFound

Every error has a stable `code` for machines and a `fix`: what to do about it. No message holds a draft.
"""


class ExpungeError(Exception):
    """An error that a user can act on.

    Args:
        message: What is wrong; names the offending thing.
        fix: What to do about it, a sentence or a command. May be empty.
    """

    code = "error"

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.fix}" if self.fix else message


class TargetError(ExpungeError):
    """A target that cannot be registered or found."""

    code = "target"


class InvalidTarget(TargetError):
    """A target whose fields cannot be used, an empty name for example."""

    code = "invalid_target"


class DuplicateTarget(TargetError):
    """The same target, with the same content, is registered already."""

    code = "duplicate_target"


class UnknownTarget(TargetError):
    """No target has this id."""

    code = "unknown_target"


class StoreError(ExpungeError):
    """The register, its index or its key cannot be used."""

    code = "store"


class UnreadableStore(StoreError):
    """The database is damaged, is no database, or may not be read."""

    code = "unreadable_store"


class NewerStore(StoreError):
    """The database was written by a newer version of expunge."""

    code = "newer_store"


class WrongKey(StoreError):
    """The key does not open this register."""

    code = "wrong_key"


class StoreBusy(StoreError):
    """Another process owns the embedded index."""

    code = "store_busy"


class EmbeddingMismatch(StoreError):
    """The index holds vectors of another embedding model."""

    code = "embedding_mismatch"


class LedgerError(ExpungeError):
    """An entry of the ledger was changed, dropped or reordered."""

    code = "ledger"


class InputError(ExpungeError):
    """A file, a line or an argument that cannot be used."""

    code = "input"


class AccessDenied(ExpungeError):
    """No key was given where one is needed, or one that is not known or was revoked. Holds nothing of it."""

    code = "invalid_api_key"


class UnguardedSurface(ExpungeError):
    """A way to a model's answers that the sanitiser does not stand in."""

    code = "unguarded_surface"


class JobError(ExpungeError):
    """A weight-level job that cannot be found, or cannot do what it is told."""

    code = "job"


class UnknownJob(JobError):
    """No job has this id."""

    code = "unknown_job"


class WrongStage(JobError):
    """A job is not where this can be done with it: one that has ended cannot be cancelled, for example."""

    code = "wrong_stage"


class TrainingDiverged(JobError):
    """A loss or a gradient became infinite or no number; the last good checkpoint is kept."""

    code = "training_diverged"


class JobCancelled(JobError):
    """Somebody cancelled the job while it ran."""

    code = "job_cancelled"


class PrerequisiteError(ExpungeError):
    """A package, a model or a service that is missing; the fix is the command that provides it."""

    code = "prerequisite"


class ModelNotFound(PrerequisiteError):
    """No model is at this path or under this name."""

    code = "model_not_found"


class TargetWarning(UserWarning):
    """A target was registered that cannot be told apart well; the message says what would help."""
