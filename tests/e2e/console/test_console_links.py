"""Links of the console to Buildium's web application, and between the views."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.account import create_rejected, read
from tests.e2e.api import Api, unique
from tests.e2e.browser import Console
from tests.e2e.console.test_console_import import FINISHED, import_job, respond_with
from tests.e2e.rented_lease import RentedLease, create_rented_lease
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

APP_URL = "https://example.managebuilding.com"
PATHS = {
    "bank-account": "banking/bank-account/{bank-account}/register",
    "lease": "rentroll/{lease}/financials/ledger",
    "task": "tasks/{task}/task-summary",
    "unit": "properties/{property}/units/{unit}/summary",
    "work-order": "tasks/{task}/work-order/{work-order}",
    # These are in the setting of the local cloud.
    "bill": "bills/{bill}",
    "owner": "owners/{owner}",
    "property": "properties/{property}",
    "tenant": "tenants/{tenant}",
    "vendor": "vendors/{vendor}",
}
LINK = "Open in Buildium"


def set_app_url(page: Page, url: str | None, **changes: Any) -> None:
    """Let the API report an address of Buildium's web application."""

    def respond(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "buildiumAppUrl": url, **changes})

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


@pytest.fixture(scope="module")
def rented(api: Api, simulator: RemoteSimulator) -> RentedLease:
    """A lease with a charge."""
    return create_rented_lease(api, simulator)


def page_of_the_lease(console: Console, api: Api, rented: RentedLease) -> Locator:
    """The links to the lease's page in Buildium."""
    lease_id = api.sync_status("lease", rented.lease)["buildiumId"]
    return console.page.locator(f'a[href="{APP_URL}/manager/app/rentroll/{lease_id}/financials/ledger"]')


def test_a_charge_links_to_the_page_of_its_lease(console: Console, api: Api, rented: RentedLease) -> None:
    set_app_url(console.page, APP_URL)
    charge_id = api.sync_status("lease-charge", rented.charge)["buildiumId"]
    console.open()
    console.wait_for_view("overview")
    console.show_entity("lease-charge", rented.charge)
    link = page_of_the_lease(console, api, rented)
    expect(link).to_have_text("Open lease in Buildium")
    expect(link).to_have_accessible_name(f"Lease charge {charge_id}: open lease in Buildium")
    assert console.violations() == []


def test_a_list_of_charges_reads_no_charge_again(console: Console, api: Api, rented: RentedLease) -> None:
    set_app_url(console.page, APP_URL)
    reads: list[str] = []
    console.page.on("request", lambda request: reads.append(request.url))
    console.open("entities?entityType=lease-charge&syncStatus=synced")
    expect(page_of_the_lease(console, api, rented).first).to_be_visible()
    assert [url for url in reads if f"/api/lease-charges/{rented.charge}" in url] == []


def test_a_candidate_for_a_charge_links_to_the_lease(console: Console, api: Api, rented: RentedLease) -> None:
    charge = {"entityType": "lease-charge", "entityId": rented.charge}
    sync = {**api.sync_status(*charge.values()), "syncStatus": "needs_review", "candidates": [4711]}
    review = {**charge, "name": "Rent", "address": None, "candidates": [{"buildiumId": 4711, "hasDetails": False}]}
    console.page.route("**/api/buildium/sync?*needs_review*", lambda route: route.fulfill(json={"failedSyncs": [sync]}))
    console.page.route("**/api/buildium/review?*", lambda route: route.fulfill(json={"review": review}))
    set_app_url(console.page, APP_URL)
    console.open("reviews")
    expect(page_of_the_lease(console, api, rented)).to_have_accessible_name("Lease charge 4711: open lease in Buildium")


