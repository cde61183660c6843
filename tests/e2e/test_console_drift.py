"""Entries of a drift report in the console: each has its name, and the old and new value of what a repair writes."""

import pytest
from playwright.sync_api import expect

from tests.e2e.api import Json
from tests.e2e.browser import Console

pytestmark = pytest.mark.e2e

NO_VALUE = "\u2013"
AT = "2026-11-22T14:00:00.000Z"
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


def show(console: Console, found: Json) -> None:
    """Let the API return a report with one entry, and open it."""
    counts = {"local": 1, "remote": 1, "localOnly": 0, "remoteOnly": 1, "different": 0, "inbound": 1, "outbound": 0}
    state = {"status": "done", "startedAt": AT, "finishedAt": AT}
    drift = {**state, "types": {"property": {**counts, "state": "done", "error": None}}}
    repair = {"status": "not_started", "startedAt": None, "finishedAt": None, "planned": 0, "done": 0, "failed": 0}
    report = {"drift": drift, "repair": {**repair, "errors": []}, "items": [found], "nextCursor": None}
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
