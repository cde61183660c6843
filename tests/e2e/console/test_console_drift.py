"""Entries of a drift report in the console: each has its name, and the old and new value of what a repair writes."""

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.account import create, create_rejected
from tests.e2e.api import Api, Json, owner_body, property_body, unique
from tests.e2e.browser import Console
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

NO_VALUE = "\u2013"
AT = "2026-11-22T14:00:00.000Z"
NOT_STARTED = {"status": "not_started", "startedAt": None, "finishedAt": None}
DONE = {"status": "done", "startedAt": AT, "finishedAt": AT}
NO_REPAIR: Json = {**NOT_STARTED, "planned": 0, "done": 0, "queued": 0, "failed": 0, "needsReview": 0, "errors": []}
CREATE = {"target": "local", "action": "create", "fields": []}
DELETE = {"target": "local", "action": "delete", "fields": []}
LINK = {"target": "local", "action": "link", "fields": []}
UPDATE = {"target": "remote", "action": "update", "fields": ["name"]}


def entry(kind: str, writes: list[Json], local: str | None, remote: str | None) -> Json:
    return {
        "entityType": "property",
        "entityId": "local-id" if kind == "localOnly" else None,
        "buildiumId": 7,
        "name": local or remote,
        "kind": kind,
        "syncStatus": None,
        "fields": [{"field": "name", "local": local, "remote": remote}],
        "notCompared": [],
        "writes": writes,
        "candidates": [],
        "candidateFields": None,
        "note": None,
    }


def show(console: Console, found: Json, repair: Json | None = None) -> None:
    """Let the API return a report with one entry, and open it."""
    counts = {"local": 1, "remote": 1, "localOnly": 0, "remoteOnly": 1, "different": 0, "inbound": 1, "outbound": 0}
    state = {"status": "done", "startedAt": AT, "finishedAt": AT}
    drift = {**state, "types": {"property": {**counts, "state": "done", "error": None}}}
    report = {"drift": drift, "repair": repair or NO_REPAIR, "items": [found], "nextCursor": None}
    console.page.route("**/api/buildium/drift*", lambda route: route.fulfill(json=report))
    console.open("drift")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (entry("remoteOnly", [CREATE], None, "Elm"), f"{NO_VALUE} → Elm locally"),
        (entry("localOnly", [DELETE], "Elm", None), "kept, marked as deleted"),
        (entry("remoteOnly", [LINK, UPDATE], "Elm", "ELM"), "ELM → Elm in Buildium"),
    ],
    ids=["create", "delete", "link"],
)
def test_each_write_shows_its_old_and_new_value(console: Console, found: Json, text: str) -> None:
    show(console, found)
    row = console.row("Property")
    expect(row.get_by_role("row", name="Name").get_by_role("cell").last).to_have_text(text)
    expect(row.get_by_role("button", name="Copy Buildium ID 7")).to_be_visible()
    assert console.violations() == []


def test_a_repair_of_one_entity_names_the_syncs_it_releases(
    console: Console, api: Api, simulator: RemoteSimulator
) -> None:
    name, waiting = unique("Parent"), unique("Waiting")
    property_id = create_rejected(api, simulator, "property", property_body(name), name)
    owner_id = create(api, "owner", owner_body(waiting, [property_id]))
    status_becomes(api, "owner", owner_id, "blocked")
    console.open(f"entity?entityType=property&entityId={property_id}")
    console.page.get_by_role("button", name="Compare with Buildium").click()
    console.page.get_by_role("button", name="Repair this entity").click()
    dialog = console.page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 blocked sync that waits for this then runs too:")
    expect(dialog.get_by_role("listitem")).to_contain_text([waiting])
    expect(dialog).not_to_contain_text("No other entity is written.")
    assert console.violations() == []
    dialog.get_by_role("button", name="Repair", exact=True).click()
    for entity_type, entity_id in (("property", property_id), ("owner", owner_id)):
        status_becomes(api, entity_type, entity_id, "synced")


