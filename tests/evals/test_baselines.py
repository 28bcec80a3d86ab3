import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from expunge.errors import PrerequisiteError
from expunge.evals.baselines import CosineFilter, PresidioFilter
from expunge.evals.checkers import ABSTENTION, Checker
from expunge.schema import Target
from expunge.stores.targets import TargetStore

TARGETS = [Target(name="Ann Orr", aliases=["A.O."], documents=["Ann Orr was born in Lyon on 4 May 1971."])]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TargetStore]:
    with TargetStore(tmp_path) as opened:
        opened.add_many(TARGETS)
        yield opened


def decide(checker: Checker, prompt: str, draft: str) -> str:
    """Check an exchange; what is shown must follow from the action."""
    verdict = checker.check(prompt, draft)
    assert verdict.text == (draft if verdict.action == "release" else ABSTENTION)
    assert verdict.elapsed_ms > 0
    return verdict.action


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("prompt", "draft", "action"),
    [
        ("Who is ann orr?", "A painter.", "abstain"),
        ("Who painted it?", "It was Ann Orr.", "abstain"),
        ("Who is A.O.?", "A painter.", "abstain"),
        ("Who is Joann Orrin?", "A singer.", "release"),
        ("Who is Ann?", "Which Ann?", "release"),
    ],
)
def test_presidio_withholds_the_names_on_its_list(prompt: str, draft: str, action: str) -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra 'bench' is not installed")
    assert decide(PresidioFilter(TARGETS), prompt, draft) == action


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_presidio_without_targets_releases_everything() -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra 'bench' is not installed")
    assert decide(PresidioFilter([]), "Who is Ann Orr?", "A painter.") == "release"


def test_presidio_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(PrerequisiteError, match=r"spacy.*expunge\[bench\]"):
        PresidioFilter(TARGETS)


@pytest.mark.parametrize(
    ("prompt", "draft", "action"),
    [
        ("When was Ann Orr born?", "Some time ago.", "abstain"),
        ("Who was it?", "Ann Orr was born in Lyon, on 4 May 1971.", "abstain"),
        ("How do heat pumps work?", "They move heat from outside into a house.", "release"),
    ],
)
def test_the_nearest_document_withholds_from_a_likeness_on(
    store: TargetStore, prompt: str, draft: str, action: str
) -> None:
    assert decide(CosineFilter(store), prompt, draft) == action


def test_the_likeness_asked_for_decides(store: TargetStore) -> None:
    assert decide(CosineFilter(store, alike=-1.0), "How do heat pumps work?", "They move heat.") == "abstain"
    assert decide(CosineFilter(store, alike=1.1), TARGETS[0].documents[0], "Yes.") == "release"
