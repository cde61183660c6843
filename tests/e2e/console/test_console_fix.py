"""The console in a real browser: rejected fields are edited in place, and failures are grouped by reason."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.e2e.account import CASES, create
from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import PHONE, Console, OpenConsole
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

FIELD = "Operating bank account ID"
REJECTED_FIELD = "operatingBankAccountId"
REJECTED_NAME = "OperatingBankAccountId"
UNKNOWN_ACCOUNT = 987_654
ACCOUNT = 1
BILL = {
    "vendorId": "v",
    "date": "2026-01-01",
    "lines": [{"glAccountId": 5, "amount": 1.5}, {"glAccountId": 6, "amount": 2}],
}


@pytest.fixture
def rejected(api: Api) -> Iterator[Json]:
    """A property that Buildium rejects for its bank account."""
    created = api.create_property(unique("Rejected"), operatingBankAccountId=UNKNOWN_ACCOUNT)["property"]
    status_becomes(api, "property", created["id"], "failed")
    yield created
    api.send("PUT", f"/api/properties/{created['id']}", {REJECTED_FIELD: ACCOUNT})
    status_becomes(api, "property", created["id"], "synced")


def open_form(console: Console, created: Json) -> Locator:
    """Open the form of a failed property in the list of syncs."""
    console.open("syncs")
    row: Locator = console.row(created["name"])
    row.get_by_role("button", name="Fix").click()
    return row.get_by_role("form")


def test_a_rejected_field_is_fixed_and_synced_in_place(console: Console, api: Api, rejected: Json) -> None:
    form = open_form(console, rejected)
    field = form.get_by_label(FIELD)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("City")).to_be_hidden()
    field.select_option(str(ACCOUNT))
    form.get_by_role("button", name="Save and sync").click()
    console.wait_for_status(rejected["name"], "Synced")
    assert api.sync_status("property", rejected["id"])["syncStatus"] == "synced"


def test_an_invalid_value_is_explained_at_its_field(console: Console, rejected: Json) -> None:
    form = open_form(console, rejected)
    form.get_by_role("button", name="Show all fields").click()
    form.get_by_label("State").fill("XX")
    for text in ("old", "19,98", "1.998,00"):
        form.get_by_label("Year built").fill(text)
        form.get_by_role("button", name="Save and sync").click()
        expect(form.get_by_text("Year built: must be a number")).to_be_visible()
        form.get_by_label("Year built").fill("")
    form.get_by_role("button", name="Save and sync").click()
    expect(form.get_by_text("State: must be a state or province of US")).to_be_visible()
    expect(form.get_by_label("State")).to_be_focused()


def test_a_change_by_another_client_is_never_overwritten(console: Console, api: Api, rejected: Json) -> None:
    form = open_form(console, rejected)
    api.send("PUT", f"/api/properties/{rejected['id']}", {"structureDescription": "Changed since"})
    form.get_by_label(FIELD).select_option(str(ACCOUNT))
    form.get_by_role("button", name="Save and sync").click()
    expect(form.get_by_text("The entity has changed since you opened it.")).to_be_visible()
    expect(form.get_by_label(FIELD)).to_have_value(str(ACCOUNT))
    expect(form.get_by_text(f"Current value: {UNKNOWN_ACCOUNT}")).to_be_visible()
    form.get_by_role("button", name="Show all fields").click()
    expect(form.get_by_label("Structure description")).to_have_value("Changed since")
    form.get_by_role("button", name="Save and sync").click()
    console.wait_for_status(rejected["name"], "Synced")
    assert api.get(f"/api/properties/{rejected['id']}")["property"]["structureDescription"] == "Changed since"


def test_a_field_whose_list_cannot_be_read_takes_an_id(console: Console, rejected: Json) -> None:
    console.page.route("**/api/reference/*", lambda route: route.fulfill(status=502, json={}))
    form = open_form(console, rejected)
    form.get_by_label(FIELD).fill(str(ACCOUNT))
    console.page.keyboard.press("Enter")
    console.wait_for_status(rejected["name"], "Synced")


def test_a_buildium_id_is_chosen_from_a_list(console: Console, rejected: Json) -> None:
    items = [{"id": ACCOUNT, "name": "Trust account"}, {"id": 2, "name": "Operating account"}]
    console.page.route("**/api/reference/bank-accounts*", lambda route: route.fulfill(json={"items": items}))
    form = open_form(console, rejected)
    field = form.get_by_label(FIELD)
    expect(field.get_by_role("option", name="Trust account (1)")).to_have_count(1)
    expect(field).to_have_value(str(UNKNOWN_ACCOUNT))
    field.select_option(label="Trust account (1)")
    form.get_by_role("button", name="Save and sync").click()
    console.wait_for_status(rejected["name"], "Synced")


@pytest.fixture
def bill_saves(console: Console) -> list[Json]:
    """The saves of a bill whose second line Buildium rejects. Its form is open."""
    sent: list[Json] = []
    error = {"field": "Lines[1].GlAccountId", "message": "is unknown"}
    sync = {
        "entityType": "bill",
        "entityId": "b",
        "syncStatus": "failed",
        "errorCode": "rejected",
        "errorMessage": "is unknown",
        "errors": [error],
        "updatedAt": "2026-11-22T14:00:00.000Z",
    }

    def respond(route: Route) -> None:
        if route.request.method == "PUT":
            sent.append(dict(route.request.post_data_json or {}))
        route.fulfill(json={"bill": {"id": "b", **BILL}}, headers={"ETag": '"4"'})

    syncs = {"failedSyncs": [sync], "nextCursor": None, "syncStatus": {**sync, "syncStatus": "synced"}}
    console.page.route("**/api/buildium/sync*", lambda route: route.fulfill(json=syncs))
    console.page.route("**/api/bills/b", respond)
    console.page.route("**/api/reference/*", lambda route: route.fulfill(status=502, json={}))
    console.open("syncs")
    console.row("Bill").get_by_role("button", name="Fix").click()
    return sent


def test_a_part_of_a_field_is_fixed_alone(console: Console, bill_saves: list[Json]) -> None:
    field = console.page.get_by_role("group", name="Lines 2").get_by_label("Gl account ID")
    expect(field).to_be_focused()
    field.fill("7")
    console.page.get_by_role("button", name="Save and sync").click()
    console.wait_for_status("Bill", "Synced")
    assert bill_saves == [{"lines": [BILL["lines"][0], {"glAccountId": 7, "amount": 2}]}]


def test_a_value_of_a_changed_list_is_not_put_in_another_line(console: Console, bill_saves: list[Json]) -> None:
    field = console.page.get_by_role("group", name="Lines 2").get_by_label("Gl account ID")
    field.fill("7")
    bill = {"id": "b", **BILL, "lines": [{"glAccountId": 6, "amount": 2}, {"glAccountId": 5, "amount": 1.5}]}

    def respond(route: Route) -> None:
        status = 412 if route.request.method == "PUT" else 200
        route.fulfill(status=status, json={"bill": bill}, headers={"ETag": '"5"'})

    console.page.route("**/api/bills/b", respond)
    console.page.get_by_role("button", name="Save and sync").click()
    notice = "Lines 2 Gl account ID: the list has changed. Your value was “7”. Enter it again."
    expect(console.page.get_by_text(notice)).to_be_visible()
    expect(field).to_have_value("5")
    assert bill_saves == []


def test_failures_are_grouped_by_reason_and_retried_together(
    console: Console, api: Api, simulator: RemoteSimulator
) -> None:
    names = [unique("Grouped") for _ in range(2)]
    for name in names:
        simulator.fault("status", method="POST", path=f"/{CASES['vendor'].plural}", naming=name, status=422)
    ids = [create(api, "vendor", {"isCompany": True, "companyName": name}) for name in names]
    for vendor in ids:
        status_becomes(api, "vendor", vendor, "failed")
    console.open("syncs?status=failed&entityType=vendor")
    group = console.page.get_by_role("listitem").filter(has_text="2 syncs: rejected")
    group.get_by_text("Entities").click()
    for name in names:
        expect(group.get_by_role("link", name=name)).to_be_visible()
    group.get_by_role("button", name="Retry these 2").click()
    dialog = console.page.get_by_role("dialog", name="Retry 2 syncs?")
    expect(dialog).to_contain_text("2 vendors:")
    for name in names:
        expect(dialog).to_contain_text(name)
    dialog.get_by_role("button", name="Retry", exact=True).click()
    for name in names:
        expect(console.page.locator(".rows:not(.plain) > .row", has_text=name).locator(".badge")).to_have_text("Synced")


def test_an_entity_shows_its_failed_calls(console: Console, rejected: Json) -> None:
    console.open()
    console.show_entity("property", rejected["id"])
    calls = console.page.locator("section", has=console.page.get_by_role("heading", name="Failed calls"))
    expect(calls).to_contain_text("POST /rentals HTTP 422")
    calls.get_by_text("Request and response").click()
    expect(calls).to_contain_text(rejected["name"])
    expect(calls).to_contain_text(REJECTED_NAME)


def test_an_entity_is_edited_on_its_page(console: Console, rejected: Json) -> None:
    console.open()
    console.show_entity("property", rejected["id"])
    console.page.get_by_role("button", name="Edit the entity").click()
    form = console.page.get_by_role("form", name="Edit the entity")
    form.get_by_label(FIELD).select_option(str(ACCOUNT))
    form.get_by_role("button", name="Save and sync").click()
    fields = console.page.locator("section", has=console.page.get_by_role("heading", name="Fields"))
    expect(fields.get_by_role("row", name=FIELD).get_by_role("cell").first).to_have_text(re.compile(rf"^{ACCOUNT}\D*$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_and_the_calls_are_accessible_on_a_phone(
    open_console: OpenConsole, rejected: Json, scheme: str
) -> None:
    console = open_console(PHONE, scheme)
    form = open_form(console, rejected)
    form.get_by_role("button", name="Show all fields").click()
    assert (console.overflow(), console.violations()) == (0, [])
    console.show_entity("property", rejected["id"])
    console.page.get_by_text("Request and response").first.click()
    assert (console.overflow(), console.violations()) == (0, [])
