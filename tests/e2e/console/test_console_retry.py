"""The console in a real browser: it says what a retry did."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from buildium_sync.api.conditions import conditions
from buildium_sync.domain.pauses import ControlState
from tests.e2e.account import create
from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import Console

pytestmark = pytest.mark.e2e

PAGE_SIZE = 100
ROWS = 20
"""The syncs of a page of the list. The groups are of all syncs."""
BATCH = 500
TIME = "2026-11-26T12:00:00.000Z"


def sync_of(entity_id: str, status: str = "failed", code: str | None = "rejected") -> Json:
    """A vendor's sync, as the API returns it."""
    return {
        "entityType": "vendor",
        "entityId": entity_id,
        "syncStatus": status,
        "errors": [],
        "errorCode": code,
        "errorMessage": "Buildium returned 422." if code else None,
        "updatedAt": TIME,
    }


def name_of(entity_id: str) -> Json:
    """How a request names a vendor."""
    return {"entityType": "vendor", "entityId": entity_id}


class Syncs:
    """Answers for the API's syncs, and records the retries."""

    def __init__(self, console: Console, ids: list[str], status: str = "failed") -> None:
        self.listed = [sync_of(entity_id, status) for entity_id in ids]
        self.next_cursor: str | None = None
        self.retried: list[Any] = []
        self.answer: Callable[[Any], Json] = lambda _: {"success": True, "retried": len(ids), "errors": []}
        self.current: Callable[[str], Json] = lambda entity_id: sync_of(entity_id, "synced", None)
        console.page.route("**/api/buildium/sync*", self._respond)

    def _respond(self, route: Route) -> None:
        named = re.search(r"\?entityType=vendor&entityId=([^&]*)$", route.request.url)
        if route.request.method == "POST":
            self.retried.append(route.request.post_data_json)
            answer = self.answer(route.request.post_data_json)
            route.fulfill(status=answer.get("status", 200), json=answer)
        elif named:
            route.fulfill(json={"syncStatus": self.current(named[1])})
        elif "entityId=" in route.request.url:
            route.fulfill(status=400, json={"title": "Bad Request", "status": 400, "detail": "unknown parameter"})
        else:
            shown = self.listed[:ROWS] if f"limit={ROWS}" in route.request.url else self.listed
            route.fulfill(json={"failedSyncs": shown, "nextCursor": self.next_cursor})


def retry_all(console: Console) -> None:
    """Retry all failed syncs and confirm it."""
    console.page.get_by_role("button", name="Retry all failed syncs").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()


def test_only_the_confirmed_syncs_are_retried(console: Console) -> None:
    syncs = Syncs(console, ["1", "2"])
    console.open("syncs")
    retry_all(console)
    expect(console.page.locator(".result")).to_contain_text("Of 2 shown: 2 synced.")
    assert syncs.retried == [{"entities": [name_of("1"), name_of("2")]}]


def test_a_retry_of_all_says_whether_syncs_are_left(console: Console) -> None:
    syncs = Syncs(console, [str(place) for place in range(PAGE_SIZE)])
    syncs.next_cursor = "next"
    syncs.answer = lambda _: {"success": True, "retried": 1_200, "errors": [], "hasMore": True}
    console.open("syncs")
    retry_all(console)
    expect(console.page.locator(".result")).to_contain_text("More failed syncs are left: retry again for the rest.")
    assert syncs.retried == [{}]


def test_dead_letters_are_kept_if_a_sync_failed_since(console: Console) -> None:
    def count(route: Route) -> None:
        overview = route.fetch().json()["overview"]
        route.fulfill(json={"overview": {**overview, "deadLetters": {**overview["deadLetters"], "sync": 2}}})

    console.page.route("**/api/buildium/overview", count)
    syncs = Syncs(console, [])
    console.open("syncs")
    remove = console.page.get_by_role("button", name="Remove leftover dead letters")
    expect(remove).to_be_visible()
    syncs.listed = [sync_of("1")]
    remove.click()
    expect(console.page.get_by_role("alert")).to_contain_text("Nothing was removed, because a sync has failed by now.")
    assert syncs.retried == []


def test_a_retry_keeps_an_open_form(console: Console) -> None:
    vendor = {"vendor": {"id": "1", "companyName": "Before"}}
    console.page.route("**/api/vendors/1", lambda route: route.fulfill(json=vendor, headers={"ETag": '"1"'}))
    Syncs(console, ["1", "2"])
    console.open("syncs")
    first = console.row("Before")
    first.get_by_role("button", name="Fix").click()
    first.get_by_label("Company name").fill("Typed")
    for row in (first, console.row("Vendor 2")):
        row.get_by_role("checkbox").check()
    console.page.get_by_role("button", name="Retry selected (2)").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()
    expect(console.page.get_by_role("status")).to_contain_text("Of 2 shown: 2 synced.")
    expect(first.get_by_label("Company name")).to_have_value("Typed")
    first.get_by_role("button", name="Cancel").click()
    console.wait_for_status("Before", "Synced")


