"""The same steps on Ray Data, on a local cluster."""

import sys
import warnings
from collections.abc import Iterator

import pytest
from expunge.errors import PrerequisiteError
from expunge.tests.audits.conftest import ASKED, UNASKED, Run, Write, chat, contents


@pytest.fixture(autouse=True)
def _rays_own_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_a_cluster_finds_the_same(run: Run, write: Write) -> None:
    clean = [chat(f"What is {number} and {number}?", str(2 * number), id=f"c{number}") for number in range(600)]
    log = write(ASKED, *clean, UNASKED, "{", {**ASKED, "id": "again"})
    here, there = run(log), run(log, out="ray", engine="ray")
    assert contents(here.files) == contents(there.files)
    assert there.disclosed == 3


def test_a_cluster_that_does_not_answer_is_told(run: Run, write: Write) -> None:
    with pytest.raises(PrerequisiteError, match="No Ray cluster answers"):
        run(write(ASKED), engine="ray", address="127.0.0.1:9")


def test_without_ray_the_package_is_named(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PrerequisiteError, match="Ray is missing") as caught:
        run(write(ASKED), engine="ray")
    assert caught.value.fix == "Run: pip install 'expunge[ray]'"
