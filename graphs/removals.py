"""Which targets a weight-level job took out of the wrapped model: told with a verdict, trusted by no step.

What is withheld is withheld all the same: that a job held means that the attacks it tried brought nothing back.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import NamedTuple, Self

from ..models.local import LocalChatModel
from ..stores.jobs import Covered, Jobs, jobs_folder
from ..stores.targets import TargetStore


class Removals(NamedTuple):
    """The targets that are in the weights of a model, by id: taken out by a job, in a version of theirs."""

    store: TargetStore | None
    covered: Mapping[str, Covered]

    @classmethod
    def none(cls) -> Self:
        """Return those of a model that no job made."""
        return cls(None, {})

    @classmethod
    def of(cls, store: TargetStore, model: object) -> Self:
        """Return those of a wrapped model: only a local one, in the folder of a job's result, has any.

        Args:
            store: The register, whose jobs are looked at.
            model: The wrapped model.
        """
        folder = jobs_folder(store.path)
        if not isinstance(model, LocalChatModel) or not (folder / "jobs.db").exists():
            return cls.none()
        path = str(model.path.resolve())
        with closing(Jobs(folder)) as jobs:
            made = next((job for job in jobs if job.result == path and job.held), None)
            return cls(store, {each.target: each for each in jobs.covered_by(made.id)}) if made else cls.none()

    def jobs(self, targets: Iterable[str]) -> dict[str, str]:
        """Return for each target that a job took out of the model, as the target is now, that job's id."""
        known = [target for target in targets if target in self.covered]
        if not known or self.store is None:
            return {}
        versions = {target.id: target.version for target in self.store.get_many(known)}
        return {key: self.covered[key].job for key in known if versions.get(key) == self.covered[key].version}
