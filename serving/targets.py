"""`/v1/targets`: registering, changing and removing what is to be forgotten, with the key of an administrator."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..schema import Policy, Scope, Target, TargetKind
from ..stores.ambiguities import ambiguities, subjects
from ..stores.payload import Action
from ..stores.registration import invalid
from ..stores.targets import TargetStore
from .access import Administering
from .errors import INVALID, ApiError
from .tenants import Caller


class _AsciiResponse(JSONResponse):
    """Carries what a register may hold and UTF-8 does not: surrogates that stand alone."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


router = APIRouter(prefix="/v1/targets", tags=["targets"], default_response_class=_AsciiResponse)

LONGEST_PAGE = 100
"""Targets of one page of a list."""

Why = Annotated[str, Field(max_length=2_000)]
"""The reason of a change, kept encrypted with it."""


class Changes(BaseModel):
    """Fields of a target that are to be changed; those that are left out stay as they are.

    What each of them is, `expunge.Target` says.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = ""
    kind: TargetKind = "person"
    aliases: list[str] = []
    documents: list[str] = []
    keep: list[str] = []
    scope: Scope = "everything"
    policy: Policy | None = None
    basis: str = ""
    requester: str = ""
    expires_at: datetime | None = None
    why: Why = ""

    def fields(self, *, given: bool = False) -> dict[str, object]:
        """Return the target's fields: all of them, or those that were given."""
        names = (self.model_fields_set if given else type(self).model_fields.keys()) - {"why"}
        return {name: getattr(self, name) for name in names}


class Registration(Changes):
    """A target to be registered; what is left out is empty, or the default."""

    name: str


class Reason(BaseModel):
    """Why a target is paused or resumed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    why: Why = ""


class TargetObject(Target):
    """A target of the register."""

    object: Literal["target"] = "target"


class Registered(TargetObject):
    """A target that was just registered."""

    warnings: list[str]
    """What makes it hard to tell apart, and what would help."""


class Page(BaseModel):
    """A part of the register."""

    object: Literal["list"] = "list"

    data: list[TargetObject]
    """The targets, in the order of their registration."""

    has_more: bool
    """Whether there are others: ask for those `after` the last one's id."""


class PastChange(BaseModel):
    """One change of a target, without what it changed."""

    model_config = ConfigDict(from_attributes=True)

    action: Action
    version: int
    at: datetime
    who: str
    why: str


class History(BaseModel):
    """The changes of a target, oldest first."""

    object: Literal["list"] = "list"
    data: list[PastChange]


class Removed(BaseModel):
    """That a target was removed for good."""

    id: str
    object: Literal["target"] = "target"
    deleted: Literal[True] = True


@router.get("")
def list_targets(
    calling: Administering, limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 20, after: str | None = None
) -> Page:
    """List the targets in the order of their registration: those after one of them, or the first."""
    targets = calling.tenant.store.list()
    ids = [target.id for target in targets]
    if after is not None and after not in ids:
        raise ApiError(404, f"No target has the id {after!r}.", type=INVALID, code="unknown_target", param="after")
    start = 0 if after is None else ids.index(after) + 1
    data = [_shown(target) for target in targets[start : start + limit]]
    return Page(data=data, has_more=start + limit < len(targets))


@router.post("", status_code=201)
def register_target(registration: Registration, calling: Administering) -> Registered:
    """Register a target; the name alone is enough, documents make it strong."""
    store = calling.tenant.store
    try:
        target = Target.model_validate(registration.fields())
    except ValidationError as error:
        raise invalid(error) from None
    warnings = list(_ambiguities(store, target))
    added = store.add(target, why=registration.why, who=calling.who)
    store.sync()
    return Registered.model_construct(**dict(added), warnings=warnings)


@router.get("/{target_id}")
def show_target(target_id: str, calling: Administering) -> TargetObject:
    """Return a target."""
    return _shown(calling.tenant.store.get(target_id))


@router.get("/{target_id}/history")
def show_history(target_id: str, calling: Administering) -> History:
    """Return who changed a target, when and why; of a target that was removed, who removed it."""
    changes = calling.tenant.store.history(target_id)
    return History(data=[PastChange.model_validate(change) for change in changes])


@router.patch("/{target_id}")
def change_target(target_id: str, changes: Changes, calling: Administering) -> TargetObject:
    """Change the fields of a target that are given."""
    return _update(calling, target_id, changes.why, **changes.fields(given=True))


@router.put("/{target_id}")
def replace_target(target_id: str, registration: Registration, calling: Administering) -> TargetObject:
    """Change all fields of a target: those that are not given are empty from now on."""
    return _update(calling, target_id, registration.why, **registration.fields())


@router.post("/{target_id}/pause")
def pause_target(target_id: str, calling: Administering, reason: Reason | None = None) -> TargetObject:
    """Stop enforcing a target until it is resumed: from the next exchange on it may be spoken of."""
    return _update(calling, target_id, reason.why if reason else "", state="paused")


@router.post("/{target_id}/resume")
def resume_target(target_id: str, calling: Administering, reason: Reason | None = None) -> TargetObject:
    """Enforce a target again that was paused, from the next exchange on."""
    return _update(calling, target_id, reason.why if reason else "", state="active")


@router.delete("/{target_id}")
def remove_target(target_id: str, calling: Administering, why: Why = "") -> Removed:
    """Erase a target from the register for good, with its history and its vectors.

    What stays is that a target of this id was removed, when, by whom and why; so the reason should not name it.
    """
    calling.tenant.store.remove(target_id, why=why, who=calling.who)
    return Removed(id=target_id)


def _update(calling: Caller, target_id: str, why: str, **changes: object) -> TargetObject:
    store = calling.tenant.store
    updated = store.update(target_id, why=why, who=calling.who, **changes)
    store.sync()
    return _shown(updated)


def _shown(target: Target) -> TargetObject:
    return TargetObject.model_construct(**dict(target))


def _ambiguities(store: TargetStore, target: Target) -> Iterator[str]:
    """Yield what the register would warn of; its own warnings cannot be caught where several threads give some."""
    kept = [known.id for subject in subjects(target) for known in store.find(subject)]
    return ambiguities(target, [namesake.id for namesake in store.find(target.name)], kept)
