"""The console in a real browser: what is wrong is seen there, mended, and seen to be right."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from buildium_sync.entity_types.registry import ENTITY_TYPES
from tests.e2e.account import create_refused
from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import DESK, PHONE, VIEWS, Console, started
from tests.e2e.test_import import decide, import_properties, refused, theirs
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

OpenConsole = Callable[..., Console]
CANARY = "<img src=x onerror='document.title=1'>"
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
REFUSED = "OperatingBankAccountId"
REFRESH_MS = 15_500
SQUEEZED = 150
"""Pixels that a table's cell has more of on a phone, where it stands by itself."""
TRIES = 3
NOTHING = "\N{EN DASH}"
PICTURES = [
    ("overview", {"width": 1200, "height": 900}, "light", "overview"),
    ("failed", {"width": 1200, "height": 620}, "dark", "syncs"),
    ("phone", PHONE, "light", "reviews"),
]


@dataclass(frozen=True)
class Doubtful:
    """A property of ours, and the ids of those of Buildium's that it may be."""

    name: str
    entity_id: str
    candidates: list[int]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def open_console(browser: Browser, api_url: str, api_key: str) -> Iterator[OpenConsole]:
    """Opens tabs; none of them may have met an error of its own."""
    consoles: list[Console] = []

    def open_tab(size: dict[str, int] = DESK, scheme: str = "light") -> Console:
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        consoles.append(Console(context, api_url, api_key))
        return consoles[-1]

    yield open_tab
    faults = [fault for console in consoles for fault in console.faults]
    for console in consoles:
        console.page.context.close()
    assert not faults


@pytest.fixture
def console(open_console: OpenConsole) -> Console:
    return open_console()


@pytest.fixture
def failing(api: Api, simulator: RemoteSimulator) -> Iterator[tuple[Json, Callable[[], None]]]:
    """A property that Buildium refuses, and the mending of that."""
    missing = next_bank_account(simulator)
    created = api.create_property(f"{unique('Broken')} {CANARY} {LONG}", operatingBankAccountId=missing)["property"]

    def mend() -> None:
        assert simulator.create("bankaccounts", {"IsActive": False})["Id"] == missing

    yield created, mend
    if next_bank_account(simulator) == missing:
        mend()
    api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": created["id"]})
    status_becomes(api, "property", created["id"], "synced")


@pytest.fixture
def doubtful(api: Api, simulator: RemoteSimulator) -> Iterator[Doubtful]:
    """A property that two of Buildium's may be."""
    made = in_doubt(api, simulator, unique("Twice"))
    yield made
    if api.sync_status("property", made.entity_id)["syncStatus"] == "needs_review":
        decide(api, made.entity_id, made.candidates[0])
        status_becomes(api, "property", made.entity_id, "synced")


def next_bank_account(simulator: RemoteSimulator) -> int:
    """The id of the bank account that is made next."""
    return int(max(account["Id"] for account in simulator.state()["bankaccounts"])) + 1


def in_doubt(api: Api, simulator: RemoteSimulator, name: str) -> Doubtful:
    """Make a property that two of Buildium's may be.

    The poll may come before the import and take the two for new ones: then it is done again under another name.
    """
    for number in range(TRIES):
        made = imported(api, simulator, f"{name} {number or ''}".strip())
        if api.sync_status("property", made.entity_id)["syncStatus"] == "needs_review":
            return made
        api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": made.entity_id})
    raise AssertionError("the poll came first each time")


def imported(api: Api, simulator: RemoteSimulator, name: str) -> Doubtful:
    simulator.configure_webhooks(enabled=False)
    entity_id = refused(api, simulator, name)
    candidates = [theirs(simulator, name), theirs(simulator, name, RentalSubType="SingleFamily", YearBuilt=1998)]
    import_properties(api)
    simulator.configure_webhooks(enabled=True)
    return Doubtful(name, entity_id, candidates)


def test_a_failure_is_seen_mended_retried_and_seen_to_be_synced(
    console: Console, failing: tuple[Json, Callable[[], None]]
) -> None:
    created, mend = failing
    console.open()
    console.shows("overview")
    console.page.get_by_role("link", name="Failed", exact=False).filter(has_text="Failed").last.click()
    row = console.row(created["name"])
    expect(row).to_contain_text(REFUSED)
    expect(row).to_contain_text("Correct the entity in the client application")
    mend()
    row.get_by_role("button").click()
    console.becomes(created["name"], "Synced")
    expect(console.page.get_by_role("status")).to_have_text(f"{created['name']}: Synced.")
    assert console.page.title() == "Syncs · buildium-sync"


