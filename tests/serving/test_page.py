"""The page at `/`, in headless Chromium: what a person sees, types and presses, against the real server."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple

import httpx
import pytest
from expunge import Target, TargetStore
from expunge.models import load_chat_model
from expunge.schema import Finding, Verdict
from expunge.serving.local import ChatModelUpstream
from expunge.serving.tenants import Tenant, Tenants
from expunge.stores.access_keys import AccessKeys
from expunge.tests.serving.loopback import serving
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without them Chromium looks for hosts of its maker at every start; and as root it has no sandbox.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UNSURE = Finding(
    target="tgt_gone", start=0, end=9, where="draft", layer="meaning", score=1.71, threshold=1.4, evidence="a likeness"
)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: run tests/install-browser.sh as root")
expect.set_options(timeout=15_000)


class Site(NamedTuple):
    """A server that is running, without keys: whoever opens the page is its administrator."""

    url: str
    tenant: Tenant


class Keyed(NamedTuple):
    """A server with two keys."""

    url: str
    admin: str
    guest: str


@pytest.fixture(scope="module")
def demo() -> ChatModelUpstream:
    return ChatModelUpstream(load_chat_model("demo"), "demo")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, demo: ChatModelUpstream) -> Iterator[Site]:
    with closing(Tenants(tmp_path_factory.mktemp("site"))) as tenants, serving(tenants, {"": demo}) as served:
        yield Site(served.url, tenants.authenticate(None).tenant)


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """The server, with no target and no case that waits."""
    yield running
    for target in running.tenant.store.list():
        running.tenant.store.remove(target.id)
    for case in running.tenant.reviews.open():
        running.tenant.reviews.decide(case.id, "right", "the test")


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, demo: ChatModelUpstream) -> Iterator[Keyed]:
    folder = tmp_path_factory.mktemp("keyed")
    with TargetStore(folder) as register, closing(AccessKeys(register)) as keys:
        admin, guest = keys.create("default", admin=True).secret, keys.create("default").secret
    with closing(Tenants(folder)) as tenants, serving(tenants, {"": demo}) as served:
        yield Keyed(served.url, admin, guest)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


class Watch:
    """What no page may do: complain, run what is not its own, or ask another host."""

    def __init__(self, context: BrowserContext) -> None:
        self.requested: list[str] = []
        self.troubles: list[str] = []
        context.on("request", lambda request: self.requested.append(request.url))
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        context.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        context.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"{message.text} {message.location['url']}")


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the page of a server; afterwards it must have had no trouble but refusals that the test names."""
    watches: list[tuple[str, str, Watch]] = []

    def open_page(url: str, *, width: int = 1100, refused: str = "never") -> Page:
        context = browser.new_context(base_url=url, viewport={"width": width, "height": 800})
        context.set_default_timeout(20_000)
        watches.append((url, refused, Watch(context)))
        page = context.new_page()
        page.goto("/")
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    for url, refused, watch in watches:
        assert [trouble for trouble in watch.troubles if not re.search(refused, trouble)] == []
        assert {each for each in watch.requested if not each.startswith(f"{url}/")} == set()


@pytest.fixture
def page(opened: Callable[..., Page], site: Site) -> Page:
    return opened(site.url)


