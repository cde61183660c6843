"""The import of an account with entities that exist on both sides, on the deployed stack."""

import pytest

from tests.e2e.account import read
from tests.e2e.api import Api, Json, unique
from tests.e2e.buildium import writes_to_properties
from tests.e2e.reviews import create_in_buildium, create_rejected_property, decide, import_properties
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e


def test_an_import_links_matches_and_reviews_ambiguous_ones(
    api: Api, simulator: RemoteSimulator, without_webhooks: None
) -> None:
    sure, chosen, created, stranger = (unique(word) for word in ("Sure", "Chosen", "Created", "Stranger"))
    ours = {name: create_rejected_property(api, simulator, name) for name in (sure, chosen, created)}
    there = {name: [create_in_buildium(simulator, name) for _ in range(count)] for name, count in
             {sure: 1, chosen: 2, created: 2, stranger: 1}.items()}  # fmt: skip

    progress = import_properties(api)
    assert (progress["state"], progress["failed"], progress["needsReview"]) == ("done", 0, 2)
    assert status_becomes(api, "property", ours[sure], "synced")["buildiumId"] == there[sure][0]
    assert api.sync_status("property", ours[chosen])["candidates"] == there[chosen]

    decide(api, ours[chosen], there[chosen][1])
    decide(api, ours[created], None)
    assert status_becomes(api, "property", ours[chosen], "synced")["buildiumId"] == there[chosen][1]
    assert status_becomes(api, "property", ours[created], "synced")["buildiumId"] not in there[created]
    assert read(api, "property", ours[chosen])["name"] == chosen

    rentals = [each["Name"] for each in simulator.state()["rentals"]]
    assert [rentals.count(name) for name in (sure, chosen, created, stranger)] == [1, 2, 3, 1]
    assert len([row for row in _properties(api) if row["name"] == stranger]) == 1


def test_a_second_import_writes_nothing_on_either_side(
    api: Api, simulator: RemoteSimulator, without_webhooks: None
) -> None:
    create_in_buildium(simulator, unique("Stranger"))
    import_properties(api)
    before = _properties(api), writes_to_properties(simulator)
    progress = import_properties(api)

    assert progress["failed"] == 0
    assert (_properties(api), writes_to_properties(simulator)) == before


def _properties(api: Api) -> list[Json]:
    return api.rows("/api/properties", "items", limit="100")
