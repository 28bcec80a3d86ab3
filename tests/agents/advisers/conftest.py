"""The register that the agents' advisers are tried on."""

from collections.abc import Iterator

import pytest
from expunge import TargetStore
from expunge.tests.agents.advisers.exchanges import TARGETS


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetStore]:
    """A register that no test changes."""
    with TargetStore(tmp_path_factory.mktemp("people")) as opened:
        opened.add_many(TARGETS)
        yield opened
