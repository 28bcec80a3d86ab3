"""A process that others are forked from, with all that takes time to import: each audits, until it is killed."""

import json
import os
import sys
from importlib import import_module
from unittest.mock import patch

import chromadb  # noqa: F401 - once, before the forks
import expunge

for name in ("audits.auditing", "audits.report", "detection.rarity", "models.minilm"):
    import_module(f"expunge.{name}")


def audit(log: str, store: str, out: str) -> None:
    """Begin or go on with an audit; the page, which is drawn of what is done, is left out."""
    page = patch("expunge.audits.report_files.write_report", lambda summary, path: None)
    with page, patch("expunge.audits.batches.SIZE", 32):  # more moments to be killed at
        expunge.audit(log, store, out, resume=True, sanitised=True)


if __name__ == "__main__":
    for line in sys.stdin:
        _, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            audit(*arguments)
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()
        os.waitpid(child, 0)
        print("ended", flush=True)
