"""Works on stores in processes that can be killed; forks one for each order, so that fifty of them start in no time.

Reads orders from standard input, each a JSON list: what to do, then its arguments. Answers each with the process's
id, and after another line with a line when it has ended; until then the id is not given to another process.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import chromadb  # noqa: F401 - once, before the forks
from expunge.stores import Keys, Ledger, LedgerEntry, TargetStore

EMBEDDER = import_module("conftest").Hashing()


def log_to(path: str) -> Callable[[int], None]:
    """Write numbers to a file so that they outlive the process."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda number: void(os.write(descriptor, f"{number}\n".encode()))


def void(_: object) -> None: ...


def import_file(folder: str, file: str, log: str) -> None:
    """Import a file, and log how many of its lines are committed."""
    with TargetStore(folder) as store:
        store.import_jsonl(file, progress=log_to(log))


def append(path: str, key: str, entries: int, log: str) -> None:
    """Append to a ledger, and log the number of each entry once it is there."""
    ledger, write = Ledger(Path(path), Keys(key)), log_to(log)
    for _ in range(entries):
        write(ledger.append(LedgerEntry()))


def index(folder: str, log: str) -> None:
    """Index what is pending, and log when it is done."""
    with TargetStore(folder, embeddings=EMBEDDER) as store:
        store.sync(log_to(log))


ORDERS = {order.__name__: order for order in (import_file, append, index)}

if __name__ == "__main__":
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            ORDERS[name](*arguments)
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()
        os.waitpid(child, 0)
        print("ended", flush=True)
