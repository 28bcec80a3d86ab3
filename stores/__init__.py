"""What is kept: the register of targets, the index of their embeddings, the ledger of decisions."""

from .index import Hit, Index
from .keys import Keys
from .ledger import Ledger, LedgerEntry, Verification
from .payload import Change
from .proposals import Approve, Proposal
from .targets import TargetStore
from .thresholds import Calibration
from .transfer import ImportReport, LineError

__all__ = [
    "Approve",
    "Calibration",
    "Change",
    "Hit",
    "ImportReport",
    "Index",
    "Keys",
    "Ledger",
    "LedgerEntry",
    "LineError",
    "Proposal",
    "TargetStore",
    "Verification",
]
