"""A client of the deployed API follows the change feed."""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.api import AT_ONCE, Api, Json, unique
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

_CREATES = 40
_PAUSE_SECONDS = 0.1
_LATEST_SECONDS = 20.0
"""The limit of the time from a write to its change in the feed, for 95 % of the changes."""
_PATIENCE_SECONDS = 60.0


class Follower:
    """Reads the changes since its creation, each with the time when it was seen."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._cursor = api.get("/api/changes", cursor="latest")["nextCursor"]
        self.seen: list[tuple[float, Json]] = []

    def read(self) -> list[Json]:
        page = self._api.get("/api/changes", cursor=self._cursor)
        now = time.time()
        self._cursor = page["nextCursor"]
        self.seen += [(now, change) for change in page["items"]]
        return [change for _, change in self.seen]

    def of(self, entity_id: str) -> Iterator[Json]:
        return (change for change in self.read() if change["entityId"] == entity_id)


def test_a_client_sees_changes_of_both_sides(api: Api, simulator: RemoteSimulator) -> None:
    follower = Follower(api)
    created = api.create_property(unique("Followed"))
    entity_id, buildium_id = created["property"]["id"], created["buildiumSync"]["buildiumId"]
    name = unique("Edited")
    simulator.edit("rentals", buildium_id, {"Name": name})

    def is_edited(changes: list[Json]) -> bool:
        return any(change["changes"].get("name", {}).get("new") == name for change in changes)

    changes = eventually(lambda: list(follower.of(entity_id)), is_edited)
    assert changes[0]["type"] == "EntityCreated"
    assert changes[0]["source"] == "client"
    assert "SyncSucceeded" in {change["type"] for change in changes}
    [edit] = [change for change in changes if change["changes"].get("name", {}).get("new") == name]
    assert (edit["type"], edit["source"], edit["buildiumId"]) == ("EntityUpdated", "webhook", buildium_id)
    versions = [change["version"] for change in changes if change["type"].startswith("Entity")]
    assert versions == list(range(1, len(versions) + 1))


def test_a_change_appears_in_the_feed_within_seconds(api: Api, simulator: RemoteSimulator) -> None:
    follower = Follower(api)
    wanted = set()
    for number in range(_CREATES):
        wanted.add(api.create_property(unique(f"Soon {number}"), AT_ONCE)["property"]["id"])
        follower.read()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while wanted - {change["entityId"] for change in follower.read()} and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    delays = [
        seen_at - datetime.fromisoformat(change["at"]).timestamp()
        for seen_at, change in follower.seen
        if change["entityId"] in wanted and change["type"] == "EntityCreated"
    ]
    assert len(delays) == _CREATES
    percentile = statistics.quantiles(delays, n=20)[-1]
    print(f"from a write to its change: median {statistics.median(delays):.1f} s, 95 % {percentile:.1f} s")  # noqa: T201
    assert percentile < _LATEST_SECONDS
