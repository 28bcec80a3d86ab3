"""What was trained on a target: encrypted with the register's key, outdated when the target changes, erased with it."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Protocol

from ..errors import StoreBusy, WrongKey
from ..schema import Target
from .database import Database
from .keys import Keys
from .payload import content_tag


class Contents(Protocol):
    """What was trained on targets, as it is asked for."""

    def read(self, target: Target, recipe: str) -> bytes | None:
        """Return what was trained on a target; `None` when nothing was, or on other texts or by another recipe."""

    def write(self, target: Target, recipe: str, content: bytes) -> None:
        """Keep what was trained on a target, where anything is kept."""


class TrainedBefore:
    """What was trained on targets before some moment, out of the register; nothing is added.

    Args:
        sealed: The rows of the register, by the target's id.
        keys: The register's.
    """

    def __init__(self, sealed: Mapping[str, bytes], keys: Keys) -> None:
        self._sealed = sealed
        self._keys = keys

    def read(self, target: Target, recipe: str) -> bytes | None:
        """Return what was trained on a target; `None` when nothing was, or on other texts or by another recipe."""
        sealed = self._sealed.get(target.id)
        return _opened(self._keys, sealed, target, recipe) if sealed else None

    def write(self, target: Target, recipe: str, content: bytes) -> None:
        """Keep nothing."""


class Trained:
    """What was trained on the targets of a register, one content each, so that the next process need not do it again.

    Args:
        database: The register's.
        keys: The register's.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def read(self, target: Target, recipe: str) -> bytes | None:
        """Return what was trained on a target; `None` when nothing was, or on other texts or by another recipe."""
        sealed = self.sealed([target.id]).get(target.id)
        return _opened(self._keys, sealed, target, recipe) if sealed else None

    def sealed(self, target_ids: Iterable[str]) -> dict[str, bytes]:
        """Return what was trained on those of these targets that have any, as it lies in the register, by id."""
        query = "SELECT value FROM meta WHERE name = ?"
        rows = {target_id: self._database.query(query, (trained_row(target_id),)) for target_id in target_ids}
        return {target_id: found[0][0] for target_id, found in rows.items() if found}

    def write(self, target: Target, recipe: str, content: bytes) -> None:
        """Keep what was trained on a target in place of what was kept before, unless it was changed or removed since.

        When the register is busy nothing is kept.

        Args:
            target: The target.
            recipe: All that decided how the training turned out, beside the target.
            content: What was trained.
        """
        sealed = self._keys.encrypt(b64encode(content).decode("ascii"), _label(self._keys, target, recipe))
        with suppress(StoreBusy), self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO meta SELECT ?, ? FROM targets WHERE id = ? AND content_tag = ?",
                (trained_row(target.id), sealed, target.id, content_tag(self._keys, target)),
            )


def _opened(keys: Keys, sealed: bytes, target: Target, recipe: str) -> bytes | None:
    try:
        return b64decode(keys.decrypt(sealed, _label(keys, target, recipe)))
    except WrongKey:
        return None


def _label(keys: Keys, target: Target, recipe: str) -> str:
    """Return what the content is sealed with: it cannot be opened for another target, other texts or a recipe."""
    return f"{trained_row(target.id)}/{content_tag(keys, target).hex()}/{recipe}"


def trained_row(target_id: str) -> str:
    """Return the name of the row that holds what was trained on a target."""
    return f"trained/{target_id}"
