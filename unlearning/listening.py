"""Who is told how a job comes along, and may stop it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Listener(Protocol):
    """What a job tells of itself: figures and names of stages, no text of any example."""

    def say(self, message: str) -> None:
        """Take a line about what is being done."""

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Take how many steps are done, with figures where there are new ones.

        Raises:
            JobCancelled: Somebody wants the job to end.
        """

    def checkpoint(self, step: int, folder: Path, metrics: Mapping[str, float]) -> None:
        """Take that a checkpoint was written, from which the job can go on."""


class Silence:
    """Listens to nothing, and stops nothing."""

    def say(self, message: str) -> None:
        """Do nothing."""

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Do nothing."""

    def checkpoint(self, step: int, folder: Path, metrics: Mapping[str, float]) -> None:
        """Do nothing."""
