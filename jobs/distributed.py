"""One of several processes that train together, as `accelerate launch` starts them; never called by hand."""

import os
import sys
from contextlib import ExitStack, closing
from pathlib import Path

from filelock import FileLock

from ..reporting.files import drafted
from ..stores.jobs import Jobs, jobs_folder
from ..stores.targets import TargetStore
from ..unlearning.gathering.sealing import unseal
from ..unlearning.listening import Listener, Silence
from ..unlearning.recipe import Recipe
from ..unlearning.training.making import Making, make
from .distributing import FAILED, ORPHANS_S
from .failures import failure_of, log
from .room import Room
from .telling import Telling


def main(store: Path, job: str, process: int, recipe: Path, scratch: Path, result: Path) -> int:
    """Train, and return the exit code; why it failed is left in the training's folder.

    Args:
        store: The register's folder.
        job: The job's id.
        process: The job's own process, whose end is the end of this one.
        recipe: The file with what is to be done.
        scratch: The training's folder.
        result: Where the model goes.
    """
    from accelerate import PartialState

    state = PartialState(cpu=os.environ.get("ACCELERATE_USE_CPU") == "true")  # it does not look itself
    with TargetStore(store) as register, closing(Jobs(jobs_folder(store))) as jobs, ExitStack() as held:
        record = jobs.get(job)
        listener: Listener = Silence()
        if state.is_main_process:
            held.enter_context(FileLock(scratch.with_name(f"{scratch.name}.ranks.lock"), ORPHANS_S, mode=0o600))
            listener = Telling(jobs, job, process)
        making = Making(
            model=Path(record.model),
            corpus=unseal(Room(jobs.folder(job)).corpus, register.keys, job=job),
            recipe=Recipe.model_validate_json(recipe.read_text(encoding="utf-8")),
            scratch=scratch,
            result=result,
            delta=None,
            listener=listener,
            device=str(state.device),
        )
        try:
            make(making)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job's own process says it
            log(error)
            with drafted(scratch / FAILED) as draft:
                draft.write_text(failure_of(error, job, jobs.path).model_dump_json(), encoding="utf-8")
            return 1
        finally:
            state.destroy_process_group()
    return 0


if __name__ == "__main__":
    store, job, process, recipe, scratch, result = sys.argv[1:]
    sys.exit(main(Path(store), job, int(process), Path(recipe), Path(scratch), Path(result)))
