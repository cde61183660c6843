"""Every id that the console shows can be copied."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.api import Api
from tests.e2e.browser import PHONE, VIEWS, Console, OpenConsole
from tests.e2e.console.test_console_drift import AT, entry
from tests.e2e.console.test_console_drift import show as show_drift
from tests.e2e.console.test_console_import import FINISHED, import_job, respond_with
from tests.e2e.reviews import OpenReview, decide
from tests.e2e.waiting import eventually, status_becomes

pytestmark = pytest.mark.e2e

FOUND = """() => {
    const named = '(?<=(?:Buildium|ID|tenant|API key) )[a-z0-9]*\\\\d[a-z0-9]*';
    const shown = new RegExp(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|${named}`, 'g');
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const ids = new Set();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        // Messages and payloads are texts of others.
        if (element.closest('pre, .reason, .error, .advice, details:not([open]), button, option')) continue;
        const before = element.matches('code') ? element.parentElement.textContent : walker.currentNode.data;
        for (const [id] of before.matchAll(shown)) ids.add(id);
    }
    for (const row of document.querySelectorAll('main tr')) {
        if (!/\\bIDs?$/.test(row.cells[0].textContent)) continue;
        for (const cell of [...row.cells].slice(1)) {
            const codes = [...cell.querySelectorAll('code')].map((code) => code.textContent);
            const isId = /^[\\w-]+$/.test(cell.textContent) && !cell.querySelector('a, .hint');
            if (!codes.length && isId) codes.push(cell.textContent);
            codes.forEach((id) => ids.add(id));
        }
    }
    return [...ids];
}"""
"""Returns the ids in texts, and those in the rows of fields with ids."""
NO_KEY, KEY = '"decidedBy": null', '"decidedBy": "k4711"'
NAMES = "Local ID|Buildium ID|Buildium request ID|Event ID|Correlation ID|External ID|API key ID|Author|[A-Z][a-z ]+ ID"


def missing(page: Page) -> set[str]:
    """Return the shown ids without a button that copies them and says what they are the id of."""
    labels = [each.get_attribute("aria-label") or "" for each in page.locator("main button.copy").all()]
    assert [each for each in labels if not re.match(f"Copy ({NAMES}|Buildium ID of the [a-z ]+) [^ ]+$", each)] == []
    return set(page.evaluate(FOUND)) - {each.split(" ")[-1] for each in labels}


def wait_for_timeline(api: Api, entity_type: str, entity_id: str) -> None:
    """Wait until the timeline of an entity has its Buildium id."""
    timeline = lambda: api.get("/api/buildium/timeline", entityType=entity_type, entityId=entity_id)  # noqa: E731
    eventually(timeline, lambda seen: "buildiumId" in str(seen))


def test_every_id_of_an_entity_can_be_copied(console: Console, api: Api, account: dict[str, str]) -> None:
    page = console.page
    console.open()
    console.wait_for_view("overview")
    for entity_type, entity_id in account.items():
        buildium_id = api.sync_status(entity_type, entity_id)["buildiumId"]
        wait_for_timeline(api, entity_type, entity_id)
        console.show_entity(entity_type, entity_id)
        copy = page.locator(".timeline").get_by_role("button", name=f"Copy Buildium ID {buildium_id}")
        expect(copy.first).to_be_visible()
        expect(page.get_by_role("button", name=f"Copy Local ID {entity_id}").first).to_be_visible()
        assert missing(page) == set(), entity_type
    assert console.violations() == []


def test_every_id_of_a_view_can_be_copied(console: Console, account: dict[str, str]) -> None:
    console.open()
    for view in VIEWS:
        console.go(view)
        assert missing(console.page) == set(), view
    for address in ("events?status=processed", f"leases?leaseId={account['lease']}"):
        console.page.evaluate("(hash) => { location.hash = hash; }", address)
        expect(console.page.locator("main h2, main .row").first).to_be_visible()
        console.wait_for_view(address.partition("?")[0])
        assert missing(console.page) == set(), address


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_every_id_of_a_review_can_be_copied(
    open_console: OpenConsole, open_review: OpenReview, *, is_phone: bool
) -> None:
    console = open_console(PHONE) if is_phone else open_console()
    console.open("reviews")
    row = console.row(open_review.name)
    for name in (f"Local ID {open_review.entity_id}", *(f"Buildium ID {each}" for each in open_review.candidates)):
        expect(row.get_by_role("button", name=f"Copy {name}")).to_be_visible()
    assert (missing(console.page), console.overflow(), console.violations()) == (set(), 0, [])


def test_ids_of_a_decision_can_be_copied(console: Console, api: Api, open_review: OpenReview) -> None:
    decide(api, open_review.entity_id, open_review.candidates[1])
    status_becomes(api, "property", open_review.entity_id, "synced")
    decisions = "**/api/buildium/review/decisions*"
    console.page.route(decisions, lambda route: route.fulfill(body=route.fetch().text().replace(NO_KEY, KEY)))
    console.open("reviews")
    decision = console.page.locator(".decision").filter(has_text=open_review.name)
    expect(decision.get_by_role("button", name=f"Copy Buildium ID {open_review.candidates[1]}")).to_be_visible()
    expect(decision.get_by_role("button", name="Copy API key ID k4711")).to_be_visible()


def test_the_author_of_a_pause_can_be_copied(console: Console) -> None:
    pause = {"direction": "outbound", "entityType": None, "by": "k4711", "reason": "Month end"}
    change = {**pause, "at": AT, "action": "pause"}
    control = {"control": {"pauses": [{**pause, "since": AT}], "changes": [change]}}
    console.page.route("**/api/buildium/control", lambda route: route.fulfill(json=control))
    console.open("control")
    expect(console.page.get_by_role("button", name="Copy Author k4711")).to_have_count(2)
    assert (missing(console.page), console.overflow(), console.violations()) == (set(), 0, [])


def test_ids_of_failed_jobs_can_be_copied(console: Console) -> None:
    error = {"entityType": "vendor", "buildiumId": 4711, "error": "Rejected"}
    respond_with(console, import_job("done", [error], vendor=FINISHED))
    console.open("import")
    expect(console.page.get_by_role("button", name="Copy Buildium ID 4711")).to_be_visible()


def test_ids_in_drift_can_be_copied(console: Console) -> None:
    found = entry("localOnly", [], "Elm", None)
    field = {"field": "propertyManagerId", "local": 11, "remote": 12}
    show_drift(console, {**found, "fields": [field]})
    for buildium_id in (11, 12):
        expect(console.page.get_by_role("button", name=f"Copy Property manager ID {buildium_id}")).to_be_visible()
    assert missing(console.page) == set()


def test_ids_of_calls_and_deliveries_can_be_copied(console: Console) -> None:
    call = {"method": "GET", "path": "/rentals", "status": 500, "durationMs": 9, "at": AT, "requestId": "r4711"}
    bodies = dict.fromkeys(("query", "requestBody", "responseBody", "error"))
    route = "**/api/buildium/calls*"
    console.page.route(route, lambda each: each.fulfill(json={"items": [{**call, **bodies}], "nextCursor": None}))
    console.open("calls")
    expect(console.page.get_by_role("button", name="Copy Buildium request ID r4711")).to_be_visible()
    console.go("app-webhook")
    expect(console.page.get_by_role("button", name="Copy Event ID").first).to_be_visible()
    expect(console.page.get_by_role("button", name="Copy Local ID").first).to_be_visible()
    assert missing(console.page) == set()
