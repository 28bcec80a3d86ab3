"""A process that others are forked from, with all that takes time to import: each works on a job until it is killed."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import torch

for name in ("jobs.working", "unlearning.evaluation.rouge", "unlearning.report.rendering"):
    import_module(f"expunge.{name}")


work = import_module("expunge.jobs.working").work
torch.set_num_threads(1)

if __name__ == "__main__":
    for line in sys.stdin:
        _, store, job = json.loads(line)
        child = os.fork()
        if not child:
            with patch("expunge.jobs.concluding.write_report", lambda report, folder: folder.mkdir(exist_ok=True)):
                work(Path(store), job)
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()
        os.waitpid(child, 0)
        print("ended", flush=True)
