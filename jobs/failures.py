"""Why a job failed, as it may be told: an exception may quote an example, and so may a traceback."""

import errno
import os
import sys
import traceback
from pathlib import Path

from ..errors import ExpungeError
from ..stores.jobs import Failure

FULL = (errno.ENOSPC, errno.EDQUOT)


def failure_of(error: Exception, job: str, folder: Path) -> Failure:
    """Return why a job failed: the message where it is one of ours, else the type alone.

    Args:
        error: What was raised.
        job: The job's id.
        folder: Where its files lie.
    """
    if isinstance(error, ExpungeError):
        return Failure(code=error.code, message=str(error))
    if _is_full(error, folder):
        return Failure(code="disk_full", message=f"The disk is full. Free some, then run: expunge jobs resume {job}")
    where = f"`expunge jobs logs {job}` shows where it happened."
    return Failure(code="internal", message=f"{type(error).__name__}. {where}")


def log(error: Exception) -> None:
    """Print where an exception came from: its type and the lines of code, not what it says."""
    sys.stderr.write(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
    sys.stderr.flush()


def _is_full(error: Exception, folder: Path) -> bool:
    """Whether an error comes of a full disk; libraries in Rust and C++ wrap it into errors of their own."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    words = str(error).casefold()
    if "no space left" in words or "disk is full" in words:
        return True
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < 2**20
