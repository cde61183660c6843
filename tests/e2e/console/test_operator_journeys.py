"""What a new operator achieves in the console alone: by mouse, by keyboard, on a phone and in dark colors."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from buildium_sync.domain.operator import Role
from tests.e2e.account import create_rejected
from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import DESKTOP, PHONE, Console, OpenConsole
from tests.e2e.conftest import AddOperator
from tests.e2e.console.test_console import next_bank_account_id
from tests.e2e.reviews import OpenReview
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

REJECTED_FIELD = "OperatingBankAccountId"
REJECTED_LABEL = "Operating bank account ID"
DIFFERENCES = 5
REPAIRED = 2


@dataclass(frozen=True)
class RejectedUpdate:
    """A property that is in Buildium, without its last update."""

    name: str
    entity_id: str
    buildium_id: int


def vendor_names(simulator: RemoteSimulator) -> set[str]:
    """Return the company names of the vendors in Buildium."""
    return {vendor["CompanyName"] for vendor in simulator.state()["vendors"]}


@pytest.fixture
def missing_vendors(api: Api, simulator: RemoteSimulator) -> Iterator[dict[str, str]]:
    """Five vendors that Buildium lacks: their local ids by name."""
    names = [unique(f"Missing {number}") for number in range(DIFFERENCES)]
    body: Json = {"isCompany": True}
    vendors = {name: create_rejected(api, simulator, "vendor", {**body, "companyName": name}, name) for name in names}
    yield vendors
    for vendor_id in vendors.values():
        api.send("POST", "/api/buildium/sync", {"entityType": "vendor", "entityId": vendor_id})
        status_becomes(api, "vendor", vendor_id, "synced")


@pytest.fixture
def rejected_update(api: Api, simulator: RemoteSimulator) -> Iterator[RejectedUpdate]:
    """A property in Buildium whose last update Buildium rejects, because it names no bank account."""
    name = unique("Rejected")
    property_id = api.create_property(name)["property"]["id"]
    buildium_id = status_becomes(api, "property", property_id, "synced")["buildiumId"]
    missing = next_bank_account_id(simulator)
    api.send("PUT", f"/api/properties/{property_id}", {"operatingBankAccountId": missing})
    status_becomes(api, "property", property_id, "failed")
    yield RejectedUpdate(name, property_id, buildium_id)
    api.send("PUT", f"/api/properties/{property_id}", {"operatingBankAccountId": 1})
    status_becomes(api, "property", property_id, "synced")


def sync_card(console: Console) -> Locator:
    return console.page.locator("section", has=console.page.get_by_role("heading", name="Sync", exact=True))


def search_box(console: Console) -> Locator:
    return console.page.get_by_role("searchbox")


def test_an_entity_is_found_by_its_buildium_id_and_fixed(
    console: Console, api: Api, rejected_update: RejectedUpdate
) -> None:
    page = console.page
    console.open()
    console.wait_for_view("overview")
    search_box(console).fill(str(rejected_update.buildium_id))
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name=rejected_update.name).click()
    expect(sync_card(console).locator(".badge").first).to_have_text("Failed")
    expect(sync_card(console)).to_contain_text(REJECTED_FIELD)
    page.get_by_role("button", name="Edit the entity").click()
    field = page.get_by_role("combobox", name=REJECTED_LABEL)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.select_option("1")
    page.get_by_role("button", name="Save and sync").click()
    expect(sync_card(console).locator(".badge").first).to_have_text("Synced")
    assert api.sync_status("property", rejected_update.entity_id)["syncStatus"] == "synced"


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])
def test_a_search_and_a_fix_need_only_a_keyboard(
    open_console: OpenConsole, api_key: str, rejected_update: RejectedUpdate, size: dict[str, int], scheme: str
) -> None:
    console = open_console(size, scheme)
    keyboard = console.page.keyboard
    console.open_by_keyboard(api_key)
    console.tab_back_to(search_box(console))
    keyboard.type(str(rejected_update.buildium_id))
    keyboard.press("Enter")
    expect(console.page.get_by_role("heading", level=1)).to_be_focused()
    assert (console.violations(), console.overflow()) == ([], 0)
    console.tab_to(rejected_update.name)
    keyboard.press("Enter")
    expect(sync_card(console).locator(".badge").first).to_have_text("Failed")
    assert (console.violations(), console.overflow()) == ([], 0)
    console.tab_to("Edit the entity")
    keyboard.press("Enter")
    field = console.page.get_by_role("combobox", name=REJECTED_LABEL)
    expect(field).to_be_focused()
    assert (console.violations(), console.overflow()) == ([], 0)
    # The empty choice is the first one, and the first account is the second.
    keyboard.press("Home")
    keyboard.press("ArrowDown")
    expect(field).to_have_value("1")
    console.tab_to("Save and sync")
    keyboard.press("Enter")
    expect(sync_card(console).locator(".badge").first).to_have_text("Synced")
    expect(console.page.get_by_role("status")).to_contain_text("Synced")
    assert (console.violations(), console.overflow()) == ([], 0)


def test_two_of_five_differences_are_repaired(
    console: Console, api: Api, simulator: RemoteSimulator, missing_vendors: dict[str, str]
) -> None:
    chosen, others = list(missing_vendors)[:REPAIRED], list(missing_vendors)[REPAIRED:]
    console.open("drift")
    console.page.get_by_label("Type").select_option("vendor")
    console.page.get_by_role("button", name="Check for drift").click()
    for name in missing_vendors:
        expect(console.row(name)).to_contain_text("Repair: create in Buildium")
    for name in chosen:
        console.page.get_by_role("checkbox", name=f"Select {name}").check()
    console.page.get_by_role("button", name="Repair selected (2)").click()
    dialog = console.page.get_by_role("dialog")
    for name in chosen:
        expect(dialog).to_contain_text(name)
    expect(dialog).to_contain_text("Writes 0 locally and 2 in Buildium.")
    dialog.get_by_role("button", name="Repair", exact=True).click()
    expect(console.page.get_by_role("heading", name="Last repair")).to_be_visible()
    for name in chosen:
        status_becomes(api, "vendor", missing_vendors[name], "synced")
    assert [api.sync_status("vendor", missing_vendors[name])["syncStatus"] for name in others] == ["failed"] * 3
    assert vendor_names(simulator) & set(missing_vendors) == set(chosen)


def test_a_decision_is_undone_with_a_keyboard_alone(
    console: Console, api: Api, add_operator: AddOperator, open_review: OpenReview
) -> None:
    name, operator = add_operator(Role.OPERATE)
    page, keyboard = console.page, console.page.keyboard
    console.open_by_keyboard(operator.key)
    console.tab_back_to(page.get_by_role("link", name="Reviews"))
    keyboard.press("Enter")
    console.wait_for_view("reviews")
    console.tab_to(f"Link to {open_review.candidates[0]} in Buildium: Property {open_review.entity_id}")
    keyboard.press("Enter")
    console.tab_to("Link")
    keyboard.press("Enter")
    console.wait_for_status(open_review.name, "Synced")
    console.tab_back_to(page.get_by_role("link", name="Syncs"))
    keyboard.press("Enter")
    console.wait_for_view("syncs")
    console.tab_back_to(page.get_by_role("link", name="Reviews"))
    keyboard.press("Enter")
    console.wait_for_view("reviews")
    decision = page.get_by_role("listitem").filter(has_text=f", by {name}")
    expect(decision).to_contain_text(f"Linked to Buildium ID {open_review.candidates[0]}")
    console.tab_to(f"Undo the decision about {open_review.name}")
    keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("The entity is unlinked and needs a review again.")
    console.tab_to("Undo")
    keyboard.press("Enter")
    expect(decision).to_contain_text("Undone.")
    assert console.violations() == []
    assert api.sync_status("property", open_review.entity_id)["syncStatus"] == "needs_review"
