"""The selectors by name."""

from expunge.unlearning import selectors
from expunge.unlearning.selectors import SELECTORS


def test_each_has_its_name_and_is_made_from_its_own_options() -> None:
    assert set(SELECTORS) == {"kunbr", "seuf", "wagle"}
    for name, selector in SELECTORS.items():
        made = selector(selector.options_type())
        assert made.name == name
        assert made.title
        assert made.source
        assert made.loss == "graddiff"
    assert [name for name, selector in SELECTORS.items() if selector.needs_retain] == ["wagle"]


def test_public_names_exist() -> None:
    assert all(hasattr(selectors, name) for name in selectors.__all__)