def test_a_retry_shows_meanwhile_what_keeps_it_waiting(console: Console) -> None:
    sync: Json = {
        "entityType": "vendor", "entityId": "7", "syncStatus": "pending", "errors": [],
        "errorMessage": "Buildium answered 403: Not allowed.", "updatedAt": "2026-11-26T12:00:00.000Z",
    }  # fmt: skip

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(json={"success": True, "retried": 1, "errors": []})
        elif "entityId" in route.request.url:
            route.fulfill(json={"syncStatus": sync})
        else:
            route.fulfill(json={"failedSyncs": [sync], "nextCursor": None})

    console.page.route("**/api/buildium/sync*", answer)
    console.open("syncs?status=pending")
    row = console.row("Vendor 7")
    row.get_by_role("button").click()
    expect(row.get_by_role("button")).to_be_disabled()
    expect(row).to_contain_text("The Buildium API key lacks a permission.")
    sync |= {"syncStatus": "synced", "errorMessage": None}
    console.becomes("Vendor 7", "Synced")


def test_dead_letters_that_are_left_while_nothing_is_failed_are_removed(console: Console) -> None:
    asked: list[object] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            asked.append(route.request.post_data_json)
        route.fulfill(json={"failedSyncs": [], "nextCursor": None, "errors": []})

    def count(route: Route) -> None:
        overview = route.fetch().json()["overview"]
        route.fulfill(json={"overview": {**overview, "deadLetters": {**overview["deadLetters"], "sync": 2}}})

    console.page.route("**/api/buildium/sync*", answer)
    console.page.route("**/api/buildium/overview", count)
    console.open("syncs")
    expect(console.page.get_by_text("2 dead letters of syncs that no longer fail.")).to_be_visible()
    console.page.get_by_role("button", name="Remove leftover dead letters").click()
    expect(console.page.get_by_role("main")).to_contain_text("Removed up to 100 dead letters of finished syncs.")
    assert asked == [{}]


def test_the_overview_says_which_calls_are_not_made_and_what_to_do(console: Console) -> None:
    lacking = {"status": 403, "reason": "Buildium answered 403: No permission.", "since": "2026-11-22T13:59:46.000Z"}
    circuits = [
        {**lacking, "circuit": "GET /rentals", "nextProbeAt": "2026-11-22T14:04:46.000Z"},
        {**lacking, "circuit": "WRITE /leases", "nextProbeAt": "2999-11-22T14:04:46.000Z"},
    ]

    def opened(route: Route) -> None:
        overview = route.fetch().json()["overview"]
        route.fulfill(json={"overview": {**overview, "openCircuits": circuits}})

    console.open()
    console.shows("overview")
    not_made = console.page.get_by_role("heading", name="Paused calls")
    expect(not_made).to_have_count(0)
    console.go("syncs")
    console.page.route("**/api/buildium/overview", opened)
    console.go("overview")
    told = console.page.locator("section", has=not_made)
    expect(told).to_contain_text(re.compile("Reading /rentals paused .* ago, next probe with the next call"))
    expect(told).to_contain_text(re.compile("Writing /leases paused .* ago, next probe in "))
    expect(told).to_contain_text("Buildium answered 403: No permission.")
    expect(told).to_contain_text("What to do: The Buildium API key lacks a permission.")


def test_several_are_retried_with_a_result_for_each(
    console: Console, api: Api, simulator: RemoteSimulator, failing: tuple[Json, Callable[[], None]]
) -> None:
    still_wrong, mended = failing[0]["name"], unique("Once")
    refused(api, simulator, mended)
    console.open("syncs")
    for name in (mended, still_wrong):
        console.row(name).get_by_role("checkbox").check()
    console.page.get_by_role("button", name="Retry selected (2)").click()
    console.becomes(mended, "Synced")
    console.becomes(still_wrong, "Failed")
    expect(console.page.locator(".result")).to_contain_text("Retry started for 2 syncs. Of 2 shown:")


