"""An engine with the sample, a browser, and pages that fail their test on any error in the console.

The pages are those of dashboard/dist, or of the folder in MCP_ENGINE_WEB_DIR while they are being developed.
With MCP_ENGINE_SCREENSHOTS set, every page that is checked for accessibility leaves its pictures there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.end_to_end.instance import EngineProcess

DIST = Path(__file__).parents[2] / "dashboard" / "dist"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
CHROMIUM = shutil.which("chromium")
BROWSER_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run".split()
)
# Painted, with every transition at its end: colours that have just changed are measured as people see them.
SETTLED = """async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  do await painted();
  while (document.getAnimations().some((one) => one instanceof CSSTransition && one.playState !== "finished"));
}"""
# Tables and tabs whose end can only be seen by scrolling sideways.
CUT = """() => [...document.querySelectorAll("[role=region]:has(> table), [role=tablist]")]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.getAttribute("aria-label"))"""
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 800}
TIMEOUT_MS = 120_000
SAMPLE_TIMEOUT_SECONDS = 600
expect.set_options(timeout=60_000)


class DashboardEngine(EngineProcess):
    """A running engine, and calls of its API as the owner."""

    @property
    def sources(self) -> Path:
        """The folder below which its sources may read."""
        return self.folder / "sources"

    def sign_in_url(self) -> str:
        return f"{self.url}/sign-in#token={self.api('POST', '/sessions/link')['token']}"

    def wait_for_sample(self) -> None:
        deadline = time.monotonic() + SAMPLE_TIMEOUT_SECONDS
        while "Filling the sample workspace" not in self.log() or not re.search("✓ Filling the sample", self.log()):
            assert time.monotonic() < deadline, f"the sample was not filled:\n{self.log()}"
            time.sleep(0.2)


@contextmanager
def stopped_workers(engine: DashboardEngine) -> Iterator[None]:
    """Hold the engine's workers still, for less than their lease: what is queued stays queued."""
    assert engine.process is not None
    workers = [
        int(stat.parent.name)
        for stat in Path("/proc").glob("[0-9]*/stat")
        if int(stat.read_text().rpartition(")")[2].split()[1]) == engine.process.pid
        and b"worker" in (stat.parent / "cmdline").read_bytes()
    ]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


@pytest.fixture(scope="session")
def engine() -> Iterator[DashboardEngine]:
    """One engine with the sample for every journey; what a journey makes, it names its own way."""
    web = Path(os.environ.get("MCP_ENGINE_WEB_DIR", DIST))
    assert (web / "index.html").exists(), f"there is no built dashboard in {web}; build it with `make dashboard`"
    engine = DashboardEngine(extra={"MCP_ENGINE_WEB_DIR": str(web)})
    engine.sources.mkdir()
    engine.extra["MCP_ENGINE_SOURCE_ROOTS"] = str(engine.sources)
    try:
        engine.start()
        engine.wait_for_sample()
        yield engine
    finally:
        engine.remove()


# A module at the most: while Playwright runs, its thread counts as inside an event loop, and async tests can't start.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "the journeys need Chromium: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Faults:
    """What pages complained about, less what a test said to expect."""

    found: list[str] = field(default_factory=list[str])
    expected: list[str] = field(default_factory=list[str])

    def expect(self, pattern: str) -> None:
        """Let console errors that match `pattern` pass, such as the 404 that a test provokes."""
        self.expected.append(pattern)

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"{message.text} ({message.location.get('url')})")

    def _on_error(self, error: Error) -> None:
        self.found.append(str(error))

    def unexpected(self) -> list[str]:
        return [fault for fault in self.found if not any(re.search(pattern, fault) for pattern in self.expected)]


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Ask for it to `expect` an error; whatever else a page complains about fails the test."""
    faults = Faults()
    yield faults
    assert faults.unexpected() == []


OpenContext = Callable[[], BrowserContext]


@pytest.fixture
def open_context(browser: Browser, faults: Faults) -> Iterator[OpenContext]:
    """Open browsers that know nothing of each other; the pages of one share a session."""
    opened: list[BrowserContext] = []

    def open_one() -> BrowserContext:
        context = browser.new_context(
            viewport=WIDE, color_scheme="light", reduced_motion="reduce", locale="en-GB", accept_downloads=True
        )
        context.set_default_timeout(TIMEOUT_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.on("page", faults.listen)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_context: OpenContext, engine: DashboardEngine) -> Page:
    """A page of the signed-in owner, at the start of the dashboard."""
    page = open_context().new_page()
    page.goto(engine.sign_in_url())
    page.get_by_role("navigation", name="Sections").wait_for()
    return page


LOOKS = (("wide", "light"), ("wide", "dark"), ("phone", "light"))


def assert_accessible(page: Page, name: str | None = None) -> None:
    """Check the page as it is now with axe (WCAG 2 A and AA): light, dark, and as wide as a phone.

    Args:
        page: what to check; it is left in light at its own size.
        name: of the pictures that are kept under MCP_ENGINE_SCREENSHOTS.
    """
    own = page.viewport_size or WIDE
    for size, scheme in LOOKS:
        page.set_viewport_size(PHONE if size == "phone" else own)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        _keep_picture(page, name, f"{size}-{scheme}")
        found = _violations(page)
        assert not found, f"{page.url} ({size}, {scheme}):\n" + "\n".join(found)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{page.url} ({size}) scrolls sideways by {too_wide} px"
        assert not (cut := page.evaluate(CUT)), f"{page.url} ({size}): {cut} is wider than its frame"
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(own)


def _violations(page: Page) -> list[str]:
    page.evaluate(f"() => {{ {AXE} }}")
    result = page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] })")
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def _keep_picture(page: Page, name: str | None, variant: str) -> None:
    folder = os.environ.get("MCP_ENGINE_SCREENSHOTS")
    if folder and name:
        page.screenshot(path=Path(folder) / f"{name}-{variant}.png")
