"""The API documentation in a real browser, with a call to the API."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.api import Api
from tests.e2e.browser import chromium

pytestmark = pytest.mark.e2e

_TIMEOUT_MS = 60_000
_CREATED = "Property created successfully"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, api_url: str) -> Iterator[Page]:
    """The documentation in a tab, without script errors and without requests to another server."""
    context = browser.new_context(viewport={"width": 1200, "height": 1400})
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
