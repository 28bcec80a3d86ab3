"""Lists that are shown in pages, as OpenAI's are."""

from collections.abc import Sequence
from typing import NamedTuple

from .errors import INVALID, ApiError


class Cut(NamedTuple):
    """Which part of a list makes a page."""

    part: slice
    has_more: bool


def cut(ids: Sequence[str], after: str | None, limit: int) -> Cut:
    """Return the part of a list that comes after one of its elements, or its beginning.

    Args:
        ids: The ids of all elements.
        after: The last id of the page before.
        limit: How many at most.

    Raises:
        ApiError: 404, nothing in the list has the id.
    """
    if after is not None and after not in ids:
        raise ApiError(
            404, f"Nothing in this list has the id {after!r}.", type=INVALID, code="not_found", param="after"
        )
    start = 0 if after is None else ids.index(after) + 1
    return Cut(slice(start, start + limit), start + limit < len(ids))
