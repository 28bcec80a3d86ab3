"""What the tests of the guards share."""

from collections.abc import Iterator

import pytest
from expunge import Sanitizer, Target, TargetStore


@pytest.fixture(scope="module")
def sanitizer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sanitizer]:
    """A sanitizer whose register holds one person by name."""
    with TargetStore(tmp_path_factory.mktemp("targets")) as store:
        store.add(Target(name="Hina Ameen"))
        yield Sanitizer(store)
