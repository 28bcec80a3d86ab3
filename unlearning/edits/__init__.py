"""Changes of weights in closed form, reversible by a saved delta."""

from collections.abc import Mapping
from typing import Any

from .delta import Delta
from .edit import Edit
from .recording import record_delta
from .reverting import revert_folder
from .rocr import ROCR
from .ssd import SSD
from .task_vector import TaskVector

EDITS: Mapping[str, type[Edit[Any]]] = {edit.name: edit for edit in (ROCR, SSD, TaskVector)}
"""All edits, by name."""

__all__ = ["EDITS", "Delta", "record_delta", "revert_folder"]