def test_all_that_failed_is_retried(console: Console, failing: tuple[Json, Callable[[], None]]) -> None:
    created, mend = failing
    mend()
    console.open("syncs")
    console.shows("syncs")
    console.page.get_by_role("button", name="Retry all failed syncs").click()
    console.becomes(created["name"], "Synced")


def test_what_a_blocked_one_waits_for_is_told(console: Console, api: Api) -> None:
    owner = api.create_owner(unique("Landless"), [])
    console.open("syncs?status=blocked")
    row = console.row(owner["displayName"])
    expect(row).to_contain_text("name at least one in propertyIds")
    expect(row).to_contain_text("Add what is missing")


def test_a_doubtful_one_is_decided(console: Console, api: Api, doubtful: Doubtful) -> None:
    name, entity_id, (first, second) = doubtful.name, doubtful.entity_id, doubtful.candidates
    console.open("reviews")
    row = console.row(name)
    columns = [f"Buildium {first}", f"Buildium {second}"]
    expect(row.get_by_role("columnheader")).to_have_text(["Field", "Local", *columns])
    expect(row.get_by_role("row", name="Address line 1").get_by_role("cell")).to_have_text(["12 Maple Street"] * 3)
    kinds = row.get_by_role("row", name="Rental sub type").get_by_role("cell")
    expect(kinds).to_have_text(["MultiFamily", "MultiFamily", "SingleFamily differs"])
    expect(row.get_by_role("row", name="Year built").get_by_role("cell")).to_have_text(
        [NOTHING, NOTHING, "1998 differs"]
    )
    row.get_by_role("button", name=f"Link to Buildium {second}").click()
    assert api.sync_status("property", entity_id)["syncStatus"] == "needs_review"
    console.page.get_by_role("button", name="Link", exact=True).click()
    console.becomes(name, "Synced")
    assert api.sync_status("property", entity_id)["buildiumId"] == second


def test_none_of_the_candidates_makes_a_new_one(console: Console, api: Api, doubtful: Doubtful) -> None:
    name, entity_id = doubtful.name, doubtful.entity_id
    console.open("reviews")
    console.row(name).get_by_role("button", name="Create new").click()
    console.page.get_by_role("button", name="Create", exact=True).click()
    console.becomes(name, "Synced")
    assert api.sync_status("property", entity_id)["buildiumId"] not in doubtful.candidates


def test_an_event_is_shown_and_processed_again(console: Console, api: Api) -> None:
    property_id = api.create_property(unique("Heard"))["property"]["id"]
    buildium_id = api.sync_status("property", property_id)["buildiumId"]
    processed = lambda: api.get("/api/buildium/events", status="processed", limit="20")["items"]  # noqa: E731
    eventually(processed, lambda seen: buildium_id in {event["entityId"] for event in seen})
    console.open("events?status=processed")
    row = console.row(f"Buildium ID {buildium_id}").first
    row.get_by_text("Payload", exact=True).click()
    expect(row.locator("pre")).to_contain_text(f'"PropertyId": {buildium_id}')
    row.get_by_role("button").click()
    expect(row).to_contain_text("Processing again")


def test_an_entity_shows_its_fields_its_timeline_and_where_the_sides_differ(
    console: Console, api: Api, simulator: RemoteSimulator
) -> None:
    name = unique("Shown")
    property_id = api.create_property(name)["property"]["id"]
    buildium_id = api.sync_status("property", property_id)["buildiumId"]
    told = lambda: api.rows("/api/buildium/timeline", "items", entityType="property", entityId=property_id)  # noqa: E731
    eventually(told, lambda seen: "echo_received" in {entry["kind"] for entry in seen})
    simulator.fault("status", method="PUT", path=f"/rentals/{buildium_id}", status=422)
    assert api.send("PUT", f"/api/properties/{property_id}", {"name": f"{name} here"}).status_code == 200
    status_becomes(api, "property", property_id, "failed")
    console.open()
    console.show_entity("property", property_id)
    expect(console.page.locator(".timeline")).to_contain_text("Written by client")
    expect(console.page.locator(".timeline")).to_contain_text("Write confirmed by Buildium")
    console.page.get_by_role("button", name="Check all properties for drift").click()
    console.page.get_by_role("button", name="Check", exact=True).click()
    expect(console.page.get_by_role("row", name=f"Name {name} here {name}", exact=True)).to_be_visible()
    console.page.get_by_role("button", name="Retry").click()
    expect(console.page.locator(".card .badge").first).to_have_text("Synced")


