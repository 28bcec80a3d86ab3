"""The server's folders, which no client of the jobs API names or learns: models go by the names the operator gave."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import INVALID, ApiError

# Where a path begins: at the start, or after what sets it off. Its parts may hold spaces; the last one stays.
_FOLDERS = re.compile(r"(?<![^\s'\"(])/(?:[^'\"()\n/]+/)*(?=[^'\"()\n/])")


@dataclass(frozen=True)
class JobModels:
    """The models that jobs may be asked for, and controls that they may be compared with."""

    folders: Mapping[str, Path] = field(default_factory=dict)
    """By the names that the operator gave them."""

    def folder(self, name: str, param: str) -> Path:
        """Return the folder of a model.

        Args:
            name: What a client calls it.
            param: The field of the request.

        Raises:
            ApiError: 404, there is none of this name.
        """
        if name in self.folders:
            return self.folders[name]
        known = ", ".join(sorted(self.folders))
        hint = (
            f"Take one of: {known}." if known else "The server's operator names them: expunge serve --unlearn NAME=DIR."
        )
        message = f"No model to unlearn from is called {name!r} here. {hint}"
        raise ApiError(404, message, type=INVALID, code="model_not_found", param=param)

    def name(self, folder: str) -> str:
        """Return what a model is called; one that nobody named, by the last part of its folder."""
        path = Path(folder)
        return next((name for name, known in self.folders.items() if known.resolve() == path), path.name)


def without_folders(message: str) -> str:
    """Return a message with the last parts of its absolute paths alone."""
    return _FOLDERS.sub("", message)
