"""`/v1/reviews`: the cases that wait for a person, and what the person says of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ..stores.reviews import Case, Decision
from .access import Administering
from .errors import INVALID, ApiError

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

LONGEST_NOTE = 2_000
"""Characters of a note."""


class Queue(BaseModel):
    """Some of the cases, and how many there are of each kind."""

    object: Literal["list"] = "list"
    data: list[Case]
    counts: dict[str, int]
    """Of `open`, `right` and `wrong` ones."""


class Judgement(BaseModel):
    """What a person says of a case."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision: Decision
    """Whether it was decided as it should be."""

    note: str = Field(default="", max_length=LONGEST_NOTE)
    """Why; kept encrypted."""


@router.get("")
def list_reviews(
    calling: Administering,
    state: Literal["open", "decided"] = "open",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Queue:
    """List the cases that wait, or those that were decided, the newest first."""
    reviews = calling.tenant.reviews
    cases = reviews.open(limit) if state == "open" else reviews.decided(limit)
    return Queue(data=cases, counts=reviews.counts()._asdict())


@router.post("/{case_id}")
def decide_review(case_id: str, judgement: Judgement, calling: Administering) -> Case:
    """Note what a person says of a case, and return it."""
    case = calling.tenant.reviews.decide(case_id, judgement.decision, calling.who, judgement.note)
    if case is None:
        raise ApiError(404, "No case has this id.", type=INVALID, code="unknown_case", param="case_id")
    return case