@pytest.mark.parametrize(
    ("count", "is_complete", "words"),
    [
        (12, True, ["12 blocked syncs that wait for this then run too:", "Owner Ann 9", "and 2 more"]),
        (12, False, ["At least 12 blocked syncs"]),
        (0, False, ["Blocked syncs that wait for these entities then run too."]),
    ],
)
def test_a_repair_of_a_report_names_the_syncs_it_releases(
    console: Console, count: int, words: list[str], *, is_complete: bool
) -> None:
    show(console, entry("remoteOnly", [CREATE], None, "Elm"))
    items = [
        {"entityType": "owner", "entityId": f"{number}", "name": f"Ann {number}"} for number in range(min(count, 10))
    ]
    plan = {"releasedSyncs": {"count": count, "isComplete": is_complete, "items": items}}
    console.page.route("**/api/buildium/drift/repair", lambda route: route.fulfill(json=plan))
    console.page.get_by_role("checkbox", name="Select Elm").check()
    console.page.get_by_role("button", name="Repair selected (1)").click()
    for text in words:
        expect(console.page.get_by_role("dialog")).to_contain_text(text)
    assert console.violations() == []


def test_a_repair_that_cannot_be_planned_is_not_started(console: Console) -> None:
    show(console, entry("remoteOnly", [CREATE], None, "Elm"))
    problem = {"title": "Conflict", "status": 409, "detail": "The drift check was replaced."}
    console.page.route("**/api/buildium/drift/repair", lambda route: route.fulfill(status=409, json=problem))
    console.page.get_by_role("checkbox", name="Select Elm").check()
    console.page.get_by_role("button", name="Repair selected (1)").click()
    expect(console.page.get_by_role("alert")).to_have_text("The drift check was replaced.")
    expect(console.page.get_by_role("dialog")).to_have_count(0)


BEFORE, AFTER = "2026-11-22T13:59:59.999Z", "2026-11-22T14:00:00.001Z"
OF_THE_ENTITY = {
    "comparison": {**DONE, "notCompared": [], "error": None, "entry": None},
    "drift": {**NOT_STARTED, "types": {}},
}
OF_ALL_ENTITIES = {
    "comparison": {**NOT_STARTED, "notCompared": [], "error": None, "entry": None},
    "drift": {**DONE, "types": {"property": {"state": "done", "notCompared": []}}},
}


def show_compared(console: Console, api: Api, compared: Json, changed: Json) -> None:
    """Show a property with these changes. The API returns these results of comparisons, without a difference."""
    property_id = create(api, "property", property_body(unique("Compared")))
    status_becomes(api, "property", property_id, "synced")

    def read_changed(route: Route) -> None:
        body = route.fetch().json()
        route.fulfill(json={**body, "property": {**body["property"], **changed}})

    report = {"drift": compared["drift"], "items": [], "nextCursor": None}
    comparison = {"comparison": compared["comparison"]}
    console.page.route("**/api/buildium/drift*", lambda route: route.fulfill(json=report))
    console.page.route("**/api/buildium/drift/property/*", lambda route: route.fulfill(json=comparison))
    console.page.route(f"**/api/properties/{property_id}", read_changed)
    console.open(f"entity?entityType=property&entityId={property_id}")


@pytest.mark.parametrize("compared", [OF_THE_ENTITY, OF_ALL_ENTITIES], ids=["entity", "all"])
@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"updatedAt": AFTER}, "Not compared with Buildium since its last change"),
        ({"updatedAt": BEFORE, "deletedAt": AT}, "A deleted entity is not compared with Buildium"),
    ],
    ids=["changed", "deleted"],
)
def test_what_changed_after_its_comparison_is_not_the_same(
    console: Console, api: Api, compared: Json, changed: Json, text: str
) -> None:
    show_compared(console, api, compared, changed)
    expect(console.page.get_by_text(text)).to_be_visible()
    expect(console.page.get_by_role("table", name="Local fields")).to_be_visible()
    expect(console.page.get_by_text("found no difference")).to_have_count(0)
    assert console.violations() == []


@pytest.mark.parametrize(
    ("compared", "source"),
    [(OF_THE_ENTITY, "The comparison of this entity"), (OF_ALL_ENTITIES, "The drift check")],
    ids=["entity", "all"],
)
def test_a_finding_says_when_the_entity_was_compared(console: Console, api: Api, compared: Json, source: str) -> None:
    show_compared(console, api, compared, {"updatedAt": BEFORE})
    finding = console.page.get_by_text(source)
    expect(finding).to_contain_text("found no difference.")
    expect(finding.locator("time")).to_have_attribute("datetime", AT)
    expect(console.page.get_by_role("cell", name="same").first).to_be_visible()