def test_what_differs_is_listed_and_repaired_after_a_confirmation(
    console: Console, api: Api, simulator: RemoteSimulator
) -> None:
    name = unique("Drift")
    vendor_id = create_refused(api, simulator, "vendor", {"isCompany": True, "companyName": name}, name)
    console.open("drift")
    console.page.get_by_label("Type").select_option("vendor")
    console.page.get_by_role("button", name="Check for drift").click()
    console.page.get_by_role("button", name="Preview repair").click()
    expect(console.page.get_by_text("Repair: create in Buildium").first).to_be_visible()
    console.page.get_by_role("button", name="Repair all").click()
    assert api.sync_status("vendor", vendor_id)["syncStatus"] == "failed"
    console.page.get_by_role("button", name="Repair", exact=True).click()
    expect(console.page.get_by_role("heading", name="Last repair")).to_be_visible()
    status_becomes(api, "vendor", vendor_id, "synced")


def test_a_wrong_key_is_asked_for_again_and_never_kept(console: Console) -> None:
    console.open(key="no-such-key")
    expect(console.page.get_by_role("alert")).to_contain_text("The API key was not accepted.")
    assert console.page.evaluate("sessionStorage.length") == 0


def test_the_key_is_in_the_tab_alone_and_goes_when_it_is_forgotten(
    console: Console, open_console: OpenConsole, api_key: str
) -> None:
    asked: list[str] = []
    console.page.on("request", lambda request: asked.append(request.url))
    console.open()
    console.shows("overview")
    assert api_key not in console.page.url
    assert [url for url in asked if api_key in url] == []
    assert console.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    other = open_console()
    other.page.goto(console.url)
    expect(other.page.get_by_label("API key")).to_be_visible()
    console.page.get_by_role("button", name="Sign out").click()
    expect(console.page.get_by_label("API key")).to_be_visible()
    assert console.page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 429, "body": "{}"}, "Too many requests with this API key."),
        ({"status": 503, "body": "{}", "headers": {"Retry-After": "0"}}, "The service is busy."),
        ({"status": 500, "body": '{"requestId": "r-1"}'}, "The log has the details under request ID r-1."),
        ({"status": 502, "body": "<html>"}, "The service returned an error (502)."),
        (None, "The service cannot be reached."),
    ],
)
def test_what_goes_wrong_is_told_in_plain_words(console: Console, answer: Json | None, words: str) -> None:
    def refuse(route: Route) -> None:
        if answer is None:
            route.abort()
        else:
            route.fulfill(**answer)

    console.page.route("**/api/buildium/overview", refuse)
    console.open()
    expect(console.page.get_by_role("alert")).to_contain_text(words)
    console.page.unroute("**/api/buildium/overview")
    console.page.get_by_role("button", name="Try again").click()
    expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()


def test_the_overview_refreshes_itself_and_not_while_it_is_hidden(console: Console) -> None:
    asked: list[str] = []
    console.page.on(
        "request", lambda request: asked.append(request.url) if "/api/buildium/overview" in request.url else None
    )
    console.page.clock.install()
    console.open()
    console.shows("overview")
    shown = console.page.locator(".figures")
    shown.evaluate("(element) => element.classList.add('stale')")
    console.page.clock.run_for(REFRESH_MS)
    expect(console.page.locator(".stale")).to_have_count(0)
    expect(shown).to_be_visible()
    assert len(asked) == 2
    console.page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    for _ in range(4):
        console.page.clock.run_for(REFRESH_MS)
    assert len(asked) == 2
    with console.page.expect_request("**/api/buildium/overview"):
        console.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")


def test_the_overview_is_not_asked_for_once_it_is_left(console: Console) -> None:
    asked: list[str] = []
    console.page.clock.install()
    console.open()
    console.shows("overview")
    console.go("events")
    console.page.on("request", lambda request: asked.append(request.url))
    for _ in range(4):
        console.page.clock.run_for(REFRESH_MS)
    assert [url for url in asked if "/api/buildium/overview" in url] == []


