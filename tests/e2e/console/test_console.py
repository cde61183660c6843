"""The console in a real browser: what operators see and do."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Route, expect

from buildium_sync.domain.operator import Role
from buildium_sync.entity_types.registry import TYPE_NAMES, all_types
from tests.e2e.account import create_rejected
from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import DESKTOP, PHONE, VIEWS, Console, OpenConsole
from tests.e2e.conftest import AddOperator
from tests.e2e.rented_lease import (
    RentedLease,
    balance_becomes,
    create_charge,
    create_rented_lease,
    post_entry,
    reverse_payment,
)
from tests.e2e.reviews import OpenReview, create_rejected_property, create_review, decide
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

FailedProperty = tuple[Json, Callable[[], None]]
CANARY = "<img src=x onerror='document.title=1'>"
LONG_WORD = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
REJECTED_FIELD = "OperatingBankAccountId"
REFRESH_MS = 15_500
MIN_CELL_WIDTH_PX = 150
EMPTY_VALUE = "\N{EN DASH}"
PICTURES = [
    ("overview", {"width": 1200, "height": 900}, "light", "overview"),
    ("failed", {"width": 1200, "height": 620}, "dark", "syncs"),
    ("phone", PHONE, "light", "reviews"),
]


@pytest.fixture
def failed_property(api: Api, simulator: RemoteSimulator) -> Iterator[FailedProperty]:
    """A property that Buildium rejects, and a function that removes the cause."""
    missing = next_bank_account_id(simulator)
    name = f"{unique('Broken')} {CANARY} {LONG_WORD}"
    created = api.create_property(name, operatingBankAccountId=missing)["property"]

    def fix_cause() -> None:
        assert simulator.create("bankaccounts", {"IsActive": False})["Id"] == missing

    yield created, fix_cause
    if next_bank_account_id(simulator) == missing:
        fix_cause()
    api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": created["id"]})
    status_becomes(api, "property", created["id"], "synced")


@pytest.fixture(scope="module")
def rented_leases() -> dict[str, RentedLease]:
    """The lease of this module, once it is created."""
    return {}


@pytest.fixture
def rented_lease(api: Api, simulator: RemoteSimulator, rented_leases: dict[str, RentedLease]) -> RentedLease:
    """A lease with a tenant, and a charge in its ledger."""
    if not rented_leases:
        rented_leases["one"] = create_rented_lease(api, simulator)
    return rented_leases["one"]


def next_bank_account_id(simulator: RemoteSimulator) -> int:
    """Return the id that the next bank account gets in Buildium."""
    return int(max(account["Id"] for account in simulator.state()["bankaccounts"])) + 1


@pytest.fixture
def demo_account(api: Api, simulator: RemoteSimulator) -> None:
    """A typical account: most entities are synced, some are not. `make screenshots` shows nothing else."""
    streets = ["Maple Court", "Harbor View", "Elm House", "Cedar Terrace"]
    homes = [api.create_property(name)["property"]["id"] for name in streets]
    api.create_owner("Martin", homes[:2])
    api.create_owner("Okafor", homes[2:], firstName="Grace")
    api.create_owner("Lindqvist", [], firstName="Nils")
    create_review(api, simulator, "Orchard Lofts")
    for name in ("Riverside Flats", "Station Yard"):
        api.create_property(name, operatingBankAccountId=next_bank_account_id(simulator))


class TestSignIn:
    def test_a_wrong_key_is_rejected_and_never_stored(self, console: Console) -> None:
        console.open(key="no-such-key")
        expect(console.page.get_by_role("alert")).to_contain_text("The API key was not accepted.")
        assert console.page.evaluate("localStorage.length") == 0

    def test_the_key_stays_in_every_tab_until_sign_out(
        self, console: Console, open_console: OpenConsole, api_key: str
    ) -> None:
        requests: list[str] = []
        console.page.on("request", lambda request: requests.append(request.url))
        console.open()
        console.wait_for_view("overview")
        assert api_key not in console.page.url
        assert [url for url in requests if api_key in url] == []
        assert console.page.evaluate("[sessionStorage.length, document.cookie]") == [0, ""]
        stranger = open_console()
        stranger.page.goto(console.url)
        expect(stranger.page.get_by_label("API key")).to_be_visible()
        other = console.page.context.new_page()
        other.goto(console.url)
        expect(other.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        console.page.get_by_role("button", name="Sign out").click()
        for page in (console.page, other):
            expect(page.get_by_label("API key")).to_be_visible()
        assert console.page.evaluate("localStorage.length") == 0


class TestOverview:
    def test_the_overview_lists_open_circuit_breakers_and_what_to_do(self, console: Console) -> None:
        forbidden = {
            "status": 403,
            "reason": "Buildium returned 403: No permission.",
            "since": "2026-11-22T13:59:46.000Z",
        }
        circuits = [
            {**forbidden, "circuit": "GET /rentals", "nextProbeAt": "2026-11-22T14:04:46.000Z"},
            {**forbidden, "circuit": "WRITE /leases", "nextProbeAt": "2999-11-22T14:04:46.000Z"},
        ]

        def opened(route: Route) -> None:
            overview = route.fetch().json()["overview"]
            route.fulfill(json={"overview": {**overview, "openCircuits": circuits}})

        console.open()
        console.wait_for_view("overview")
        heading = console.page.get_by_role("heading", name="Paused calls")
        expect(heading).to_have_count(0)
        console.go("syncs")
        console.page.route("**/api/buildium/overview", opened)
        console.go("overview")
        card = console.page.locator("section", has=heading)
        expect(card).to_have_class(re.compile("attention"))
        expect(card).to_contain_text(re.compile("Reading /rentals paused .* ago, next probe with the next call"))
        expect(card).to_contain_text(re.compile("Writing /leases paused .* ago, next probe in "))
        expect(card).to_contain_text("Buildium returned 403: No permission.")
        expect(card).to_contain_text("What to do: The Buildium API key lacks a permission.")

    def test_the_overview_refreshes_automatically_while_it_is_visible(self, console: Console) -> None:
        requests: list[str] = []
        console.page.on(
            "request", lambda request: requests.append(request.url) if "/api/buildium/overview" in request.url else None
        )
        console.page.clock.install()
        console.open()
        console.wait_for_view("overview")
        shown = console.page.locator(".figures")
        shown.evaluate("(element) => element.classList.add('stale')")
        console.page.clock.run_for(REFRESH_MS)
        expect(console.page.locator(".stale")).to_have_count(0)
        expect(shown).to_be_visible()
        assert len(requests) == 2
        console.page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
        for _ in range(4):
            console.page.clock.run_for(REFRESH_MS)
        assert len(requests) == 2
        with console.page.expect_request("**/api/buildium/overview"):
            console.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")

    def test_the_overview_is_not_requested_from_another_view(self, console: Console) -> None:
        requests: list[str] = []
        console.page.clock.install()
        console.open()
        console.wait_for_view("overview")
        console.go("events")
        console.page.on("request", lambda request: requests.append(request.url))
        for _ in range(4):
            console.page.clock.run_for(REFRESH_MS)
        assert [url for url in requests if "/api/buildium/overview" in url] == []

    def test_a_failed_refresh_keeps_the_old_figures_with_a_warning(self, console: Console) -> None:
        console.page.clock.install()
        console.open()
        console.wait_for_view("overview")
        console.page.route("**/api/buildium/overview", lambda route: route.abort())
        console.page.clock.run_for(REFRESH_MS)
        expect(console.page.get_by_role("alert")).to_contain_text("The data below may be out of date.")
        expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()

    def test_a_refresh_keeps_the_focus_and_opened_sections(self, console: Console) -> None:
        console.page.clock.install()
        console.open()
        console.wait_for_view("overview")
        console.page.locator("summary").filter(has_text="Calls per hour").click()
        console.page.locator("a.figure").first.focus()
        console.page.locator(".figures").evaluate("(element) => element.classList.add('stale')")
        console.page.clock.run_for(REFRESH_MS)
        expect(console.page.locator(".stale")).to_have_count(0)
        expect(console.page.locator("a.figure").first).to_be_focused()
        expect(console.page.get_by_role("table", name="Calls per hour")).to_be_visible()


class TestSyncs:
    def test_a_failed_sync_is_shown_and_synced_after_a_retry(
        self, console: Console, failed_property: FailedProperty
    ) -> None:
        created, fix_cause = failed_property
        console.open()
        console.wait_for_view("overview")
        console.page.get_by_role("link", name="Failed", exact=False).filter(has_text="Failed").last.click()
        row = console.row(created["name"])
        expect(row).to_contain_text(REJECTED_FIELD)
        expect(row).to_contain_text("Correct the entity in the client application")
        fix_cause()
        row.get_by_role("button", name=re.compile("^Retry")).click()
        console.wait_for_status(created["name"], "Synced")
        expect(console.page.get_by_role("status")).to_have_text(f"{created['name']}: Synced.")
        assert console.page.title() == "Syncs · buildium-sync"

    def test_a_running_retry_shows_why_it_waits(self, console: Console) -> None:
        sync: Json = {
            "entityType": "vendor", "entityId": "7", "syncStatus": "pending", "errors": [],
            "errorCode": "permission", "errorMessage": "Buildium returned 403: Not allowed.",
            "updatedAt": "2026-11-26T12:00:00.000Z",
        }  # fmt: skip

        def respond(route: Route) -> None:
            if route.request.method == "POST":
                route.fulfill(json={"success": True, "retried": 1, "errors": []})
            elif "entityId" in route.request.url:
                route.fulfill(json={"syncStatus": sync})
            else:
                route.fulfill(json={"failedSyncs": [sync], "nextCursor": None})

        console.page.route("**/api/buildium/sync*", respond)
        console.open("syncs?status=pending")
        row = console.row("Vendor 7")
        row.get_by_role("button", name=re.compile("^Retry")).click()
        expect(row.get_by_role("button", name=re.compile("^Retry"))).to_be_disabled()
        expect(row).to_contain_text("The Buildium API key lacks a permission.")
        sync |= {"syncStatus": "synced", "errorCode": None, "errorMessage": None}
        console.wait_for_status("Vendor 7", "Synced")

    def test_leftover_dead_letters_can_be_removed(self, console: Console) -> None:
        requests: list[object] = []

        def respond(route: Route) -> None:
            if route.request.method == "POST":
                requests.append(route.request.post_data_json)
            route.fulfill(json={"failedSyncs": [], "nextCursor": None, "errors": []})

        def count(route: Route) -> None:
            overview = route.fetch().json()["overview"]
            route.fulfill(json={"overview": {**overview, "deadLetters": {**overview["deadLetters"], "sync": 2}}})

        console.page.route("**/api/buildium/sync*", respond)
        console.page.route("**/api/buildium/overview", count)
        console.open("syncs")
        expect(console.page.get_by_text("2 dead letters of syncs that no longer fail.")).to_be_visible()
        console.page.get_by_role("button", name="Remove leftover dead letters").click()
        expect(console.page.get_by_role("main")).to_contain_text("Removed up to 100 dead letters of finished syncs.")
        assert requests == [{}]

    def test_several_syncs_are_retried_with_a_result_each(
        self, console: Console, api: Api, simulator: RemoteSimulator, failed_property: FailedProperty
    ) -> None:
        still_rejected, fixed = failed_property[0]["name"], unique("Once")
        create_rejected_property(api, simulator, fixed)
        console.open("syncs")
        for name in (fixed, still_rejected):
            console.row(name).get_by_role("checkbox").check()
        console.page.get_by_role("button", name="Retry selected (2)").click()
        console.page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()
        console.wait_for_status(fixed, "Synced")
        console.wait_for_status(still_rejected, "Failed")
        expect(console.page.locator(".result")).to_contain_text("Retry started for 2 syncs. Of 2 shown:")

    def test_all_failed_syncs_are_retried(self, console: Console, failed_property: FailedProperty) -> None:
        created, fix_cause = failed_property
        fix_cause()
        console.open("syncs")
        console.wait_for_view("syncs")
        console.page.get_by_role("button", name="Retry all failed syncs").click()
        console.page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()
        console.wait_for_status(created["name"], "Synced")

    def test_a_blocked_sync_shows_what_it_waits_for(self, console: Console, api: Api) -> None:
        owner = api.create_owner(unique("Landless"), [])
        console.open("syncs?status=blocked")
        row = console.row(owner["displayName"])
        expect(row).to_contain_text("add one to propertyIds")
        expect(row).to_contain_text("Add what is missing")

    def test_a_second_click_during_a_request_does_nothing(
        self, console: Console, failed_property: FailedProperty
    ) -> None:
        requests: list[Route] = []

        def capture(route: Route) -> None:
            requests.append(route)

        console.page.route("**/api/buildium/sync", capture)
        console.open("syncs")
        again = console.row(failed_property[0]["name"]).get_by_role("button", name=re.compile("^Retry"))
        again.click()
        again.click(force=True)
        expect(again).to_have_attribute("aria-disabled", "true")
        assert len(requests) == 1
        requests[0].abort()
        expect(console.page.get_by_role("alert")).to_contain_text("The service cannot be reached.")
        expect(again).not_to_have_attribute("aria-disabled", "true")

    def test_a_filter_keeps_the_focus_while_the_view_changes(self, console: Console) -> None:
        console.open("syncs")
        console.wait_for_view("syncs")
        console.page.get_by_label("Status").focus()
        console.page.keyboard.press("ArrowDown")
        expect(console.page).to_have_url(re.compile("status=blocked"))
        expect(console.page.get_by_label("Status")).to_be_focused()
        assert console.page.get_by_label("Status").input_value() == "blocked"


class TestReviews:
    def test_a_review_links_the_chosen_candidate(self, console: Console, api: Api, open_review: OpenReview) -> None:
        name, entity_id, (first, second) = open_review.name, open_review.entity_id, open_review.candidates
        console.open("reviews")
        row = console.row(name)
        columns = [f"Buildium {first}", f"Buildium {second}"]
        expect(row.get_by_role("columnheader")).to_have_text(["Field", "Local", *columns])
        addresses = row.get_by_role("row", name="Address", exact=False).first.get_by_role("cell")
        expect(addresses).to_contain_text(["12 Maple Street"] * 3)
        expect(row.get_by_role("row", name="Address line 1")).to_have_count(0)
        row.get_by_role("checkbox", name="Show equal fields too").check()
        expect(row.get_by_role("row", name="Address line 1").get_by_role("cell")).to_have_text(["12 Maple Street"] * 3)
        kinds = row.get_by_role("row", name="Rental sub type").get_by_role("cell")
        expect(kinds).to_have_text(["MultiFamily", "MultiFamily", "SingleFamily differs, local value wins"])
        expect(row.get_by_role("row", name="Year built").get_by_role("cell")).to_have_text(
            [EMPTY_VALUE, EMPTY_VALUE, "1998 differs, this value wins"]
        )
        row.get_by_role("button", name=f"Link to {second} in Buildium").click()
        assert api.sync_status("property", entity_id)["syncStatus"] == "needs_review"
        console.page.get_by_role("button", name="Link", exact=True).click()
        console.wait_for_status(name, "Synced")
        assert api.sync_status("property", entity_id)["buildiumId"] == second

    def test_a_rejected_decision_can_be_made_again(self, console: Console, open_review: OpenReview) -> None:
        problem = {"title": "Unprocessable Content", "status": 422, "detail": "buildiumId: must be a candidate"}
        path = "**/api/buildium/review"
        console.page.route(path, lambda route: route.fulfill(status=422, json=problem), times=1)
        console.open("reviews")
        row = console.row(open_review.name)
        link = row.get_by_role("button", name=f"Link to {open_review.candidates[0]} in Buildium")
        for shown in ("buildiumId: must be a candidate", "Synced"):
            link.click()
            console.page.get_by_role("button", name="Link", exact=True).click()
            expect(row).to_contain_text(shown)

    def test_a_saved_decision_is_not_offered_again(self, console: Console, open_review: OpenReview) -> None:
        console.open("reviews")
        row = console.row(open_review.name)
        link = row.get_by_role("button", name=f"Link to {open_review.candidates[0]} in Buildium")
        link.click()
        console.page.route("**/api/buildium/sync?*", lambda route: route.fulfill(status=500, json={}))
        console.page.get_by_role("button", name="Link", exact=True).click()
        expect(row).to_contain_text("The decision is saved.")
        expect(link).to_have_count(0)

    def test_a_decision_can_be_undone(self, console: Console, api: Api, open_review: OpenReview) -> None:
        name, entity_id = open_review.name, open_review.entity_id
        decide(api, entity_id, open_review.candidates[0])
        status_becomes(api, "property", entity_id, "synced")
        console.open("reviews")
        undo = console.page.get_by_role("button", name=f"Undo the decision about {name}")
        undo.click()
        console.page.get_by_role("button", name="Undo", exact=True).click()
        expect(console.page.locator("main").get_by_text("needs a review again. Reload")).to_be_visible()
        assert api.sync_status("property", entity_id)["syncStatus"] == "needs_review"

    def test_a_review_can_create_a_new_entity(self, console: Console, api: Api, open_review: OpenReview) -> None:
        name, entity_id = open_review.name, open_review.entity_id
        console.open("reviews")
        console.row(name).get_by_role("button", name="Create new").click()
        console.page.get_by_role("button", name="Create", exact=True).click()
        console.wait_for_status(name, "Synced")
        assert api.sync_status("property", entity_id)["buildiumId"] not in open_review.candidates


class TestEvents:
    def test_an_event_is_shown_and_processed_again(self, console: Console, api: Api) -> None:
        property_id = api.create_property(unique("Heard"))["property"]["id"]
        buildium_id = api.sync_status("property", property_id)["buildiumId"]
        processed = lambda: api.get("/api/buildium/events", status="processed", limit="20")["items"]  # noqa: E731
        eventually(processed, lambda seen: buildium_id in {event["entityId"] for event in seen})
        console.open("events?status=processed")
        row = console.row(f"Buildium ID {buildium_id}").first
        row.get_by_text("Payload", exact=True).click()
        expect(row.locator("pre")).to_contain_text(f'"PropertyId": {buildium_id}')
        expect(row.get_by_role("button", name=re.compile("^Copy (Event|Correlation) ID "))).to_have_count(2)
        found_by_id = row.get_by_role("link", name=f"Buildium ID {buildium_id}")
        expect(found_by_id).to_have_attribute("href", f"#search?q={buildium_id}")
        row.get_by_role("button", name="Process again").click()
        expect(row).to_contain_text("Processing again")


class TestCounts:
    def test_a_count_links_to_the_list_of_its_entities(self, console: Console, api: Api) -> None:
        name = unique("Counted")
        api.create_property(name)
        counts = lambda: api.get("/api/buildium/overview")["overview"]["entities"]["property"]["synced"]  # noqa: E731
        eventually(counts, lambda count: count > 0)
        console.open()
        console.page.get_by_role("link", name=re.compile(r"^[\d,]+ properties: Synced$")).click()
        expect(console.page.get_by_role("heading", level=1, name="Entities")).to_be_visible()
        expect(console.page.get_by_label("Type")).to_have_value("property")
        expect(console.row("Local ID").first).to_be_visible()
        assert console.violations() == []


class TestSearch:
    def test_an_entity_is_found_by_name_and_buildium_id(self, console: Console, api: Api) -> None:
        name = unique("Findable")
        property_id = api.create_property(name)["property"]["id"]
        buildium_id = api.sync_status("property", property_id)["buildiumId"]
        eventually(lambda: api.get("/api/search", q=name)["items"], lambda found: len(found) == 1)
        console.open("drift")
        for text in (name.upper(), str(buildium_id)):
            console.page.get_by_role("searchbox").fill(text)
            console.page.get_by_role("searchbox").press("Enter")
            row = console.row(name)
            expect(row).to_contain_text(str(buildium_id))
            expect(row.get_by_role("button", name=f"Copy Buildium ID {buildium_id}")).to_be_visible()
        assert console.violations() == []
        row.get_by_role("link", name=name).click()
        expect(console.page.get_by_role("heading", level=2).first).to_contain_text(name)


class TestEntity:
    def test_an_entity_shows_its_fields_timeline_and_drift(
        self, console: Console, api: Api, simulator: RemoteSimulator
    ) -> None:
        name = unique("Shown")
        property_id = api.create_property(name)["property"]["id"]
        buildium_id = api.sync_status("property", property_id)["buildiumId"]
        entries = lambda: api.rows("/api/buildium/timeline", "items", entityType="property", entityId=property_id)  # noqa: E731
        eventually(entries, lambda seen: "echo_received" in {entry["kind"] for entry in seen})
        simulator.fault("status", method="PUT", path=f"/rentals/{buildium_id}", status=422)
        assert api.send("PUT", f"/api/properties/{property_id}", {"name": f"{name} here"}).status_code == 200
        status_becomes(api, "property", property_id, "failed")
        console.open()
        console.show_entity("property", property_id)
        expect(console.page.locator(".timeline")).to_contain_text("Written by client")
        expect(console.page.locator(".timeline")).to_contain_text("Write confirmed by Buildium")
        console.page.get_by_role("button", name="Compare with Buildium").click()
        expect(console.page.get_by_role("row", name=f"Name {name} here {name}", exact=True)).to_be_visible()
        console.page.get_by_role("button", name="Retry").click()
        expect(console.page.locator(".card .badge").first).to_have_text("Synced")

    def test_one_entity_is_compared_and_repaired_alone(
        self, console: Console, api: Api, simulator: RemoteSimulator
    ) -> None:
        name = unique("Alone")
        vendor_id = create_rejected(api, simulator, "vendor", {"isCompany": True, "companyName": name}, name)
        console.open(f"entity?entityType=vendor&entityId={vendor_id}")
        console.page.get_by_role("button", name="Compare with Buildium").click()
        console.page.get_by_role("button", name="Repair this entity").click()
        expect(console.page.get_by_role("dialog")).to_contain_text(f"Repair {name}?")
        console.page.get_by_role("button", name="Repair", exact=True).click()
        expect(console.page.locator("main").get_by_text("found no difference")).to_be_visible()
        assert api.sync_status("vendor", vendor_id)["syncStatus"] == "synced"

    def test_an_unknown_id_can_be_corrected_in_its_field(self, console: Console) -> None:
        console.open()
        console.show_entity("property", "nope")
        expect(console.page.get_by_role("alert")).to_contain_text("No property with ID nope.")
        expect(console.page.get_by_label("ID", exact=True)).to_have_value("nope")

    @pytest.mark.parametrize("link", ["entity?entityType=property&entityId=..", "leases?leaseId=.."])
    def test_a_link_cannot_lead_to_another_path(self, console: Console, link: str) -> None:
        console.open(link)
        expect(console.page.get_by_role("alert")).to_contain_text("with ID ...")
        assert console.page.evaluate("localStorage.length") == 1

    def test_an_unknown_view_is_the_overview(self, console: Console) -> None:
        console.open("__proto__")
        console.wait_for_view("overview")


class TestDrift:
    def test_drift_is_listed_and_repaired_after_a_confirmation(
        self, console: Console, api: Api, simulator: RemoteSimulator
    ) -> None:
        name = unique("Drift")
        vendor_id = create_rejected(api, simulator, "vendor", {"isCompany": True, "companyName": name}, name)
        console.open("drift")
        console.page.get_by_label("Type").select_option("vendor")
        console.page.get_by_role("button", name="Check for drift").click()
        row = console.row(name)
        expect(row).to_contain_text("Repair: create in Buildium")
        row.get_by_role("checkbox", name=f"Select {name}").check()
        console.page.get_by_role("button", name="Repair selected (1)").click()
        expect(console.page.get_by_role("dialog")).to_contain_text(f"{name}. Writes 0 locally and 1 in Buildium.")
        assert api.sync_status("vendor", vendor_id)["syncStatus"] == "failed"
        console.page.get_by_role("button", name="Repair", exact=True).click()
        expect(console.page.get_by_role("heading", name="Last repair")).to_be_visible()
        status_becomes(api, "vendor", vendor_id, "synced")


class TestLeases:
    def test_a_lease_is_shown_with_tenants_ledger_and_balance(
        self, console: Console, rented_lease: RentedLease
    ) -> None:
        console.open("leases")
        console.wait_for_view("leases")
        console.page.locator(f'a[href$="{rented_lease.lease}"]').click()
        terms = console.page.locator("section", has=console.page.get_by_role("heading", name="Terms"))
        expect(terms).to_contain_text(re.compile(r"Only Buildium changes these.*Rent\s*1,500\.50"))
        expect(terms).to_contain_text(re.compile(r"Security deposit\s*900\.00"))
        balance = console.page.locator("section", has=console.page.get_by_role("heading", name="Balance"))
        expect(balance).to_contain_text(re.compile(r"Total owed\s*1,234\.50"))
        tenants = console.page.get_by_role("table", name="Tenants of the lease")
        expect(tenants.get_by_role("link", name="Grace Okafor")).to_be_visible()
        ledger = console.page.get_by_role("table", name="Ledger of the lease")
        entry = ledger.get_by_role("row").filter(has_text="January rent")
        expect(entry).to_contain_text("1,234.50")
        expect(entry).to_contain_text("Jan 5, 2026")
        expect(entry.locator(".badge")).to_have_text("Synced")
        entry.get_by_role("link", name="Lease charge").click()
        expect(console.page.get_by_role("heading", level=2).first).to_contain_text("January rent")

    def test_payments_credits_and_a_reversal_change_the_balance(
        self, console: Console, api: Api, simulator: RemoteSimulator
    ) -> None:
        rented = create_rented_lease(api, simulator)
        body = {"leaseId": rented.lease, "lines": [{"glAccountId": rented.account, "amount": 1000.25}]}
        payment = post_entry(api, "payment", {**body, "memo": "First half", "paymentMethod": "Cash"})
        body["lines"] = [{"glAccountId": rented.account, "amount": 34.25}]
        post_entry(api, "credit", {**body, "memo": "Paint", "creditType": "WaiveUnpaid"})
        balance_becomes(api, rented.lease, 200.0)

        console.open(f"leases?leaseId={rented.lease}")
        balance = console.page.locator("section", has=console.page.get_by_role("heading", name="Balance"))
        expect(balance).to_contain_text(re.compile(r"Total owed\s*200\.00"))
        ledger = console.page.get_by_role("table", name="Ledger of the lease")
        for memo, amount, posted_by in (
            ("First half", "1,000.25", "Lease payment"),
            ("Paint", "34.25", "Lease credit"),
        ):
            entry = ledger.get_by_role("row").filter(has_text=memo)
            expect(entry).to_contain_text(amount)
            expect(entry.get_by_role("link", name=posted_by)).to_be_visible()
            expect(entry.locator(".badge")).to_have_text("Synced")

        reverse_payment(api, simulator, payment)
        balance_becomes(api, rented.lease, 1200.25)
        console.page.reload()
        expect(balance).to_contain_text(re.compile(r"Total owed\s*1,200\.25"))
        reversal = ledger.get_by_role("row").filter(has_text=re.compile("Revers"))
        expect(reversal).to_contain_text("1,000.25")
        expect(reversal.get_by_role("link", name="Lease payment reversal")).to_be_visible()

    def test_a_post_that_is_not_in_the_ledger_is_shown(
        self, console: Console, api: Api, simulator: RemoteSimulator, rented_lease: RentedLease
    ) -> None:
        simulator.fault("status", method="POST", path="*/charges", status=422, times=1)
        memo = unique("Late fee")
        charge = create_charge(api, rented_lease.lease, rented_lease.account, 25, memo)
        status_becomes(api, "lease-charge", charge, "failed")
        of_the_lease = {"leaseId": rented_lease.lease}
        eventually(lambda: charge in {row["id"] for row in api.rows("/api/lease-charges", "items", **of_the_lease)})
        console.open(f"leases?leaseId={rented_lease.lease}")
        waiting = console.page.get_by_role("table", name="Posts that are not in the ledger yet")
        entry = waiting.get_by_role("row").filter(has_text=memo)
        expect(entry).to_contain_text("25.00")
        expect(entry.locator(".badge")).to_have_text("Failed")
        api.send("POST", "/api/buildium/sync", {"entityType": "lease-charge", "entityId": charge})
        status_becomes(api, "lease-charge", charge, "synced")

    def test_an_unknown_lease_is_explained(self, console: Console) -> None:
        console.open("leases?leaseId=no-such-lease")
        expect(console.page.get_by_role("alert")).to_contain_text("No lease with ID no-such-lease.")

    def test_fields_that_only_buildium_changes_are_marked(self, console: Console, rented_lease: RentedLease) -> None:
        console.open()
        console.wait_for_view("overview")
        console.show_entity("lease", rented_lease.lease)
        fields = console.page.get_by_role("table", name="Local")
        expect(fields.get_by_role("rowheader", name="Current rent set by Buildium")).to_be_visible()
        expect(fields.get_by_role("rowheader", name="Rent", exact=True)).to_be_visible()
        console.page.get_by_role("link", name="Terms, balance, tenants and ledger").click()
        expect(console.page.get_by_role("table", name="Ledger of the lease")).to_be_visible()

    def test_fields_that_buildium_never_shows_are_not_compared(
        self, console: Console, api: Api, rented_lease: RentedLease
    ) -> None:
        api.send("POST", "/api/buildium/drift", {"entityType": "lease"})
        eventually(lambda: api.get("/api/buildium/drift")["drift"], lambda drift: drift["status"] == "done")
        console.open()
        console.wait_for_view("overview")
        console.show_entity("lease", rented_lease.lease)
        rows = console.page.get_by_role("table", name="Local and Buildium fields").get_by_role("row")
        named = {
            name: rows.filter(has=console.page.get_by_role("rowheader", name=name, exact=True))
            for name in ("Rent", "Lease type")
        }
        expect(named["Rent"]).to_contain_text("not compared")
        expect(named["Lease type"]).to_contain_text("same")

    @pytest.mark.parametrize(
        ("name", "size", "scheme"),
        [("lease", DESKTOP, "light"), ("lease-dark", DESKTOP, "dark"), ("lease-phone", PHONE, "light")],
    )
    def test_a_lease_is_accessible_and_fits_every_screen(
        self,
        open_console: OpenConsole,
        rented_lease: RentedLease,
        tmp_path: Path,
        name: str,
        size: dict[str, int],
        scheme: str,
    ) -> None:
        console = open_console(size, scheme)
        console.open(f"leases?leaseId={rented_lease.lease}")
        expect(console.page.get_by_role("table", name="Ledger of the lease")).to_be_visible()
        assert (console.overflow(), console.violations()) == (0, [])
        folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
        console.page.screenshot(path=folder / f"{name}.png", full_page=True)
        console.tab_to("Grace Okafor")
        console.tab_to("Lease charge")


class TestAppWebhook:
    RECEIVER: ClassVar[Json] = {
        "status": "paused",
        "failingSince": "2026-11-22T14:00:00.000Z",
        "pausedAt": "2026-11-22T15:00:00.000Z",
        "error": "HTTP status 503",
    }
    DELIVERY: ClassVar[Json] = {
        "id": f"event-{LONG_WORD}",
        "type": "EntityUpdated",
        "entityType": "owner",
        "entityId": CANARY,
        "at": "2026-11-22T14:00:00.000Z",
        "status": "retrying",
        "attempts": 7,
        "error": f"HTTP status 503 {LONG_WORD}",
        "attemptedAt": "2026-11-22T15:00:00.000Z",
    }

    @pytest.fixture(params=[(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")], ids=["light", "dark", "phone"])
    def webhook_console(self, request: pytest.FixtureRequest, open_console: OpenConsole) -> Console:
        size, scheme = request.param
        console = open_console(size, scheme)
        finished = {**self.DELIVERY, "type": "ImportFinished", "entityType": None, "entityId": None, "error": None}
        items = [self.DELIVERY, {**self.DELIVERY, "status": "dead-lettered"}, {**finished, "status": "delivered"}]
        page = {"items": items, "nextCursor": None, "receiver": self.RECEIVER}
        console.page.route("**/api/webhooks/deliveries*", lambda route: route.fulfill(json=page))
        console.open("app-webhook")
        console.wait_for_view("app-webhook")
        return console

    def test_deliveries_and_receiver_are_readable_and_accessible(
        self, webhook_console: Console, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        page = webhook_console.page
        expect(page.locator(".row .badge")).to_have_text(["Retrying", "Dead-lettered", "Delivered"])
        expect(page.locator(".card .badge")).to_have_text("Paused")
        expect(page.get_by_text("A success resumes deliveries.")).to_be_visible()
        assert page.locator("img").count() == 0
        assert webhook_console.overflow() == 0
        assert webhook_console.violations() == []
        folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
        page.screenshot(path=folder / f"app-webhook-{request.node.callspec.id}.png", full_page=True)

    @pytest.mark.parametrize(
        ("delivery", "words"),
        [
            ({"id": "test-1", "delivered": True, "receiverStatus": 204, "error": None}, "The receiver returned 204."),
            (
                {"id": "test-1", "delivered": False, "receiverStatus": None, "error": "Timeout"},
                "Not delivered: Timeout.",
            ),
        ],
    )
    def test_a_test_event_shows_its_outcome(self, console: Console, delivery: Json, words: str) -> None:
        console.page.route("**/api/webhooks/test", lambda route: route.fulfill(json={"delivery": delivery}))
        console.open("app-webhook")
        console.page.get_by_role("button", name="Send test event").click()
        expect(console.page.get_by_role("status")).to_have_text(words)


class TestRequests:
    @pytest.mark.parametrize(
        ("response", "words"),
        [
            ({"status": 429, "body": "{}"}, "Too many requests with this API key."),
            ({"status": 503, "body": "{}", "headers": {"Retry-After": "0"}}, "The service is busy."),
            ({"status": 500, "body": '{"requestId": "r-1"}'}, "The log has the details under request ID r-1."),
            ({"status": 502, "body": "<html>"}, "The service returned an error (502)."),
            (None, "The service cannot be reached."),
        ],
    )
    def test_errors_are_explained_in_plain_words(self, console: Console, response: Json | None, words: str) -> None:
        def respond(route: Route) -> None:
            if response is None:
                route.abort()
            else:
                route.fulfill(**response)

        console.page.route("**/api/buildium/overview", respond)
        console.open()
        expect(console.page.get_by_role("alert")).to_contain_text(words)
        console.page.unroute("**/api/buildium/overview")
        console.page.get_by_role("button", name="Try again").click()
        expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()

    def test_a_busy_response_is_retried(self, console: Console) -> None:
        busy = {"status": 503, "body": "{}", "headers": {"Retry-After": "0"}}
        console.page.route("**/api/buildium/overview", lambda route: route.fulfill(**busy), times=2)
        console.open()
        expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()
        expect(console.page.get_by_role("alert")).to_have_count(0)


class TestUntrustedText:
    def test_a_name_is_never_rendered_as_html(self, console: Console, failed_property: FailedProperty) -> None:
        created, _fix_cause = failed_property
        console.open("syncs")
        expect(console.row(created["name"]).get_by_role("link")).to_have_text(created["name"])
        console.show_entity("property", created["id"])
        expect(console.page.get_by_role("heading", level=2).first).to_contain_text(created["name"])
        assert console.page.locator("img").count() == 0
        assert console.page.title() == "Entity · buildium-sync"

    def test_the_browser_rejects_a_string_as_html(self, console: Console) -> None:
        console.open()
        error_name = console.page.evaluate(
            "() => { try { document.body.innerHTML = '<p>'; } catch (error) { return error.name; } }"
        )
        assert error_name == "TypeError"


class TestAccessibility:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_every_view_is_accessible(
        self,
        open_console: OpenConsole,
        failed_property: FailedProperty,
        open_review: OpenReview,
        scheme: str,
    ) -> None:
        console = open_console(scheme=scheme)
        console.page.goto(console.url)
        found = {"key": console.violations()}
        console.open()
        for view in VIEWS:
            console.go(view)
            found[view] = console.violations()
        console.show_entity("property", failed_property[0]["id"])
        expect(console.page.locator(".timeline")).to_be_visible()
        found["one entity"] = console.violations()
        assert not {view: wrong for view, wrong in found.items() if wrong}

    @pytest.mark.usefixtures("failed_property", "open_review")
    def test_a_reader_opens_every_view_without_operator_buttons(
        self, open_console: OpenConsole, add_operator: AddOperator
    ) -> None:
        _, reader = add_operator(Role.READ)
        console = open_console()
        console.open(key=reader.key)
        found = {}
        for view in VIEWS:
            console.go(view)
            expect(console.page.locator("[data-needs]").filter(visible=True)).to_have_count(0)
            found[view] = console.violations()
        console.go("reviews")
        expect(console.page.get_by_role("heading", name="Decisions")).to_be_visible()
        assert console.page.locator("button[data-needs]").count() > 0
        assert not {view: wrong for view, wrong in found.items() if wrong}

    def test_every_view_fits_a_phone_without_horizontal_scrolling(
        self, open_console: OpenConsole, failed_property: FailedProperty, open_review: OpenReview
    ) -> None:
        console = open_console(PHONE)
        console.open()
        overflow = {}
        for view in VIEWS:
            console.go(view)
            overflow[view] = console.overflow()
            assert console.narrowest_cell() > MIN_CELL_WIDTH_PX, view
        console.show_entity("property", failed_property[0]["id"])
        expect(console.page.get_by_role("heading", name="Timeline")).to_be_visible()
        overflow["one entity"] = console.overflow()
        assert overflow == dict.fromkeys(overflow, 0)
        assert console.violations() == []
        console.go("overview")
        counts = console.page.get_by_role("table", name="Entities by type and sync status")
        expect(counts.locator(".zero").filter(visible=True)).to_have_count(0)
        label = counts.get_by_role("cell").filter(visible=True).first
        assert label.evaluate("(cell) => getComputedStyle(cell, '::before').content") != "none"

    def test_a_retry_works_with_the_keyboard_alone(
        self, console: Console, failed_property: FailedProperty, api_key: str
    ) -> None:
        created, fix_cause = failed_property
        keyboard = console.page.keyboard
        console.open_by_keyboard(api_key)
        console.page.keyboard.press("Shift+Tab")
        console.page.evaluate("document.body.focus()")
        console.tab_to("Syncs")
        keyboard.press("Enter")
        console.wait_for_view("syncs")
        expect(console.page.get_by_role("heading", level=1)).to_be_focused()
        expect(console.page.get_by_role("link", name="Syncs")).to_have_attribute("aria-current", "page")
        fix_cause()
        console.tab_to(f"Retry Property {created['id']}")
        assert console.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        keyboard.press("Enter")
        console.wait_for_status(created["name"], "Synced")
        expect(console.page.get_by_role("status")).to_have_text(f"{created['name']}: Synced.")

    def test_a_keyboard_can_skip_to_the_content(self, console: Console) -> None:
        console.open()
        console.wait_for_view("overview")
        skip = console.page.get_by_role("link", name="Skip to content")
        skip.focus()
        expect(skip).to_be_in_viewport()
        console.page.keyboard.press("Enter")
        expect(console.page.get_by_role("main")).to_be_focused()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_page_follows_the_color_scheme_of_the_system(self, open_console: OpenConsole, scheme: str) -> None:
        console = open_console(scheme=scheme)
        console.page.goto(console.url)
        ground, text = console.brightness("backgroundColor"), console.brightness("color")
        assert (ground < text) == (scheme == "dark")


class TestFormatting:
    @pytest.mark.parametrize(("count", "words"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (1200, "1,200 calls")])
    def test_a_count_is_worded_as_singular_or_plural(self, console: Console, count: int, words: str) -> None:
        console.page.goto(console.url)
        script = "async (count) => (await import('./console/format.js')).pluralize(count, 'call')"
        assert console.page.evaluate(script, count) == words

    def test_the_collection_names_match_the_api(self, console: Console) -> None:
        console.page.goto(console.url)
        script = "async (types) => types.map((await import('./console/entity-client.js')).collectionName)"
        names = console.page.evaluate(script, TYPE_NAMES)
        assert names == [each.collection for each in all_types()]


class TestScreenshots:
    def test_pictures_of_the_console_are_taken(
        self, open_console: OpenConsole, demo_account: None, tmp_path: Path
    ) -> None:
        folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
        for name, size, scheme, view in PICTURES:
            console = open_console(size, scheme)
            console.open(view)
            console.wait_for_view(view)
            console.page.wait_for_load_state("networkidle")
            console.page.screenshot(path=folder / f"console-{name}.png")
        assert {path.name for path in folder.glob("console-*.png")} == {f"console-{name}.png" for name, *_ in PICTURES}
