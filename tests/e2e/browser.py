"""The console of the deployed stack in a real browser."""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.contract.location import REQUIRED_VARIABLE

CHROMIUM = Path("/usr/bin/chromium")
VIEWS = {
    "overview": "Overview",
    "syncs": "Syncs",
    "reviews": "Reviews",
    "events": "Events",
    "entities": "Entities",
    "entity": "Entity",
    "calls": "Failed calls",
    "leases": "Leases",
    "drift": "Drift",
    "search": "Search",
    "import": "Import",
    "control": "Control",
    "connection": "Connection",
    "app-webhook": "App webhook",
}
UNLISTED = {"entities": "entities", "calls": "calls", "search": "search?q=Maple"}
"""The addresses of the views that the navigation does not list."""
DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 360, "height": 740}
SCREENS = [("light", DESKTOP, "light"), ("dark", DESKTOP, "dark"), ("phone", PHONE, "light")]
"""The name, the size and the color scheme of each screen that a view must fit."""
# Containers run it as root. It sends requests to the page's own server only.
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
_TIMEOUT_MS = 60_000
_MAX_TABS = 60


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium.

    Without one, skips the tests, or fails them where no test may be skipped.
    """
    if not CHROMIUM.exists():
        missing = f"{CHROMIUM} is missing. Install it with `make browser`."
        (pytest.fail if os.environ.get(REQUIRED_VARIABLE) else pytest.skip)(missing)
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


class Console:
    """The console in its own tab, as an operator uses it."""

    def __init__(self, context: BrowserContext, url: str, key: str) -> None:
        self.url = f"{url}/console"
        self.page: Page = context.new_page()
        self.page.set_default_timeout(_TIMEOUT_MS)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self._key = key
        self.page.on(
            "request", lambda request: self.faults.append("the key is in a URL") if key in request.url else None
        )

    def open(self, view: str = "overview", key: str | None = None) -> None:
        """Open the page and sign in."""
        self.page.goto(f"{self.url}#{view}")
        self.page.get_by_label("API key").fill(key or self._key)
        self.page.get_by_role("button", name="Sign in").click()

    def open_by_keyboard(self, key: str) -> None:
        """Open the page and sign in with a keyboard alone."""
        self.page.goto(self.url)
        expect(self.page.get_by_label("API key")).to_be_focused()
        self.page.keyboard.type(key)
        self.page.keyboard.press("Enter")
        self.wait_for_view("overview")

    def go(self, view: str) -> None:
        """Open a view by its link in the navigation, or else by its address."""
        if view in UNLISTED:
            self.page.evaluate("(hash) => { location.hash = hash; }", UNLISTED[view])
        else:
            self.page.get_by_role("navigation").get_by_role("link", name=VIEWS[view], exact=True).click()
        self.wait_for_view(view)

    def wait_for_view(self, view: str) -> None:
        """Wait until a view has loaded."""
        expect(self.page.get_by_role("heading", level=1, name=VIEWS[view])).to_be_visible()
        expect(self.page.get_by_text("Loading …")).to_have_count(0)
        expect(self.page.get_by_text("Reading Buildium with")).to_have_count(0)

    def show_entity(self, entity_type: str, entity_id: str) -> None:
        """Open an entity by its type and id."""
        self.go("entity")
        self.page.get_by_label("Type").select_option(entity_type)
        self.page.get_by_label("ID", exact=True).fill(entity_id)
        self.page.get_by_role("button", name="Show").click()

    def row(self, text: str) -> Any:
        """Return the list row that contains a string."""
        return self.page.get_by_role("listitem").filter(has_text=text).filter(has=self.page.locator(".rowhead"))

    def wait_for_status(self, text: str, status: str) -> None:
        """Wait until the list row that contains a string shows a status."""
        expect(self.row(text).locator(".badge")).to_have_text(status)

    def tab_to(self, name: str) -> None:
        """Press Tab until the element with this name has the focus.

        Raises:
            AssertionError: the element cannot be reached.
        """
        script = "() => document.activeElement.ariaLabel ?? document.activeElement.textContent"
        for _ in range(_MAX_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(script).strip() == name:
                return
        raise AssertionError(f"{name!r} cannot be reached with the keyboard")

    def tab_back_to(self, element: Any) -> None:
        """Press Shift and Tab until an element has the focus.

        Raises:
            AssertionError: the element cannot be reached.
        """
        for _ in range(_MAX_TABS):
            self.page.keyboard.press("Shift+Tab")
            if element.evaluate("(each) => each === document.activeElement"):
                return
        raise AssertionError(f"{element} cannot be reached with the keyboard")

    def violations(self) -> list[str]:
        """Return the violations that the accessibility check finds on the current page."""
        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

    def narrowest_cell(self) -> float:
        """Return the width of the narrowest table cell in pixels, infinity without a table."""
        script = """() => [...document.querySelectorAll('td')].map((each) => each.getBoundingClientRect().width)
            .filter((width) => width > 0)"""
        return min(self.page.evaluate(script), default=math.inf)

    def brightness(self, color: str) -> int:
        """Return the brightness of one of the page's colors, by its CSS property in the DOM."""
        script = "(name) => getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3).map(Number)"
        return int(sum(self.page.evaluate(script, color)))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


OpenConsole = Callable[..., Console]
"""Opens a tab of a size and color scheme, with further options of its browser context."""
