"""How a target and its changes are written into rows: encrypted, with keyed digests for lookups."""

import json
import unicodedata
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..schema import Target
from .keys import Keys, to_bytes

Action = Literal["add", "update", "remove"]


class Change(BaseModel):
    """One change of a target: who, when, why."""

    model_config = ConfigDict(frozen=True)

    action: Action
    """What was done."""

    version: int
    """The target's version after the change."""

    at: datetime
    """When, in UTC."""

    who: str
    """Who did it; empty when nobody was named."""

    why: str
    """The reason that was given."""

    target: Target | None
    """The target after the change; `None` when it was removed."""


class Row(NamedTuple):
    """A target as the database holds it."""

    id: str
    version: int
    name_tag: bytes
    content_tag: bytes
    payload: bytes


def target_row(keys: Keys, target: Target) -> Row:
    """Encrypt a target that has its id and version."""
    return Row(
        id=target.id,
        version=target.version,
        name_tag=name_tag(keys, target.name),
        content_tag=content_tag(keys, target),
        payload=keys.encrypt(to_json(target, "id", "version"), f"target/{target.id}/{target.version}"),
    )


def target_from(keys: Keys, target_id: str, version: int, payload: bytes, at: datetime) -> Target:
    """Decrypt a target; an active one whose obligation has ended at this time reports the state `expired`."""
    fields = json.loads(keys.decrypt(payload, f"target/{target_id}/{version}"))
    return expiring(Target(id=target_id, version=version, **fields), at)


def expiring(target: Target, at: datetime) -> Target:
    """Return a target with the state that it has at this time."""
    ended = target.state == "active" and has_expired(target, at)
    return target.model_copy(update={"state": "expired"}) if ended else target


def has_expired(target: Target, at: datetime) -> bool:
    """Whether the obligation has ended at this time."""
    return target.expires_at is not None and target.expires_at <= at


def encrypt_change(keys: Keys, target_id: str, change: Change) -> bytes:
    """Encrypt who and why, and the target after the change."""
    row = f"change/{target_id}/{change.version}/{change.action}"
    return keys.encrypt(to_json(change, "action", "version", "at"), row)


def change_from(keys: Keys, target_id: str, action: Action, version: int, at: str, payload: bytes) -> Change:
    """Decrypt one change."""
    fields = json.loads(keys.decrypt(payload, f"change/{target_id}/{version}/{action}"))
    return Change(action=action, version=version, at=datetime.fromisoformat(at), **fields)


def canonical(name: str) -> str:
    """Return the form in which names are compared: compatibility forms, case and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def name_tag(keys: Keys, name: str) -> bytes:
    """Return the keyed digest by which a name is looked up."""
    return keys.digest("name", to_bytes(canonical(name)))


def content_tag(keys: Keys, target: Target) -> bytes:
    """Return the keyed digest that two targets share when they say the same."""
    return keys.digest("content", content(target).encode())


def content(target: Target) -> str:
    """Return what makes two targets the same, as JSON."""
    aliases = sorted(canonical(alias) for alias in target.aliases)
    return json.dumps((target.kind, canonical(target.name), aliases, target.documents, target.keep, target.scope))


def to_json(record: BaseModel, *exclude: str) -> str:
    """Write a record as ASCII JSON, which carries lone surrogates too."""
    return json.dumps(record.model_dump(mode="json", exclude=set(exclude)), separators=(",", ":"))