def test_a_refresh_that_fails_leaves_what_was_there_and_says_so(console: Console) -> None:
    console.page.clock.install()
    console.open()
    console.shows("overview")
    console.page.route("**/api/buildium/overview", lambda route: route.abort())
    console.page.clock.run_for(REFRESH_MS)
    expect(console.page.get_by_role("alert")).to_contain_text("The data below may be out of date.")
    expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()


def test_a_refresh_keeps_the_focus_and_what_was_opened(console: Console) -> None:
    console.page.clock.install()
    console.open()
    console.shows("overview")
    console.page.locator("summary").click()
    console.page.locator("a.figure").first.focus()
    console.page.locator(".figures").evaluate("(element) => element.classList.add('stale')")
    console.page.clock.run_for(REFRESH_MS)
    expect(console.page.locator(".stale")).to_have_count(0)
    expect(console.page.locator("a.figure").first).to_be_focused()
    expect(console.page.get_by_role("table", name="Calls per hour")).to_be_visible()


def test_what_is_busy_is_asked_again(console: Console) -> None:
    busy = {"status": 503, "body": "{}", "headers": {"Retry-After": "0"}}
    console.page.route("**/api/buildium/overview", lambda route: route.fulfill(**busy), times=2)
    console.open()
    expect(console.page.get_by_role("heading", name="Buildium rate limit")).to_be_visible()
    expect(console.page.get_by_role("alert")).to_have_count(0)


