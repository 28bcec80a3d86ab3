"""What was trained on a target: encrypted with the register's key, outdated when the target changes, erased with it."""

from base64 import b64decode, b64encode
from contextlib import suppress

from ..errors import StoreBusy, WrongKey
from ..schema import Target
from .database import Database
from .keys import Keys
from .payload import content_tag


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
        rows = self._database.query("SELECT value FROM meta WHERE name = ?", (trained_row(target.id),))
        try:
            return b64decode(self._keys.decrypt(rows[0][0], self._label(target, recipe))) if rows else None
        except WrongKey:
            return None

    def write(self, target: Target, recipe: str, content: bytes) -> None:
        """Keep what was trained on a target in place of what was kept before, unless it was changed or removed since.

        When the register is busy nothing is kept.

        Args:
            target: The target.
            recipe: All that decided how the training turned out, beside the target.
            content: What was trained.
        """
        sealed = self._keys.encrypt(b64encode(content).decode("ascii"), self._label(target, recipe))
        with suppress(StoreBusy), self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO meta SELECT ?, ? FROM targets WHERE id = ? AND content_tag = ?",
                (trained_row(target.id), sealed, target.id, content_tag(self._keys, target)),
            )

    def _label(self, target: Target, recipe: str) -> str:
        """Return what the content is sealed with: it cannot be opened for another target, other texts or a recipe."""
        return f"{trained_row(target.id)}/{content_tag(self._keys, target).hex()}/{recipe}"


def trained_row(target_id: str) -> str:
    """Return the name of the row that holds what was trained on a target."""
    return f"trained/{target_id}"
