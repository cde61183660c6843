"""Conditions of the whole system, which a banner reports in every view of the console."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from buildium_sync.api.conditions import Condition, conditions
from buildium_sync.domain.pauses import OBSERVE_ONLY, ControlState
from tests.e2e.api import Api, Json
from tests.e2e.browser import SCREENS, VIEWS, Console, OpenConsole
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

SINCE = "2026-11-22T14:00:00.000Z"
TITLES = {
    "sync_off": "Sync is off",
    "outbound_paused": "Outbound sync is paused",
    "inbound_paused": "Inbound sync is paused",
    "buildium_outage": "Buildium does not respond",
    "key_rejected": "Buildium rejects the API key",
    "permission_missing": "A permission in Buildium is missing",
    "webhooks_rejected": "Webhooks are rejected",
    "subscription_suspended": "The webhook subscription is probably suspended",
    "import_running": "An import is running",
}


SEVERITIES = {
    "sync_off": "warning",
    "outbound_paused": "warning",
    "inbound_paused": "warning",
    "import_running": "info",
}
"""The severities that are not `error`."""


def condition(code: str) -> Json:
    return {
        "code": code,
        "severity": SEVERITIES.get(code, "error"),
        "since": SINCE,
        "entityType": None,
        "consequence": f"The consequence of {code}.",
        "action": f"The action for {code}",
        "link": "#syncs?status=pending",
    }


def show_conditions(console: Console, *found: str | Condition) -> Locator:
    """Let the API report these conditions, some by their code only, and return their region."""
    status = {
        "stack": "buildium-sync",
        "version": "1.0.0",
        "buildiumHost": "api.buildium.com",
        "isProduction": True,
        "at": SINCE,
        "conditions": [condition(each) if isinstance(each, str) else each for each in found],
    }
    console.page.route("**/api/buildium/status", lambda route: route.fulfill(json=status))
    return console.page.get_by_role("region", name="Conditions")


@pytest.mark.parametrize("code", TITLES)
def test_a_banner_says_what_since_when_and_what_to_do(console: Console, code: str) -> None:
    region = show_conditions(console, code)
    console.open("syncs")
    expect(region).to_contain_text(re.compile(f"^{TITLES[code]} since .* UTC. The consequence of {code}."))
    expect(region.locator("time")).to_have_attribute("title", "2026-11-22 14:00:00.000 UTC")
    region.get_by_role("link", name=f"The action for {code}").click()
    expect(console.page).to_have_url(re.compile("#syncs.status=pending"))


def test_a_banner_of_a_setting_names_its_deployment(console: Console) -> None:
    off = list(conditions({}, ControlState.initial(OBSERVE_ONLY), time.time(), is_sync_enabled=False))
    assert [each["since"] for each in off] == [None, None]
    region = show_conditions(console, *off)
    console.open("syncs")
    for code in ("sync_off", "outbound_paused"):
        expect(region).to_contain_text(f"{TITLES[code]} since the deployment that set it. ")


def test_every_view_shows_the_banners_and_marks_production(console: Console) -> None:
    region = show_conditions(console, "buildium_outage")
    console.open()
    for view in VIEWS:
        console.go(view)
        expect(region).to_contain_text("Buildium does not respond")
        expect(console.page.get_by_role("banner")).to_contain_text("Production")
        expect(console.page.get_by_role("banner")).to_contain_text("api.buildium.com")


def test_banners_that_cannot_be_read_are_marked_as_old(console: Console) -> None:
    region = show_conditions(console, "buildium_outage")
    console.open("syncs")
    expect(region).to_contain_text("Buildium does not respond")
    console.page.route("**/api/buildium/status", lambda route: route.fulfill(status=500, json={}))
    console.go("reviews")
    expect(region).to_contain_text("What is shown here may be out of date.")
    expect(region).to_contain_text("Buildium does not respond")
    assert console.violations() == []
    show_conditions(console)
    console.go("syncs")
    expect(region).to_have_count(0)


def test_the_status_is_read_again_while_the_service_is_busy(console: Console) -> None:
    region = show_conditions(console, "buildium_outage")
    busy = {"Retry-After": "1"}
    status = "**/api/buildium/status"
    console.page.route(status, lambda route: route.fulfill(status=503, headers=busy, json={}), times=1)
    console.open("syncs")
    expect(region).to_contain_text("Buildium does not respond")


def test_a_failed_connection_check_can_be_repeated(console: Console) -> None:
    path = "**/api/buildium/connection"
    checked = {"ready": True, "calls": 3, "checks": []}
    console.page.route(path, lambda route: route.fulfill(json=checked))
    console.open("connection")
    is_ready = console.page.get_by_text("The connection to Buildium is ready.")
    expect(is_ready).to_be_visible()
    console.page.route(path, lambda route: route.fulfill(status=500, json={}), times=1)
    console.page.get_by_role("button", name="Check again").click()
    expect(console.page.get_by_role("alert")).to_be_visible()
    console.page.get_by_role("button", name="Check again").click()
    expect(is_ready).to_be_visible()


@pytest.mark.parametrize(("name", "size", "scheme"), SCREENS)
def test_all_banners_are_accessible_and_fit_every_screen(
    open_console: OpenConsole, tmp_path: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    console = open_console(size, scheme)
    region = show_conditions(console, *TITLES)
    console.open("syncs")
    console.wait_for_view("syncs")
    expect(region.get_by_role("link")).to_have_count(len(TITLES))
    assert (console.violations(), console.overflow()) == ([], 0)
    folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
    console.page.screenshot(path=folder / f"banners-{name}.png", full_page=True)


def test_a_resume_names_every_pause_that_it_ends(console: Console) -> None:
    pause = {"direction": "outbound", "since": SINCE, "by": "ann"}
    pauses = [
        {**pause, "entityType": "bill", "reason": "Wrong accounts"},
        {**pause, "entityType": None, "reason": "Month end"},
    ]
    control = {"control": {"pauses": pauses, "changes": []}}
    console.page.route("**/api/buildium/control", lambda route: route.fulfill(json=control))
    console.open("control")
    expect(console.page.get_by_role("row", name="Wrong accounts")).to_contain_text("Ends with the pause of all types")
    console.page.get_by_role("button", name="Resume").click()
    expect(console.page.get_by_role("dialog")).to_contain_text("It also ends the pause of bills (Wrong accounts).")


def test_a_pause_and_a_resume_are_made_in_the_console(console: Console, api: Api) -> None:
    console.open("control")
    console.page.get_by_label("Entity type").select_option("bill")
    console.page.get_by_label("Reason").fill("Month end")
    console.page.get_by_role("button", name="Pause …").click()
    console.page.get_by_role("button", name="Pause", exact=True).click()
    region = console.page.get_by_role("region", name="Conditions")
    expect(region).to_contain_text("Outbound sync is paused (bills)")
    expect(region).to_contain_text("Changes of bills stay pending")
    expect(region).to_contain_text("Month end")
    console.page.get_by_role("button", name="Resume").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    # Without a condition the region is hidden.
    expect(region).to_have_count(0)
    eventually(lambda: api.get("/api/buildium/control")["control"]["pauses"] == [])
