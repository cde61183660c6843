"""What a new operator achieves in the console alone: by mouse, by keyboard, on a phone and in dark colors."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.api import Api, unique
from tests.e2e.browser import DESKTOP, PHONE, Console, OpenConsole
from tests.e2e.test_console import next_bank_account_id
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

REJECTED_FIELD = "OperatingBankAccountId"
REJECTED_LABEL = "Operating bank account ID"


@dataclass(frozen=True)
class RejectedUpdate:
    """A property that is in Buildium, without its last update."""

    name: str
    entity_id: str
    buildium_id: int


@pytest.fixture
def rejected_update(api: Api, simulator: RemoteSimulator) -> Iterator[RejectedUpdate]:
    """A property in Buildium whose last update Buildium rejects, because it names no bank account."""
    name = unique("Rejected")
    property_id = api.create_property(name)["property"]["id"]
    buildium_id = api.sync_status("property", property_id)["buildiumId"]
    missing = next_bank_account_id(simulator)
    api.send("PUT", f"/api/properties/{property_id}", {"operatingBankAccountId": missing})
    status_becomes(api, "property", property_id, "failed")
    yield RejectedUpdate(name, property_id, buildium_id)
    api.send("PUT", f"/api/properties/{property_id}", {"operatingBankAccountId": 1})
    status_becomes(api, "property", property_id, "synced")


def sync_card(console: Console) -> Locator:
    return console.page.locator("section", has=console.page.get_by_role("heading", name="Sync", exact=True))


def test_a_rejected_entity_is_fixed_and_synced(console: Console, api: Api, rejected_update: RejectedUpdate) -> None:
    page = console.page
    console.open()
    console.wait_for_view("overview")
    console.show_entity("property", rejected_update.entity_id)
    expect(sync_card(console).locator(".badge").first).to_have_text("Failed")
    expect(sync_card(console)).to_contain_text(REJECTED_FIELD)
    page.get_by_role("button", name="Edit the entity").click()
    field = page.get_by_label(REJECTED_LABEL)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.select_option("1")
    page.get_by_role("button", name="Save and sync").click()
    expect(sync_card(console).locator(".badge").first).to_have_text("Synced")
    assert api.sync_status("property", rejected_update.entity_id)["syncStatus"] == "synced"


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])
def test_a_fix_needs_only_a_keyboard_on_every_screen(
    open_console: OpenConsole, api_key: str, rejected_update: RejectedUpdate, size: dict[str, int], scheme: str
) -> None:
    console = open_console(size, scheme)
    keyboard = console.page.keyboard
    console.page.goto(f"{console.url}#entity?entityType=property&entityId={rejected_update.entity_id}")
    expect(console.page.get_by_label("API key")).to_be_focused()
    keyboard.type(api_key)
    keyboard.press("Enter")
    expect(sync_card(console).locator(".badge").first).to_have_text("Failed")
    assert (console.violations(), console.overflow()) == ([], 0)
    console.tab_to("Edit the entity")
    keyboard.press("Enter")
    field = console.page.get_by_label(REJECTED_LABEL)
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
