"""One of several processes that train together, as `accelerate launch` starts them; never called by hand."""

import sys
from contextlib import closing
from pathlib import Path

from ..errors import TrainingDiverged
from ..stores.jobs import Jobs, jobs_folder
from ..stores.targets import TargetStore
from ..unlearning.gathering.sealing import unseal
from ..unlearning.listening import Listener, Silence
from ..unlearning.recipe import Recipe
from ..unlearning.training.making import Making, make
from .launching import DIVERGED
from .room import Room
from .telling import Telling


def main(store: Path, job: str, recipe: Path, scratch: Path, result: Path) -> int:
    """Train, and return the exit code."""
    from accelerate import PartialState

    state = PartialState()
    with TargetStore(store) as register, closing(Jobs(jobs_folder(store))) as jobs:
        record = jobs.get(job)
        listener: Listener = Telling(jobs, job) if state.is_main_process else Silence()
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
        except TrainingDiverged:
            (scratch / "diverged").touch()
            return DIVERGED
        finally:
            state.destroy_process_group()
    return 0


if __name__ == "__main__":
    store, job, recipe, scratch, result = sys.argv[1:]
    sys.exit(main(Path(store), job, Path(recipe), Path(scratch), Path(result)))
