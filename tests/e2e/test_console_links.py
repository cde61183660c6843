"""Links of the console to Buildium's web application, and between the views."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.account import create_account
from tests.e2e.api import Api
from tests.e2e.browser import Console
from tests.e2e.waiting import status_becomes

pytestmark = pytest.mark.e2e

APP_URL = "https://example.managebuilding.com"
PATHS = {
    "bank-account": "banking/bank-account/{bank-account}/register",
    "lease": "rentroll/{lease}/financials/ledger",
    "task": "tasks/{task}/task-summary",
    "unit": "properties/{property}/units/{unit}/summary",
    "work-order": "tasks/{task}/work-order/{work-order}",
}
LINK = "Open in Buildium"


@pytest.fixture(scope="module")
def account(api: Api) -> dict[str, str]:
    """One entity of every type, in Buildium: their local ids."""
    made = create_account(api)
    for entity_type, entity_id in made.items():
        status_becomes(api, entity_type, entity_id, "synced")
    return made


def set_app_url(page: Page, url: str | None) -> None:
    """Let the API report an address of Buildium's web application."""

    def respond(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "buildiumAppUrl": url})

    page.route("**/api/buildium/status", respond)


def test_a_linked_entity_links_to_its_page_in_buildium(console: Console, api: Api, account: dict[str, str]) -> None:
    page = console.page
    set_app_url(page, APP_URL)
    ids = {each: str(api.sync_status(each, entity_id)["buildiumId"]) for each, entity_id in account.items()}
    console.open()
    console.wait_for_view("overview")
    for entity_type, path in PATHS.items():
        console.show_entity(entity_type, account[entity_type])
        link = page.get_by_role("link", name=LINK, exact=False)
        expect(link).to_have_attribute("href", f"{APP_URL}/manager/app/{path.format_map(ids)}")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_text(LINK)
    assert console.violations() == []


def test_a_type_without_a_known_page_has_no_link(console: Console, account: dict[str, str]) -> None:
    set_app_url(console.page, APP_URL)
    console.open()
    console.wait_for_view("overview")
    console.show_entity("vendor", account["vendor"])
    expect(console.page.get_by_role("heading", name="Fields")).to_be_visible()
    expect(console.page.get_by_text(LINK)).to_have_count(0)


def test_without_an_address_nothing_links_to_buildium(console: Console, account: dict[str, str]) -> None:
    set_app_url(console.page, None)
    console.open()
    console.wait_for_view("overview")
    console.show_entity("task", account["task"])
    expect(console.page.get_by_role("heading", name="Fields")).to_be_visible()
    expect(console.page.get_by_text(LINK)).to_have_count(0)


@pytest.mark.parametrize("view", ["search", "entities"])
def test_results_and_lists_link_to_pages_in_buildium(
    console: Console, api: Api, account: dict[str, str], view: str
) -> None:
    set_app_url(console.page, APP_URL)
    sync = api.sync_status("unit", account["unit"])
    query = {"search": f"q={sync['buildiumId']}", "entities": "entityType=unit&syncStatus=synced"}[view]
    console.open(f"{view}?{query}")
    href = f"/units/{sync['buildiumId']}/summary"
    expect(console.page.locator(f'a[href^="{APP_URL}"][href$="{href}"]')).to_be_visible()
