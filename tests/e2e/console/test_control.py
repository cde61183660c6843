"""An operator pauses and resumes the sync in the console, and sees the conditions on every view."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Api, unique
from tests.e2e.browser import PHONE, VIEWS, OpenConsole
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

REASON = "Wrong addresses"


@pytest.fixture
def resumed(api: Api) -> Iterator[None]:
    """End the pause of vendors after the test."""
    yield
    api.send("POST", "/api/buildium/resume", {"entityType": "vendor"})


@pytest.mark.usefixtures("resumed")
def test_an_operator_pauses_and_resumes_one_type(api: Api, open_console: OpenConsole) -> None:
    console = open_console()
    console.open("control")
    page = console.page
    page.get_by_label("Entity type").select_option("vendor")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Pause …").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Pause", exact=True).press("Enter")

    banner = page.get_by_role("region", name="Conditions").get_by_text("Outbound sync is paused (vendors)")
    expect(banner).to_be_visible()
    for view in VIEWS:
        console.go(view)
        expect(banner).to_be_visible()
    body = {"isCompany": True, "companyName": unique("Paused"), "categoryId": 1}
    made = api.send("POST", "/api/vendors", body).json()
    assert made["buildiumSync"]["errorCode"] == "outbound_paused"

    console.go("control")
    page.get_by_role("button", name="Resume").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_text("Nothing is paused.")).to_be_visible()
    expect(banner).to_have_count(0)
    # Without an edit, the sweep queues it within three minutes.
    api.send("PUT", f"/api/vendors/{made['vendor']['id']}", {"companyName": unique("Resumed")})
    eventually(lambda: api.sync_status("vendor", made["vendor"]["id"])["syncStatus"] not in ("pending", "syncing"))


def test_leaving_a_view_during_its_action_is_no_error(open_console: OpenConsole) -> None:
    console = open_console()
    console.open("control")
    page = console.page
    # The response never comes.
    page.route("**/api/buildium/pause", lambda _route: None)
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Pause …").click()
    with page.expect_request("**/api/buildium/pause"):
        page.get_by_role("dialog").get_by_role("button", name="Pause", exact=True).click()

    console.go("overview")

    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_header_shows_stack_host_and_version(open_console: OpenConsole) -> None:
    console = open_console(PHONE)
    console.open()

    expect(console.page.locator("#system")).to_contain_text("0.1.0")
    assert console.overflow() == 0
    assert console.violations() == []
