"""The records: what they take, and what they do not repeat in their errors."""

from datetime import UTC, datetime

import pytest
from expunge import Policy, Target
from pydantic import ValidationError


@pytest.mark.parametrize("name", ["", " ", "\u200b", "...", "\n"])
def test_a_target_needs_a_name(name: str) -> None:
    with pytest.raises(ValidationError):
        Target(name=name)


def test_blank_texts_are_dropped() -> None:
    target = Target(name=" Hina Ameen ", aliases=["", " H. Ameen "], documents=[" "], keep=["\n"])
    assert (target.name, target.aliases, target.documents, target.keep) == ("Hina Ameen", ["H. Ameen"], [], [])


def test_a_time_without_a_zone_is_utc() -> None:
    assert Target(name="x1", expires_at=datetime(2030, 1, 1)).expires_at == datetime(2030, 1, 1, tzinfo=UTC)


def test_scope_documents_needs_documents() -> None:
    with pytest.raises(ValidationError, match="there are none"):
        Target(name="Hina Ameen", scope="documents")


def test_errors_do_not_quote_what_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        Target.model_validate({"name": "x1", "document": "Hina Ameen was born in Karachi"})
    assert "Karachi" not in str(caught.value)


def test_there_is_no_way_to_fail_open() -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"on_error": "release"})
