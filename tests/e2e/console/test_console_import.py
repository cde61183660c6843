"""The console's view of imports."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import SCREENS, Console, OpenConsole
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e

FINISHED = {"total": 120, "done": 118, "failed": 2, "needsReview": 1, "state": "done"}
WAITING = {"total": 0, "done": 0, "failed": 0, "needsReview": 0, "state": "waiting"}


def import_job(status: str = "running", errors: list[Json] | None = None, **types: Json) -> Json:
    """Return the body of an import of these types."""
    types = types or {"property": FINISHED, "unit": {**WAITING, "state": "running"}, "owner": WAITING}
    return {
        "import": {
            "status": status,
            "startedAt": "2026-11-22T14:00:00.000Z",
            "finishedAt": None if status == "running" else "2026-11-22T14:10:00.000Z",
            "pausedReason": None,
            "types": types,
            "errors": errors or [],
        }
    }


def respond_with(console: Console, job: Json) -> None:
    """Let the API return this import."""
    console.page.route("**/api/buildium/import", lambda route: route.fulfill(json=job))


@pytest.mark.parametrize("status", ["running", "done"])
def test_an_import_is_not_done_while_types_wait(console: Console, status: str) -> None:
    respond_with(console, import_job(status))
    console.open("import")
    card = console.page.locator("section", has=console.page.get_by_role("heading", name="Last import"))
    expect(card.locator(".badge")).to_have_text("Running")
    expect(card).to_contain_text("1 of 3 types finished, 118 entities imported or in review.")
    row = console.page.get_by_role("row", name="Owner")
    expect(row.get_by_role("cell").first).to_have_text("Waiting")
    expect(row.get_by_role("cell").nth(1)).to_have_text("not read yet")
    expect(console.page.get_by_role("button", name="Import again")).to_have_count(0)


def test_the_overview_shows_unfinished_types_of_an_import(console: Console) -> None:
    def running(route: Route) -> None:
        overview = route.fetch().json()["overview"]
        route.fulfill(json={"overview": {**overview, **import_job()}})

    console.page.route("**/api/buildium/overview", running)
    console.open()
    console.wait_for_view("overview")
    card = console.page.locator("section", has=console.page.get_by_role("heading", name="Import", exact=True))
    expect(card.locator(".badge")).to_have_text("Running")
    expect(card).to_contain_text("1 of 3 types finished")
    card.get_by_role("link", name="Progress by type").click()
    console.wait_for_view("import")


def test_a_finished_import_with_failures_is_not_just_done(console: Console) -> None:
    respond_with(console, import_job("done", property=FINISHED))
    console.open("import")
    expect(console.page.locator(".card .badge").first).to_have_text("Done with errors")


def test_an_import_error_links_to_its_entity(console: Console, api: Api) -> None:
    name = unique("Imported")
    property_id = api.create_property(name)["property"]["id"]
    buildium_id = api.sync_status("property", property_id)["buildiumId"]
    errors: list[Json] = [
        {"entityType": "property", "buildiumId": buildium_id, "error": "The name is missing."},
        {"entityType": "unit", "buildiumId": 987654321, "error": "The property is unknown."},
        {"entityType": "vendor", "buildiumId": None, "error": "Buildium returned 403: No permission."},
    ]
    respond_with(console, import_job("done", errors, property={**FINISHED, "failed": 5}))
    console.open("import")
    card = console.page.locator("section", has=console.page.get_by_role("heading", name="Errors"))
    expect(card.get_by_role("listitem")).to_have_count(3)
    expect(card).to_contain_text("The newest 3 of 5.")
    expect(card.get_by_role("listitem").nth(1)).to_contain_text("Unit, Buildium ID 987654321")
    expect(card.get_by_role("listitem").nth(2)).to_contain_text("All vendors")
    card.get_by_role("link", name=name).click()
    expect(console.page.get_by_role("heading", level=2).first).to_contain_text(name)


def test_an_import_is_started_and_followed_to_its_end(console: Console, api: Api) -> None:
    console.open("import")
    console.page.get_by_label("Type").select_option("vendor")
    before = api.get("/api/buildium/import")["import"]["startedAt"]
    console.page.get_by_role("button", name="Start import").click()
    expect(console.page.get_by_role("dialog")).to_contain_text("Import all vendors from Buildium?")
    console.page.get_by_role("button", name="Cancel").click()
    assert api.get("/api/buildium/import")["import"]["startedAt"] == before
    console.page.get_by_role("button", name="Start import").click()
    console.page.get_by_role("button", name="Import", exact=True).click()
    again = console.page.get_by_role("button", name="Import again: Vendor")
    expect(again).to_be_visible()
    started = eventually(lambda: api.get("/api/buildium/import")["import"])
    assert (list(started["types"]), started["status"]) == (["vendor"], "done")
    again.click()
    console.page.get_by_role("button", name="Import", exact=True).click()
    eventually(lambda: api.get("/api/buildium/import")["import"]["startedAt"] > started["startedAt"])


def test_an_import_refreshes_until_it_ends(console: Console) -> None:
    jobs = [import_job(), import_job(), import_job("done", property={**FINISHED, "failed": 0})]
    console.page.route(
        "**/api/buildium/import", lambda route: route.fulfill(json=jobs.pop(0) if len(jobs) > 1 else jobs[0])
    )
    console.open("import")
    expect(console.page.get_by_role("button", name="Import again: Property")).to_be_visible()
    expect(console.page.get_by_role("status")).to_have_text(
        "Import: Done. 1 of 1 type finished, 118 entities imported or in review."
    )


@pytest.mark.parametrize(("name", "size", "scheme"), SCREENS)
def test_an_import_is_accessible_and_fits_every_screen(
    open_console: OpenConsole, tmp_path: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    console = open_console(size, scheme)
    errors = [{"entityType": "vendor", "buildiumId": None, "error": f"No permission: {'x' * 200}"}]
    job = import_job("running", errors)
    job["import"]["pausedReason"] = "Buildium returned 503: Service unavailable."
    respond_with(console, job)
    console.open("import")
    expect(console.page.get_by_role("heading", name="Errors")).to_be_visible()
    assert (console.overflow(), console.violations()) == (0, [])
    folder = Path(os.environ.get("CONSOLE_PICTURES", tmp_path))
    console.page.screenshot(path=folder / f"import-{name}.png", full_page=True)