def test_the_setting_of_the_stack_links_a_property(console: Console, api: Api, account: dict[str, str]) -> None:
    buildium_id = api.sync_status("property", account["property"])["buildiumId"]
    console.open()
    console.wait_for_view("overview")
    console.show_entity("property", account["property"])
    link = console.page.get_by_role("link", name=LINK, exact=False)
    expect(link).to_have_attribute("href", f"https://buildium.example/manager/app/properties/{buildium_id}")
    assert console.violations() == []


def test_a_type_without_a_known_page_has_no_link(console: Console, account: dict[str, str]) -> None:
    set_app_url(console.page, APP_URL, buildiumPages=[])
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


def test_references_of_an_entity_link_to_the_local_entities(
    console: Console, api: Api, account: dict[str, str]
) -> None:
    names = {"vendorId": read(api, "vendor", account["vendor"])["companyName"]}
    names["taskId"] = read(api, "task", account["task"])["title"]
    console.open()
    console.wait_for_view("overview")
    console.show_entity("work-order", account["work-order"])
    for field, name in names.items():
        link = console.page.get_by_role("table").get_by_role("link", name=name)
        expect(link).to_have_attribute("href", re.compile(f"entityId={account[field.removesuffix('Id')]}$"))
    console.page.get_by_role("table").get_by_role("link", name=names["vendorId"]).click()
    expect(console.page.get_by_role("heading", level=2).first).to_contain_text(names["vendorId"])


def test_a_list_of_references_has_a_link_for_each(console: Console, account: dict[str, str]) -> None:
    console.open()
    console.wait_for_view("overview")
    console.show_entity("owner", account["owner"])
    link = console.page.get_by_role("row", name="Property IDs").get_by_role("link")
    expect(link).to_have_attribute("href", re.compile(f"entityType=property&entityId={account['property']}$"))


def test_each_count_of_dead_letters_links_to_its_list(console: Console) -> None:
    def dead_letters(route: Route) -> None:
        overview = route.fetch().json()["overview"]
        counts = dict.fromkeys(overview["deadLetters"], 0)
        route.fulfill(json={"overview": {**overview, "deadLetters": {**counts, "sync": 2, "events": 1, "jobs": 1}}})

    console.page.route("**/api/buildium/overview", dead_letters)
    console.open()
    figures = console.page.locator(".figures")
    expect(figures.get_by_role("link", name="2 syncs")).to_have_attribute("href", "#syncs?status=failed")
    expect(figures.get_by_role("link", name="1 event")).to_have_attribute("href", "#events?status=failed")
    expect(figures).to_contain_text("2 syncs, 1 event, 1 job")
    assert console.violations() == []


def test_counts_of_an_import_link_to_their_lists(console: Console) -> None:
    respond_with(console, import_job("done", vendor=FINISHED))
    console.open("import")
    row = console.page.get_by_role("row", name="Vendor")
    expect(row.get_by_role("link", name="all synced vendors")).to_have_attribute(
        "href", "#entities?entityType=vendor&syncStatus=synced"
    )
    expect(row.get_by_role("link", name="1", exact=True)).to_have_attribute("href", "#reviews")


def test_a_count_of_differences_opens_those_of_its_type(console: Console, api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Drift")
    vendor_id = create_rejected(api, simulator, "vendor", {"isCompany": True, "companyName": name}, name)
    console.open("drift")
    console.page.get_by_label("Type").select_option("vendor")
    console.page.get_by_role("button", name="Check for drift").click()
    console.page.get_by_role("link", name=re.compile("vendors: Local only")).click()
    expect(console.page.get_by_text("Only vendors, local only.")).to_be_visible()
    expect(console.row(name)).to_contain_text("Repair: create in Buildium")
    expect(console.page.get_by_role("button", name="Write all in Buildium")).to_have_count(0)
    assert console.violations() == []
    console.page.get_by_role("link", name="Show all types").click()
    expect(console.page.get_by_role("button", name="Write all in Buildium")).to_be_visible()
    api.send("POST", "/api/buildium/sync", {"entityType": "vendor", "entityId": vendor_id})
    status_becomes(api, "vendor", vendor_id, "synced")