def ask(page: Page, question: str) -> Locator:
    """Ask a question, and return the exchange when it has ended."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    last = page.locator("article").last
    expect(last).to_contain_text(question)
    expect(last).to_have_attribute("aria-busy", "false")
    return last


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def register(page: Page, name: str, documents: str = "") -> Locator:
    """Add a target by the form, and return its row."""
    part(page, "Targets")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Documents").fill(documents)
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_be_visible()
    return row


def test_the_page_may_run_and_load_its_own_files_alone(site: Site) -> None:
    index = httpx.get(site.url)
    assert index.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=|https?://", index.text)
    scripts = re.findall(r'from "\./(\w+\.js)"', _asset(site, "app.js").text)
    names = {*re.findall(r'"page/([\w.]+)"', index.text), *scripts}
    assert names >= {"app.js", "api.js", "style.css", "icon.svg"}
    for answer in (index, *(_asset(site, name) for name in names)):
        assert answer.status_code == 200
        policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert _asset(site, "app.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "../page.py", "%2e%2e%2fpage.py", "..%5cpage.py", ""])
def test_nothing_else_is_served(site: Site, name: str) -> None:
    answer = _asset(site, name)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


def _asset(site: Site, name: str) -> httpx.Response:
    return httpx.get(f"{site.url}/page/{name}")


@needs_browser
def test_a_clean_answer_is_shown_and_said_to_be_released(page: Page) -> None:
    expect(page.get_by_label("Model")).to_have_value("demo")
    exchange = ask(page, "What is the capital of France?")
    expect(exchange).to_contain_text("Paris")
    verdict = exchange.get_by_role("complementary", name="Verdict")
    expect(verdict).to_contain_text("released")
    expect(verdict).to_contain_text(re.compile(r"Added time\d+(\.\d)? m?s"))


@needs_browser
def test_a_target_added_in_the_page_is_withheld_from_then_on(page: Page) -> None:
    question = "Where was Cyril Tamstad born?"
    expect(ask(page, question)).to_contain_text("Oaxaca")
    row = register(page, "Cyril Tamstad", "Cyril Tamstad was born in Oaxaca.\n\nHe was born on 15 August 1947.")
    expect(row).to_contain_text(re.compile("person.*everything.*active.*1"))
    part(page, "Chat")
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("article")).to_have_count(0)
    exchange = ask(page, question)
    expect(exchange).not_to_contain_text("Oaxaca")
    verdict = exchange.get_by_role("complementary", name="Verdict")
    expect(verdict).to_contain_text(re.compile("withheld.*Cyril Tamstad.*alias.*Suppression"))

    part(page, "Targets")
    row.get_by_role("button", name="Pause Cyril Tamstad").click()
    expect(row).to_contain_text("paused")
    part(page, "Chat")
    expect(ask(page, question)).to_contain_text(re.compile("Oaxaca.*released"))

    part(page, "Targets")
    row.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("active")


@needs_browser
def test_a_target_is_removed_only_when_that_is_confirmed(page: Page, site: Site) -> None:
    row = register(page, "Orla Venn")
    dialog = page.get_by_role("dialog", name="Remove this target?")
    for choice, left in (("Keep it", 1), ("Remove", 0)):
        row.get_by_role("button", name="Remove Orla Venn").click()
        expect(dialog).to_contain_text("Orla Venn is deleted from the register")
        dialog.get_by_role("button", name=choice).click()
        expect(row).to_have_count(left)
        assert len(site.tenant.store.list()) == left
    expect(page.get_by_text("No targets yet.")).to_be_visible()


@needs_browser
def test_what_the_server_refuses_is_said_in_words(opened: Callable[..., Page], site: Site) -> None:
    page = opened(site.url, refused="status of 400")
    part(page, "Targets")
    page.get_by_label("Name").fill("Orla Venn")
    page.get_by_label("Scope").select_option("documents")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("covers what the documents say, and there are none")
    assert site.tenant.store.list() == []


@needs_browser
def test_no_text_is_taken_for_markup(page: Page, site: Site) -> None:
    for name in ("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "a'\"><b>b</b>"):
        row = register(page, name, f"{name} was born in Leeds.")
        expect(row.get_by_role("rowheader")).to_have_text(name)
        row.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("dialog")).to_contain_text(name)
        page.keyboard.press("Escape")
        target = site.tenant.store.list()[-1].id
        finding = UNSURE.model_copy(update={"target": target, "evidence": name})
        verdict = Verdict(action="rewrite", text="", targets=[target], findings=[finding])
        site.tenant.reviews.consider(verdict, where=name)
        part(page, "Reviews")
        case = page.get_by_role("listitem").filter(has_text=name).first
        expect(case).to_contain_text(f"Target{name}")
    part(page, "Chat")
    expect(ask(page, name)).to_contain_text(f"You: {name}")
    assert page.locator("main img, main script, main b").count() == 0


@needs_browser
def test_a_case_is_decided_with_a_note(opened: Callable[..., Page], site: Site) -> None:
    page = opened(site.url, refused="status of 404")  # its target is gone: its name is not told
    withheld = Verdict(action="abstain", text="I don't know.", targets=["tgt_gone"], findings=[UNSURE])
    before = site.tenant.reviews.counts()
    site.tenant.reviews.consider(withheld, where="guardrail")
    part(page, "Reviews")
    case = page.get_by_role("listitem").filter(has_text="in the guardrail of a proxy").first
    expect(case).to_contain_text(re.compile("withheld.*tgt_gone.*meaning.*a likeness.*1.71.*1.40"))
    expect(page.get_by_role("link", name="Reviews")).to_contain_text(f"{before.open + 1} waiting")
    case.get_by_label("Note").fill("a namesake")
    case.get_by_role("button", name="Wrong").click()
    expect(page.get_by_text("in the guardrail of a proxy")).to_have_count(0)
    page.get_by_role("radio", name="Decided").check()
    expect(case).to_contain_text(re.compile("decided wrongly, by local.*a namesake"))
    assert site.tenant.reviews.counts() == before._replace(wrong=before.wrong + 1)


@needs_browser
def test_everything_is_done_by_keyboard_alone(page: Page, site: Site) -> None:
    def press_until(focused: Locator, key: str = "Tab") -> None:
        for _ in range(25):
            page.keyboard.press(key)
            if focused.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"{focused} is not reached by {key}")

    press_until(page.get_by_role("link", name="Targets"))
    page.keyboard.press("Enter")
    press_until(page.get_by_label("Name"))
    page.keyboard.type("Hsiao Yun-Hwa")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="Hsiao Yun-Hwa")).to_be_visible()
    press_until(page.get_by_role("link", name="Chat"), "Shift+Tab")
    page.keyboard.press("Enter")
    press_until(page.get_by_label("Your question"))
    page.keyboard.type("Who is")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Hsiao Yun-Hwa?")
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("withheld")
    expect(page.get_by_label("Your question")).to_be_focused()
    press_until(page.get_by_role("link", name="Targets"), "Shift+Tab")
    page.keyboard.press("Enter")
    press_until(page.get_by_role("button", name="Remove Hsiao Yun-Hwa"))
    page.keyboard.press("Enter")
    press_until(page.get_by_role("dialog").get_by_role("button", name="Remove"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("No targets yet.")).to_be_visible()
    assert site.tenant.store.list() == []


@needs_browser
def test_a_key_is_asked_for_and_decides_what_is_shown(opened: Callable[..., Page], keyed: Keyed) -> None:
    page = opened(keyed.url, refused="status of 40[13]")
    expect(page.get_by_role("status").first).to_contain_text("No key was given.")

    use_key(page, keyed.guest)
    exchange = ask(page, "What is the capital of France?")
    expect(exchange).to_contain_text(re.compile("Paris.*An administrator's key shows what was decided."))
    expect(exchange).not_to_contain_text("released")
    for name in ("Targets", "Reviews"):
        part(page, name)
        section = page.get_by_role("region", name=name)
        expect(section).to_contain_text("This needs the key of an administrator")
        expect(page.get_by_role("button", name="Add", exact=True)).not_to_be_visible()

    use_key(page, keyed.admin)
    expect(page.get_by_text("No case is here.")).to_be_visible()
    part(page, "Chat")
    expect(ask(page, "What is the capital of Italy?")).to_contain_text("released")

    use_key(page, "exp_wrong")
    expect(ask(page, "What is the capital of Spain?")).to_contain_text(re.compile("failed.*The key is not known"))


def use_key(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Use").click()


@needs_browser
def test_a_key_is_kept_for_the_tab_alone(opened: Callable[..., Page], keyed: Keyed) -> None:
    page = opened(keyed.url, refused="status of 40[13]")
    use_key(page, keyed.guest)
    expect(page.get_by_label("Model")).to_have_value("demo")
    page.reload()
    expect(page.get_by_label("API key")).to_have_value(keyed.guest)
    assert page.evaluate("[localStorage.length, document.cookie, location.search]") == [0, "", ""]
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_label("API key")).to_have_value("")


@needs_browser
def test_an_answer_can_be_stopped(page: Page) -> None:
    page.route("**/v1/chat/completions", lambda route: None)  # never answers
    page.get_by_label("Your question").fill("What is the capital of France?")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("article")).to_contain_text("You stopped this answer.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()


@needs_browser
def test_a_stream_that_breaks_off_is_no_answer(page: Page) -> None:
    events = {'{"choices": []}': "The answer was cut off.", '{"error": {"message": "It failed."}}': "It failed."}
    for event, reason in events.items():
        answer = partial(Route.fulfill, body=f"data: {event}\n\n", content_type="text/event-stream")
        page.route("**/v1/chat/completions", answer)
        expect(ask(page, "What is the capital of France?")).to_contain_text(re.compile(f"failed.*{reason}"))


@needs_browser
def test_the_page_fits_a_phone(opened: Callable[..., Page], site: Site) -> None:
    site.tenant.store.add(Target(name="W" * 200))
    page = opened(site.url, width=360)
    ask(page, "W" * 200)
    for name in ("Chat", "Targets", "Reviews"):
        part(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