def test_a_repair_says_what_is_queued_failed_and_in_review(console: Console) -> None:
    counts = {"planned": 40, "done": 38, "queued": 36, "failed": 1, "needsReview": 1}
    failure = {"entityType": "property", "entityId": "7", "buildiumId": None, "error": "Retry again."}
    show(console, entry("remoteOnly", [CREATE], None, "Elm"), {**DONE, **counts, "errors": [failure]})
    card = console.page.locator("section", has=console.page.get_by_role("heading", name="Last repair"))
    expect(card.locator(".badge")).to_have_text("Done with errors")
    expect(card).to_contain_text("2 of 40 entities done, 36 queued, 1 failed")
    expect(card).to_contain_text("The queued syncs write in Buildium: Pending syncs")
    expect(card.get_by_role("link", name="1 entity needs a review")).to_have_attribute("href", "#reviews")
    assert console.violations() == []


def test_a_count_of_a_kind_lists_only_that_kind(console: Console) -> None:
    counts = {**NO_DRIFT, "localOnly": 1, "remoteOnly": 1}
    found = {"drift": {**DONE, "types": {"property": counts}}, "repair": NO_REPAIR}
    first = {**found, "items": [entry("remoteOnly", [CREATE], None, "Elm")], "nextCursor": "next"}
    second = {**found, "items": [entry("localOnly", [DELETE], "Oak", None)], "nextCursor": None}
    console.page.route(
        "**/api/buildium/drift*",
        lambda route: route.fulfill(json=second if "cursor=next" in route.request.url else first),
    )
    console.open("drift")
    console.page.get_by_role("link", name="1 properties: Local only").click()
    expect(console.row("Oak")).to_be_visible()
    expect(console.row("Elm")).to_have_count(0)


NO_DRIFT = {"local": 1, "remote": 1, "localOnly": 0, "remoteOnly": 0, "different": 0, "state": "done", "error": None}
FAILED = {**NO_DRIFT, "state": "failed", "error": "Buildium returned 403"}


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ({"unit": NO_DRIFT}, "1 type could not be checked, no drift found in the others"),
        ({"unit": {**NO_DRIFT, "different": 1}}, "1 entity with drift, 1 type could not be checked"),
        ({}, "1 type could not be checked, checked"),
    ],
    ids=["equal", "different", "none"],
)
def test_a_type_that_could_not_be_checked_is_named(console: Console, others: Json, text: str) -> None:
    drift = {**DONE, "types": {"property": FAILED, **others}}
    report: Json = {"drift": drift, "repair": NO_REPAIR, "items": [], "nextCursor": None}
    console.page.route("**/api/buildium/drift*", lambda route: route.fulfill(json=report))
    console.open("drift")
    headline = console.page.locator("main p", has=console.page.locator(".badge")).first
    expect(headline).to_contain_text(text)
    expect(headline.locator(".badge")).to_have_text("Done with errors")
    console.page.get_by_role("button", name="Check for drift").click()
    expect(console.page.locator("#announcer")).to_contain_text(text)


def test_a_repair_that_does_not_start_keeps_the_selection(console: Console) -> None:
    show(console, entry("remoteOnly", [CREATE], None, "Elm"))
    plan = {"releasedSyncs": {"count": 0, "isComplete": True, "items": []}}
    problem = {"title": "Conflict", "status": 409, "detail": "Another repair is running."}

    def plan_only(route: Route) -> None:
        is_plan = (route.request.post_data_json or {})["dryRun"]
        route.fulfill(json=plan) if is_plan else route.fulfill(status=409, json=problem)

    console.page.route("**/api/buildium/drift/repair", plan_only)
    console.page.get_by_role("checkbox", name="Select Elm").check()
    console.page.get_by_role("button", name="Repair selected (1)").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Repair", exact=True).click()
    expect(console.page.get_by_role("alert")).to_have_text("Another repair is running.")
    expect(console.page.get_by_role("checkbox", name="Select Elm")).to_be_checked()
