"""The register's rows: targets and their changes, encrypted and versioned, in SQLite."""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection, IntegrityError

from ..errors import TargetWarning, UnknownTarget
from ..schema import State, Target
from .ambiguities import NAMED, ambiguities, subjects
from .database import Value
from .keys import to_bytes
from .opening import identity_of, open_database, open_folder, unlock, wipe
from .passages import forget_passages, keep_passages
from .payload import (
    Action,
    Change,
    change_from,
    content_tag,
    encrypt_change,
    expiring,
    name_tag,
    target_from,
    target_row,
)
from .registration import changed, duplicate, refuse_twins, same_texts, stored_state
from .trained import trained_row

BATCH = 200
"""Targets registered in one transaction: what a killed import loses at most."""

Progress = Callable[[int], None]
Targets = list[Target]  # inside the class `list` is a method
Changes = list[Change]
Ids = list[str]


class Register:
    """The targets of one tenant, in the file `register.db` of a folder.

    Args:
        path: The folder; created with owner-only rights when missing.
        key: The secret that opens the register; `None`: EXPUNGE_KEY, else the folder's key file.
        tenant: Whose targets these are; tenants do not see each other's.
        actor: Who makes the changes that name nobody.

    Raises:
        WrongKey: When the key does not open the register, or there is none.
        UnreadableStore: When the register is damaged, is no register, or may not be read.
        NewerStore: When a newer version of expunge wrote it.
    """

    def __init__(self, path: str | Path, *, key: str | None, tenant: str, actor: str | None) -> None:
        self.path = Path(path)
        self.actor = actor or ""
        open_folder(self.path)
        self._database = open_database(self.path / "register.db")
        try:
            self.keys = unlock(self._database, self.path / "key", key)
        except BaseException:
            self._database.close()
            raise
        identity = identity_of(self._database)
        self._tenant = self.keys.digest("tenant", to_bytes(identity + tenant)).hex()[:32]
        self._seen = (-1, 0)

    def add_many(
        self,
        targets: Iterable[Target],
        *,
        why: str = "",
        who: str | None = None,
        progress: Progress | None = None,
        restore: bool = False,
    ) -> Targets:
        """Register targets, in transactions of 200.

        Args:
            targets: The targets. When one of them cannot be registered, none is.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
            progress: Called with the number registered so far.
            restore: Keep the ids (where free), versions and times that the targets bring along.

        Raises:
            DuplicateTarget: When the same content is registered already or comes twice.
            InvalidTarget: When a state is `expired` and the time is not up.

        Warns:
            TargetWarning: When a target cannot be told apart well.
        """
        return self._add(targets, why, who, progress, restore=restore)

    def get(self, target_id: str) -> Target:
        """Return one target.

        Raises:
            UnknownTarget: When no target has this id.
        """
        found = self._select("id = ?", target_id)
        if not found:
            raise _unknown(target_id)
        return found[0]

    def find(self, name: str) -> Targets:
        """Return the targets of this name; case, spaces and compatibility forms do not count."""
        return self._select("name_tag = ?", name_tag(self.keys, name))

    def duplicate_of(self, target: Target) -> str | None:
        """Return the id under which the same content is registered, if it is."""
        tag = content_tag(self.keys, target)
        rows = self._database.query("SELECT id FROM targets WHERE tenant = ? AND content_tag = ?", (self._tenant, tag))
        return rows[0][0] if rows else None

    def get_many(self, target_ids: Iterable[str]) -> Targets:
        """Return those of these targets that are registered."""
        return self._select("id IN (SELECT value FROM json_each(?))", json.dumps(list(target_ids)))

    def versions(self) -> dict[str, int]:
        """Return the version of every target by its id: what has changed since they were last read."""
        return dict(self._database.query("SELECT id, version FROM targets WHERE tenant = ?", (self._tenant,)))

    def active(self, at: datetime | None = None) -> Targets:
        """Return the targets that are enforced at a time; `None`: now."""
        return [target for target in self._select(at=at) if target.state == "active"]

    def update(self, target_id: str, *, why: str = "", who: str | None = None, **changes: object) -> Target:
        """Change fields of a target.

        Args:
            target_id: The target's id.
            why: The reason, kept encrypted.
            who: Who asked for it; `None`: the store's actor.
            changes: The fields and their new values; `state` may be `"paused"` or `"active"`.

        Raises:
            UnknownTarget: When no target has this id.
            InvalidTarget: When the target cannot have these fields.
            DuplicateTarget: When another target has the same content.
        """
        with self._changing() as connection:
            before = self.get(target_id)
            target = changed(before, changes)
            row = target_row(self.keys, target)
            try:
                connection.execute(
                    "UPDATE targets SET version = ?, name_tag = ?, content_tag = ?, payload = ?,"
                    " forget = max(forget, ?), keep = max(keep, ?), indexed = indexed AND ? WHERE id = ?",
                    (
                        *row[1:],
                        len(forget_passages(target)),
                        len(keep_passages(target)),
                        same_texts(before, target),
                        target_id,
                    ),
                )
            except IntegrityError:
                raise duplicate(self.duplicate_of(target)) from None
            self._record(connection, target, "update", why, who)
        return target

    def remove(self, target_id: str, *, why: str = "", who: str | None = None) -> None:
        """Erase a target's row and the contents of all its changes; what stays is who removed it, when and why.

        Raises:
            UnknownTarget: When no target has this id.
        """
        with self._changing() as connection:
            target = self.get(target_id)
            connection.execute(
                "INSERT INTO erasures SELECT id, tenant, forget, keep FROM targets WHERE id = ? AND forget + keep",
                (target_id,),
            )
            connection.execute("DELETE FROM targets WHERE id = ?", (target_id,))
            connection.execute("DELETE FROM changes WHERE target = ?", (target_id,))
            connection.execute("DELETE FROM meta WHERE name = ?", (trained_row(target_id),))
            removed = target.model_copy(update={"version": target.version + 1})
            self._record(connection, removed, "remove", why, who)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('unwiped', 1)")
        wipe(self._database)

    def history(self, target_id: str) -> Changes:
        """Return a target's changes, oldest first; of a removed target only the removal.

        Raises:
            UnknownTarget: When no target has or had this id.
        """
        rows = self._database.query(
            "SELECT action, version, at, payload FROM changes WHERE tenant = ? AND target = ? ORDER BY seq",
            (self._tenant, target_id),
        )
        if not rows:
            raise _unknown(target_id)
        return [change_from(self.keys, target_id, *row) for row in rows]

    def at(self, moment: datetime) -> Targets:
        """Return the targets as they were at a moment, in the order of registration; none that was removed since.

        Args:
            moment: The moment; without a time zone it is read as UTC.
        """
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        then: Targets = []
        for registered in self:
            before = [change for change in self.history(registered.id) if change.at <= moment]
            if before and (target := before[-1].target):
                then.append(expiring(target, moment))
        return then

    @property
    def revision(self) -> int:
        """Counts the changes of the register, of this process and others. Takes microseconds to read."""
        commits = self._database.commits_seen()
        if commits != self._seen[0]:
            [(revision,)] = self._database.query("SELECT value FROM meta WHERE name = 'revision'")
            self._seen = (commits, revision)
        return self._seen[1]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def list(self, *, state: State | None = None) -> Targets:
        """Return all targets in the order of registration, or those of one state."""
        return [target for target in self._select() if state in (None, target.state)]

    def __iter__(self) -> Iterator[Target]:
        return iter(self._select())

    def __len__(self) -> int:
        [(count,)] = self._database.query("SELECT count(*) FROM targets WHERE tenant = ?", (self._tenant,))
        return int(count)

    def _select(self, where: str = "TRUE", *values: Value, at: datetime | None = None) -> Targets:
        rows = self._database.query(
            f"SELECT id, version, payload FROM targets WHERE tenant = ? AND {where} ORDER BY seq",  # noqa: S608
            (self._tenant, *values),
        )
        moment = at or datetime.now(UTC)
        return [target_from(self.keys, target_id, version, payload, moment) for target_id, version, payload in rows]

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._database.transaction() as connection:
            yield connection
            connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")

    def _add(
        self,
        targets: Iterable[Target],
        why: str,
        who: str | None,
        progress: Progress | None = None,
        *,
        restore: bool = False,
    ) -> Targets:
        taken: set[str] = set()
        admitted = [self._admit(target, taken, restore=restore) for target in targets]
        refuse_twins(admitted)
        for target in admitted:
            if (registered := self.duplicate_of(target)) is not None:
                raise duplicate(registered)
        for message in self._ambiguities(admitted):
            warnings.warn(TargetWarning(message), stacklevel=3)
        for start in range(0, len(admitted), BATCH):
            self._insert(admitted[start : start + BATCH], why, who)
            if progress:
                progress(min(start + BATCH, len(admitted)))
        return admitted

    def _admit(self, target: Target, taken: set[str], *, restore: bool) -> Target:
        """Give a target what belongs to the register."""
        given: dict[str, object] = {"id": f"tgt_{token_hex(8)}", "version": 1, "created_at": datetime.now(UTC)}
        if restore:
            given |= target.model_dump(include={"version", "created_at"}, exclude_defaults=True)
        if restore and target.id not in taken and self._is_free(target.id):
            given |= {"id": target.id, "version": max(target.version, self._last_version(target.id) + 1)}
        taken.add(str(given["id"]))
        return target.model_copy(update=given | {"state": stored_state(target)})

    def _is_free(self, target_id: str) -> bool:
        taken = "SELECT id FROM targets WHERE id = ?1 UNION SELECT target FROM erasures WHERE target = ?1"
        return bool(re.fullmatch(r"tgt_[0-9a-f]{16}", target_id)) and not self._database.query(taken, (target_id,))

    def _last_version(self, target_id: str) -> int:
        """Return the version that a removed target ended with, so that no version stands for two contents."""
        [(version,)] = self._database.query("SELECT max(version) FROM changes WHERE target = ?", (target_id,))
        return int(version or 0)

    def _ambiguities(self, targets: Targets) -> Iterator[str]:
        """Yield what makes targets hard to tell apart from those registered, and from each other."""
        names = [name_tag(self.keys, target.name) for target in targets]
        coming: dict[bytes, str] = {}
        for target, name in zip(targets, names, strict=True):
            coming.setdefault(name, target.id)
        earlier: dict[bytes, Ids] = {}
        for target, name in zip(targets, names, strict=True):
            namesakes = self._some_named(name) + earlier.setdefault(name, [])
            yield from ambiguities(target, namesakes, self._kept_targets(target, coming))
            if len(earlier[name]) <= NAMED:
                earlier[name].append(target.id)

    def _kept_targets(self, target: Target, coming: Mapping[bytes, str]) -> Ids:
        """Return some of the targets that kept texts are about, of those to be registered with it too."""
        tags = [name_tag(self.keys, subject) for subject in subjects(target)]
        return [known for tag in tags for known in self._some_named(tag) or filter(None, [coming.get(tag)])]

    def _some_named(self, tag: bytes) -> Ids:
        """Return targets of a name, as many as a warning names and one more."""
        query = "SELECT id FROM targets WHERE tenant = ? AND name_tag = ? LIMIT ?"
        return [target_id for (target_id,) in self._database.query(query, (self._tenant, tag, NAMED + 1))]

    def _insert(self, targets: Targets, why: str, who: str | None) -> None:
        with self._changing() as connection:
            for target in targets:
                try:
                    connection.execute(
                        "INSERT INTO targets"
                        " (tenant, id, version, name_tag, content_tag, payload, forget, keep, indexed)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7 + ?8 = 0)",
                        (
                            self._tenant,
                            *target_row(self.keys, target),
                            len(forget_passages(target)),
                            len(keep_passages(target)),
                        ),
                    )
                except IntegrityError:  # another process was first
                    raise duplicate(self.duplicate_of(target)) from None
                self._record(connection, target, "add", why, who)

    def _record(self, connection: Connection, target: Target, action: Action, why: str, who: str | None) -> None:
        change = Change(
            action=action,
            version=target.version,
            at=datetime.now(UTC),
            who=self.actor if who is None else who,
            why=why,
            target=None if action == "remove" else target,
        )
        connection.execute(
            "INSERT INTO changes (tenant, target, action, version, at, payload) VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._tenant,
                target.id,
                action,
                change.version,
                change.at.isoformat(),
                encrypt_change(self.keys, target.id, change),
            ),
        )


def _unknown(target_id: str) -> UnknownTarget:
    return UnknownTarget(f"No target has the id {target_id!r}.", fix="`expunge targets list` shows them all.")
