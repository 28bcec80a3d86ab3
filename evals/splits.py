"""Registers made of benchmark cases, and the cases that are put to each."""

from typing import NamedTuple

from ..schema import Target
from .cases import Case


class Split(NamedTuple):
    """One register and what is asked of it.

    Attributes:
        name: What tells it from the other splits of a benchmark.
        targets: What is registered.
        cases: What is put to the sanitizer; nothing says that their texts were registered.
    """

    name: str
    targets: list[Target]
    cases: list[Case]
