"""The API documentation in a real browser, with a call to the API."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.api import Api

pytestmark = pytest.mark.e2e

_TIMEOUT_MS = 60_000
_CREATED = "Property created successfully"
_MID_BRIGHTNESS = 3 * 128
"""Half of the sum of the three color values of white."""


@pytest.fixture(params=["light"])
def scheme(request: pytest.FixtureRequest) -> Literal["light", "dark"]:
    """The system's color scheme."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def page(browser: Browser, api_url: str, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    """The documentation in a tab, without script errors and without requests to another server."""
    context = browser.new_context(viewport={"width": 1200, "height": 1400}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    faults: list[str] = []
    requests: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{api_url}/docs")
    yield page
    context.close()
    assert faults == []
    assert [url for url in requests if not url.startswith((api_url, "data:"))] == []


def test_a_property_is_created_from_the_documentation(page: Page, api: Api, api_key: str) -> None:
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("Value:").fill(api_key)
    page.get_by_label("Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.locator("#operations-tag-properties").click()
    operation = page.locator("#operations-properties-createProperty")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    response = operation.locator(".live-responses-table")
    expect(response.locator(".response-col_status").last).to_contain_text("201", timeout=_TIMEOUT_MS)
    expect(response).to_contain_text(_CREATED)
    if folder := os.environ.get("DOCS_PICTURES"):
        page.screenshot(path=Path(folder) / "docs.png", full_page=True)
    assert "Sample Property" in [each["name"] for each in api.rows("/api/properties", "items")]


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_the_documentation_follows_the_color_scheme(page: Page, scheme: str) -> None:
    title = page.locator(".info .title")
    expect(title).to_be_visible()
    script = "(element, name) => getComputedStyle(element)[name].match(/[0-9]+/g).slice(0, 3).map(Number)"
    ground = sum(page.locator("body").evaluate(script, "backgroundColor"))
    assert (ground < _MID_BRIGHTNESS) == (scheme == "dark")
    for text in (title, page.locator(".opblock-tag").first, page.get_by_role("link", name="Console")):
        assert (sum(text.evaluate(script, "color")) > _MID_BRIGHTNESS) == (scheme == "dark")


def test_the_documentation_and_the_console_link_to_each_other(page: Page) -> None:
    page.get_by_role("link", name="Console", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="API documentation").click()
    expect(page.locator(".info .title")).to_be_visible()