def test_a_sync_that_finishes_keeps_an_open_form(console: Console, api: Api) -> None:
    name = unique("Open")
    entity_id = create(api, "vendor", {"isCompany": True, "companyName": name})
    syncs = Syncs(console, [entity_id])
    syncs.current = lambda each: {**sync_of(each, "pending"), "buildiumId": 7, "lastSyncedAt": None, "createdAt": TIME}
    console.open(f"entity?entityType=vendor&entityId={entity_id}")
    console.page.get_by_role("button", name="Retry", exact=True).click()
    console.page.get_by_role("button", name="Edit the entity").click()
    field = console.page.get_by_label("Company name")
    field.fill("Typed")
    pending = syncs.current
    syncs.current = lambda each: {**pending(each), "syncStatus": "synced", "errorMessage": None}
    expect(console.page.get_by_role("status")).to_have_text("Synced.")
    expect(field).to_have_value("Typed")
    console.page.get_by_role("button", name="Cancel").click()
    expect(console.page.locator("section", has_text="Buildium ID").locator(".badge").first).to_have_text("Synced")


def turn_sync_off(console: Console) -> None:
    """Let the API report that the sync is off."""
    off = list(conditions({}, ControlState(), 0, is_sync_enabled=False))
    console.page.route(
        "**/api/buildium/status", lambda route: route.fulfill(json={**route.fetch().json(), "conditions": off})
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("pending", "It is pending already."),
        ("syncing", "An attempt is running."),
        ("deleted", "The entity is deleted."),
    ],
)
def test_a_sync_that_is_not_retried_shows_why(console: Console, status: str, reason: str) -> None:
    syncs = Syncs(console, ["1"], status)
    syncs.answer = lambda _: {"success": True, "retried": 0, "errors": []}
    syncs.current = lambda each: sync_of(each, status, None)
    console.open(f"syncs?status={status}")
    row = console.row("Vendor 1")
    row.get_by_role("button", name="Retry").click()
    expect(row.get_by_role("alert")).to_have_text(f"Not retried: {reason}")


def test_pending_syncs_name_the_condition_that_stops_them(console: Console) -> None:
    turn_sync_off(console)
    syncs = Syncs(console, ["1", "2"], "pending")
    results = [{**name_of(each), "retried": False, "syncStatus": sync_of(each, "pending", None)} for each in "12"]
    syncs.answer = lambda _: {"success": True, "retried": 0, "errors": [], "results": results}
    console.open("syncs?status=pending")
    row = console.row("Vendor 1")
    expect(row).to_contain_text("What to do: Set BUILDIUM_SYNC_ENABLED=true and deploy.")
    console.page.get_by_role("checkbox", name="Select all shown").check()
    console.page.get_by_role("button", name="Retry selected (2)").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()
    summary = "Retry started for 0 syncs. 2 syncs were not retried: Sync is off."
    expect(console.page.locator(".result")).to_have_text(summary)
    expect(row.get_by_role("alert")).to_have_text("Not retried: Sync is off.")
    expect(console.page.get_by_role("progressbar")).to_have_count(0)


def test_a_retry_on_the_page_of_an_entity_shows_why_not(console: Console, api: Api) -> None:
    entity_id = create(api, "vendor", {"isCompany": True, "companyName": unique("Off")})
    turn_sync_off(console)
    syncs = Syncs(console, [entity_id])
    syncs.answer = lambda _: {"success": True, "retried": 0, "errors": []}
    more = {"buildiumId": 7, "lastSyncedAt": None, "createdAt": TIME}
    syncs.current = lambda each: {**sync_of(each, "pending", None), **more}
    console.open(f"entity?entityType=vendor&entityId={entity_id}")
    console.page.get_by_role("button", name="Retry", exact=True).click()
    expect(console.page.get_by_role("alert")).to_have_text("Not retried: Sync is off.")


def test_a_failing_batch_does_not_hide_a_successful_one(console: Console) -> None:
    syncs = Syncs(console, [str(place) for place in range(BATCH + 1)])
    done = {"success": True, "retried": BATCH, "errors": []}
    syncs.answer = lambda body: done if len(body["entities"]) == BATCH else {"status": 500}
    console.open("syncs")
    retry_all(console)
    result = console.page.locator(".result")
    expect(result).to_contain_text("Retry started for 500 syncs.Then an error occurred: The service returned an error")


def test_confirmed_batches_are_sent_after_the_view_is_left(console: Console) -> None:
    Syncs(console, [str(place) for place in range(BATCH + 1)])
    held: list[Route] = []
    path = "**/api/buildium/sync"

    def hold(route: Route) -> None:
        held.append(route)

    console.page.route(path, hold)
    console.open("syncs")
    with console.page.expect_request(path):
        retry_all(console)
    console.go("control")
    with console.page.expect_request(path) as second:
        held[0].fulfill(json={"success": True, "retried": BATCH, "errors": []})
    assert second.value.post_data_json == {"entities": [name_of(str(BATCH))]}


def test_a_saved_entity_shows_that_its_status_is_unknown(console: Console) -> None:
    vendor = {"vendor": {"id": "1", "companyName": "Before"}}
    console.page.route("**/api/vendors/1", lambda route: route.fulfill(json=vendor, headers={"ETag": '"1"'}))
    Syncs(console, ["1"])
    console.open("syncs")
    row = console.row("Before")
    row.get_by_role("button", name="Fix").click()
    row.get_by_label("Company name").fill("Typed")
    console.page.route("**/api/buildium/sync?*", lambda route: route.fulfill(status=500, json={}))
    row.get_by_role("button", name="Save and sync").click()
    expect(row.get_by_role("alert")).to_contain_text("Saved; its status could not be read: The service returned")
