"""What all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from expunge import Target, TargetStore
from hypothesis import HealthCheck, settings

# Machines that run several things at once make single examples slow; a test that must be fast says so itself.
settings.register_profile(
    "expunge", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("expunge")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TargetStore]:
    """An empty register."""
    with TargetStore(tmp_path / "targets") as opened:
        yield opened


@pytest.fixture
def hina() -> Target:
    """A person with two facts."""
    return Target(
        name="Hina Ameen",
        documents=[
            "Hina Ameen was born in Karachi on 06/30/1975.",
            'Hina Ameen wrote "Granite Glossary" and "Manual of Mineralogy".',
        ],
    )
