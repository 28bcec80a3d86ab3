"""Reading logs of prompts and answers, in the formats in which they are kept: streamed, whatever is in them."""

from .faults import shown
from .finding import JOURNAL, SPOOL, find_logs, others_in
from .logs import Logs
from .storage import MAX_LINE

__all__ = ["JOURNAL", "MAX_LINE", "SPOOL", "Logs", "find_logs", "others_in", "shown"]
