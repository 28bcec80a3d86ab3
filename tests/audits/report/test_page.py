"""The report in headless Chromium, opened from its file as a reader opens it."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from expunge.audits.report import write_report
from expunge.audits.summary import Summary
from expunge.tests.audits.report.summaries import empty, flagged, rich, targets
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without them Chromium looks for hosts of its maker at every start; and as root it has no sandbox.
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
HEADINGS = (
    "What to do next",
    "Is it getting better or worse?",
    "Who is affected?",
    "Where does it leak?",
    "How was it found?",
    "Near misses",
    "What was audited, and how",
    "What this report can and cannot show",
    "Glossary",
)
HOSTILE = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
    '"><b>b</b>': '"><b>b</b>',
    "$x^2$": "$x^2$",
    "a\ud800b\x00": "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil": "\N{REPLACEMENT CHARACTER}evil",
    "W" * 10_000: f"{'W' * 119}…",
}
"""Names, and what is shown for them."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: run tests/install-browser.sh as root")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of reports, for drawing takes its time."""
    folder = tmp_path_factory.mktemp("reports")
    for name, summary in {"empty": empty(), "rich": rich(), "hostile": hostile()}.items():
        write_report(summary, folder / f"{name}.html")
    return folder


@pytest.fixture
def opened(browser: Browser, reports: Path) -> Iterator[Callable[..., Page]]:
    """Open a report; afterwards it must have asked for nothing and complained of nothing."""
    troubles: list[str] = []
    requested: list[str] = []
    context = browser.new_context()
    context.on("request", lambda request: requested.append(request.url))
    context.on("console", lambda message: troubles.append(message.text))
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("dialog", lambda dialog: troubles.append(dialog.message))

    def open_report(name: str, *, width: int = 1100) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.goto((reports / f"{name}.html").as_uri())
        return page

    yield open_report
    context.close()
    assert troubles == []
    assert len(requested) == 1


def hostile() -> Summary:
    """An audit of which every text was chosen by somebody who means ill."""
    named = [
        each.model_copy(update={"name": name})
        for each, name in zip(targets(len(HOSTILE), random.Random(1)), HOSTILE, strict=True)
    ]
    worst = [
        flagged(1, random.Random(1), file=text, exchange=text, targets=[text], released=text)[0] for text in HOSTILE
    ]
    return rich(revealed=True, by_target=named, worst=worst, near_misses=worst)


def test_headings_and_figures_are_there(opened: Callable[..., Page]) -> None:
    page = opened("rich")
    expect(page.get_by_role("heading", level=1)).to_have_text("143 of 100,000 exchanges disclosed a target.")
    assert tuple(page.get_by_role("heading", level=2).all_inner_texts()) == HEADINGS
    drawings = page.get_by_role("img")
    expect(drawings).to_have_count(4)
    for drawing in drawings.all():
        assert re.search(r"\d", drawing.get_attribute("aria-label") or "")
        assert drawing.locator("svg:visible").count() == 1
    expect(page.get_by_role("row").filter(has_text="not valid JSON")).to_contain_text("17")
    for table in page.locator("table").all():
        assert table.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0


def test_every_entry_of_the_contents_leads_somewhere(opened: Callable[..., Page]) -> None:
    page = opened("empty")
    links = page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) == len(HEADINGS)
    for link in links:
        expect(page.locator(link.get_attribute("href") or "")).to_have_count(1)


@pytest.mark.parametrize("name", ["empty", "rich", "hostile"])
@pytest.mark.parametrize("width", [400, 704, 1400])
def test_nothing_stands_beyond_the_edge(opened: Callable[..., Page], name: str, width: int) -> None:
    page = opened(name, width=width)
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_texts_of_others_are_shown_as_text(opened: Callable[..., Page]) -> None:
    page = opened("hostile")
    table = page.get_by_role("table", name="Exchanges by target")
    shown = [text.split("\n")[0] for text in table.get_by_role("rowheader").all_inner_texts()]
    assert shown == list(HOSTILE.values())
    assert page.locator("script, main img, main b").count() == 0
    labels = page.locator("#who .wide text").all_text_contents()
    for name in ("<script>alert(1)</script>", "$x^2$", '"><b>b</b>'):
        assert name in labels


def test_it_is_printed_on_paper_without_what_only_a_screen_needs(opened: Callable[..., Page]) -> None:
    page = opened("rich")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".wide svg").first).to_be_visible()
