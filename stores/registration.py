"""Checks of what is about to be registered or changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from ..errors import DuplicateTarget, InvalidTarget
from ..schema import State, Target
from .payload import content, has_expired


def duplicate(target_id: str | None) -> DuplicateTarget:
    """Return the error about a target whose content is registered under this id."""
    return DuplicateTarget(
        f"The same target is registered already, as {target_id!r}.", fix="Change that one by `update`."
    )


def invalid(error: ValidationError) -> InvalidTarget:
    """Return the error about fields that cannot be used; it names them and does not quote them."""
    problems = (
        f"{'.'.join(str(part) for part in problem['loc']) or 'target'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
    )
    return InvalidTarget(f"Not a target: {'; '.join(problems)}.")


def refuse_twins(targets: Sequence[Target]) -> None:
    """Refuse a list that holds the same target twice.

    Raises:
        DuplicateTarget: With the places of the two, from 1.
    """
    places: dict[str, int] = {}
    for place, target in enumerate(targets, 1):
        first = places.setdefault(content(target), place)
        if first != place:
            raise DuplicateTarget(f"Targets {first} and {place} of the list are the same.", fix="Leave one out.")


def stored_state(target: Target) -> State:
    """Return the state to store: `expired` follows from `expires_at` and is never stored.

    Raises:
        InvalidTarget: For the state `expired` without a time that has passed.
    """
    if target.state != "expired":
        return target.state
    if has_expired(target, datetime.now(UTC)):
        return "active"
    raise InvalidTarget("The state 'expired' follows from expires_at.", fix="Set expires_at, or the state 'paused'.")


def changed(target: Target, changes: Mapping[str, object]) -> Target:
    """Return the target's next version.

    Raises:
        InvalidTarget: When the target cannot have these fields.
    """
    for field in ("id", "version", "created_at"):
        if field in changes:
            raise InvalidTarget(f"The field {field!r} is given by the register.", fix="Leave it out.")
    before = target.model_dump() | {"state": stored_state(target), "version": target.version + 1}
    try:
        after = Target.model_validate({**before, **changes})
    except ValidationError as error:
        raise invalid(error) from None
    return after.model_copy(update={"state": stored_state(after)})


def same_texts(one: Target, other: Target) -> bool:
    """Whether two versions of a target have the same vectors."""
    return (one.documents, one.keep) == (other.documents, other.keep)
