"""The reports in headless Chromium, opened from their files as a reader opens them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from expunge.tests.unlearning.report.reports import bare, failed, hostile, several
from expunge.unlearning.report import write_comparison, write_report
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without them Chromium looks for hosts of its maker at every start; and as root it has no sandbox.
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
WIDTHS = (380, 704, 880, 1400)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: run tests/install-browser.sh as root")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages by name, for drawing takes its time."""
    folder = tmp_path_factory.mktemp("reports")
    jobs = {"failed": failed(), "bare": bare(), "hostile": hostile()}
    pages = {name: write_report(report, folder / name) for name, report in jobs.items()}
    return pages | {"several": write_comparison([*several(), hostile()], folder)}


@pytest.fixture
def opened(browser: Browser, reports: dict[str, Path]) -> Iterator[Callable[[str], Page]]:
    """Open a page; afterwards it must have asked for nothing and complained of nothing."""
    troubles: list[str] = []
    requested: list[str] = []
    context = browser.new_context()
    context.on("request", lambda request: requested.append(request.url))
    context.on("console", lambda message: troubles.append(message.text))
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("dialog", lambda dialog: troubles.append(dialog.message))

    def open_page(name: str) -> Page:
        page = context.new_page()
        page.goto(reports[name].as_uri())
        return page

    yield open_page
    context.close()
    assert troubles == []
    assert len(requested) == 1


@pytest.mark.parametrize("name", ["failed", "bare", "hostile", "several"])
def test_nothing_stands_beyond_the_edge(opened: Callable[[str], Page], name: str) -> None:
    page = opened(name)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        for drawing in page.get_by_role("img").all():
            assert drawing.locator("svg:visible").count() == 1


def test_texts_of_others_are_shown_as_text(opened: Callable[[str], Page]) -> None:
    page = opened("hostile")
    sample = page.locator(".samples tbody td").first
    expect(sample).to_contain_text('<script>alert(1)</script> "><b>&amp;</b> $x^2$')
    assert page.locator("script, main img, main b").count() == 0
    assert any("<script>" in label for label in page.locator("#attacks .wide text").all_text_contents())


def test_every_entry_of_the_contents_leads_somewhere(opened: Callable[[str], Page]) -> None:
    page = opened("failed")
    links = page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) == page.get_by_role("heading", level=2).count()
    for link in links:
        expect(page.locator(link.get_attribute("href") or "")).to_have_count(1)
    for table in page.locator("table").all():
        assert table.locator("thead th:not([scope=col]), tbody th:not([scope=row], [scope=rowgroup])").count() == 0