def test_a_second_press_does_nothing_while_the_first_is_under_way(
    console: Console, failing: tuple[Json, Callable[[], None]]
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    console.page.route("**/api/buildium/sync", hold)
    console.open("syncs")
    again = console.row(failing[0]["name"]).get_by_role("button")
    again.click()
    again.click(force=True)
    expect(again).to_have_attribute("aria-disabled", "true")
    assert len(held) == 1
    held[0].abort()
    expect(console.page.get_by_role("alert")).to_contain_text("The service cannot be reached.")
    expect(again).not_to_have_attribute("aria-disabled", "true")


def test_an_id_that_nothing_has_can_be_corrected_where_it_was_entered(console: Console) -> None:
    console.open()
    console.show_entity("property", "nope")
    expect(console.page.get_by_role("alert")).to_contain_text("No property with ID nope.")
    expect(console.page.get_by_label("ID", exact=True)).to_have_value("nope")


@pytest.mark.parametrize(("count", "words"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (1200, "1,200 calls")])
def test_a_count_is_worded_as_one_or_as_many(console: Console, count: int, words: str) -> None:
    console.page.goto(console.url)
    script = "async (count) => (await import('./console/format.js')).pluralize(count, 'call')"
    assert console.page.evaluate(script, count) == words


def test_a_name_is_shown_as_text_whatever_it_holds(console: Console, failing: tuple[Json, Callable[[], None]]) -> None:
    created, _mend = failing
    console.open("syncs")
    expect(console.row(created["name"]).get_by_role("link")).to_have_text(created["name"])
    console.show_entity("property", created["id"])
    expect(console.page.get_by_role("heading", level=2).first).to_contain_text(created["name"])
    assert console.page.locator("img").count() == 0
    assert console.page.title() == "Entity · buildium-sync"


def test_the_browser_refuses_to_take_a_text_as_html(console: Console) -> None:
    console.open()
    said = console.page.evaluate(
        "() => { try { document.body.innerHTML = '<p>'; } catch (error) { return error.name; } }"
    )
    assert said == "TypeError"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible(
    open_console: OpenConsole,
    failing: tuple[Json, Callable[[], None]],
    doubtful: Doubtful,
    scheme: str,
) -> None:
    console = open_console(scheme=scheme)
    console.page.goto(console.url)
    found = {"key": console.violations()}
    console.open()
    for view in VIEWS:
        console.go(view)
        found[view] = console.violations()
    console.show_entity("property", failing[0]["id"])
    expect(console.page.locator(".timeline")).to_be_visible()
    found["one entity"] = console.violations()
    assert not {view: wrong for view, wrong in found.items() if wrong}


def test_a_phone_shows_every_view_without_scrolling_sideways(
    open_console: OpenConsole, failing: tuple[Json, Callable[[], None]], doubtful: Doubtful
) -> None:
    console = open_console(PHONE)
    console.open()
    wider = {}
    for view in VIEWS:
        console.go(view)
        wider[view] = console.overflow()
        assert console.narrowest_cell() > SQUEEZED, view
    console.show_entity("property", failing[0]["id"])
    expect(console.page.get_by_role("heading", name="Timeline")).to_be_visible()
    wider["one entity"] = console.overflow()
    assert wider == dict.fromkeys(wider, 0)
    assert console.violations() == []
    console.go("overview")
    counts = console.page.get_by_role("table", name="Entities by type and sync status")
    expect(counts.locator(".zero").filter(visible=True)).to_have_count(0)
    label = counts.get_by_role("cell").filter(visible=True).first
    assert label.evaluate("(cell) => getComputedStyle(cell, '::before').content") != "none"


def test_a_keyboard_is_enough(console: Console, failing: tuple[Json, Callable[[], None]], api_key: str) -> None:
    created, mend = failing
    keyboard = console.page.keyboard
    console.page.goto(console.url)
    expect(console.page.get_by_label("API key")).to_be_focused()
    keyboard.type(api_key)
    keyboard.press("Enter")
    console.shows("overview")
    console.page.keyboard.press("Shift+Tab")
    console.page.evaluate("document.body.focus()")
    console.tab_to("Syncs")
    keyboard.press("Enter")
    console.shows("syncs")
    expect(console.page.get_by_role("heading", level=1)).to_be_focused()
    expect(console.page.get_by_role("link", name="Syncs")).to_have_attribute("aria-current", "page")
    mend()
    console.tab_to(f"Retry Property {created['id']}")
    assert console.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keyboard.press("Enter")
    console.becomes(created["name"], "Synced")
    expect(console.page.get_by_role("status")).to_have_text(f"{created['name']}: Synced.")


def test_a_keyboard_skips_what_is_the_same_on_every_view(console: Console) -> None:
    console.open()
    console.shows("overview")
    skip = console.page.get_by_role("link", name="Skip to content")
    skip.focus()
    expect(skip).to_be_in_viewport()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_or_dark_as_the_desk(open_console: OpenConsole, scheme: str) -> None:
    console = open_console(scheme=scheme)
    console.page.goto(console.url)
    ground, text = console.brightness("backgroundColor"), console.brightness("color")
    assert (ground < text) == (scheme == "dark")


def test_a_choice_keeps_the_focus_while_the_view_changes(console: Console) -> None:
    console.open("syncs")
    console.shows("syncs")
    console.page.get_by_label("Status").focus()
    console.page.keyboard.press("ArrowDown")
    expect(console.page).to_have_url(re.compile("status=blocked"))
    expect(console.page.get_by_label("Status")).to_be_focused()
    assert console.page.get_by_label("Status").input_value() == "blocked"


def test_the_collections_are_named_as_the_api_names_them(console: Console) -> None:
    console.page.goto(console.url)
    script = "async (types) => types.map((await import('./console/entity-client.js')).collectionName)"
    formed = console.page.evaluate(script, [each.name for each in ENTITY_TYPES])
    assert formed == [each.collection for each in ENTITY_TYPES]


@pytest.fixture
def scene(api: Api, simulator: RemoteSimulator) -> None:
    """An account as a person meets it: most of it synced, some of it not. `make screenshots` has it alone."""
    streets = ["Maple Court", "Harbor View", "Elm House", "Cedar Terrace"]
    homes = [api.create_property(name)["property"]["id"] for name in streets]
    api.create_owner("Martin", homes[:2])
    api.create_owner("Okafor", homes[2:], firstName="Grace")
    api.create_owner("Lindqvist", [], firstName="Nils")
    in_doubt(api, simulator, "Orchard Lofts")
    for name in ("Riverside Flats", "Station Yard"):
        api.create_property(name, operatingBankAccountId=next_bank_account(simulator))


def test_pictures_of_the_console_are_taken(open_console: OpenConsole, scene: None, tmp_path: Path) -> None:
    folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
    for name, size, scheme, view in PICTURES:
        console = open_console(size, scheme)
        console.open(view)
        console.shows(view)
        console.page.wait_for_load_state("networkidle")
        console.page.screenshot(path=folder / f"console-{name}.png")
    assert {path.name for path in folder.glob("console-*.png")} == {f"console-{name}.png" for name, *_ in PICTURES}
