"""Each state of the system that an operator must know, set on the deployed stack, has its banner in the console."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Route, expect

from buildium_sync.api.conditions import conditions
from buildium_sync.clock import format_iso
from buildium_sync.domain.pauses import ControlState
from buildium_sync.reconcile.imports.state import ImportState
from buildium_sync.store.dynamodb import Item, to_attributes
from tests.e2e.api import Api, Json
from tests.e2e.browser import Console
from tests.e2e.console.test_console_conditions import TITLES
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.e2e

OPEN_SECONDS = 30
CIRCUITS = {"buildium_outage": "outage", "key_rejected": "key", "permission_missing": "WRITE /bankaccounts"}
REJECTIONS = {"webhooks_rejected": 3, "subscription_suspended": 20}
VIEW_OF_LINK = {"#syncs?status=pending": "Syncs", "#control": "Control", "#events": "Events", "#import": "Import"}
SetItem = Callable[[Item], None]


@pytest.fixture
def set_item(dynamodb_client: "DynamoDBClient", resources: dict[str, str]) -> Iterator[SetItem]:
    """Return a function that replaces an item of the control table until the end of the test."""
    table, before = resources["ControlTable"], list[tuple[dict[str, Json], Json | None]]()

    def replace(item: Item) -> None:
        key = to_attributes({"pk": item["pk"]})
        before.append((key, dynamodb_client.get_item(TableName=table, Key=key).get("Item")))
        dynamodb_client.put_item(TableName=table, Item=to_attributes(item))

    yield replace
    for key, item in before:
        if item:
            dynamodb_client.put_item(TableName=table, Item=item)
        else:
            dynamodb_client.delete_item(TableName=table, Key=key)


@contextmanager
def state_of(code: str, api: Api, console: Console, set_item: SetItem) -> Iterator[None]:
    """Cause a condition."""
    now = time.time()
    direction = code.removesuffix("_paused")
    if code in CIRCUITS:
        circuit = {"reason": "Set by a test", "since": str(now), "until": str(now + OPEN_SECONDS), "probes": "0"}
        set_item({"pk": "circuits#buildium", CIRCUITS[code]: circuit})
    elif code in REJECTIONS:
        at = format_iso(now)
        set_item({"pk": "webhooks", "rejections": REJECTIONS[code], "firstRejectedAt": at, "lastRejectedAt": at})
    elif code == "import_running":
        set_item({"pk": "job#import", "state": ImportState.start(now, types={}).to_state()})
    elif code == "sync_off":
        turn_off(console, now)
    else:
        api.send("POST", "/api/buildium/pause", {"direction": direction, "entityType": "bill", "reason": "Month end"})
    try:
        yield
    finally:
        api.send("POST", "/api/buildium/resume", {"direction": direction, "entityType": "bill"})


def turn_off(console: Console, now: float) -> None:
    """Add what the API reports without BUILDIUM_SYNC_ENABLED, which only a deployment changes."""
    off = list(conditions({}, ControlState(), now, is_sync_enabled=False))

    def respond(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "conditions": off})

    console.page.route("**/api/buildium/status", respond)


@pytest.mark.parametrize("code", TITLES)
def test_each_condition_of_the_stack_has_its_banner(console: Console, api: Api, set_item: SetItem, code: str) -> None:
    page = console.page
    with state_of(code, api, console, set_item):
        with page.expect_response("**/api/buildium/status") as response:
            console.open("entity")
        found = next(each for each in response.value.json()["conditions"] if each["code"] == code)
        banner = page.get_by_role("region", name="Conditions").locator("p", has_text=TITLES[code])
        expect(banner).to_contain_text(found["consequence"])
        assert (found["since"] is None) == (code == "sync_off")
        assert console.violations() == []
        banner.get_by_role("link", name=found["action"]).click()
        expect(page.get_by_role("heading", level=1, name=VIEW_OF_LINK[found["link"]])).to_be_visible()


def test_a_banner_goes_away_with_its_condition(console: Console, api: Api, set_item: SetItem) -> None:
    with state_of("outbound_paused", api, console, set_item):
        console.open("entity")
        banner = console.page.get_by_text(TITLES["outbound_paused"])
        expect(banner).to_be_visible()
    eventually(lambda: api.get("/api/buildium/status")["conditions"], lambda found: found == [])
    console.go("syncs")
    expect(banner).to_have_count(0)
