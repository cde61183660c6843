"""The example application stays equal to Buildium through edits on both sides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from examples.connected_app.app import COLUMNS, App
from tests.e2e.api import Api, Json, property_body, unique
from tests.e2e.reviews import create_in_buildium
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator

# It gives every property a key, so it runs after the tests that count versions.
pytestmark = [pytest.mark.e2e, pytest.mark.concludes(1)]


@pytest.fixture(scope="module")
def app(api: Api, api_key: str, tmp_path_factory: pytest.TempPathFactory) -> App:
    return App(str(Path(tmp_path_factory.mktemp("app")) / "app.db"), api.url, api_key)


@pytest.fixture
def key(app: App) -> str:
    """A property that the application created and Buildium has."""
    key = app.save({name: property_body(unique("Connected"))[name] for name in COLUMNS})
    app.sync()
    return key


def buildium_id(api: Api, key: str) -> int:
    [entity] = eventually(
        lambda: api.get("/api/properties", externalId=key)["items"],
        lambda found: found and found[0]["buildiumSync"]["buildiumId"],
    )
    return int(entity["buildiumSync"]["buildiumId"])


def synced(app: App) -> Callable[[], dict[str, Json]]:
    """What the application has after a sync."""

    def sync() -> dict[str, Json]:
        app.sync()
        return app.properties()

    return sync


def test_a_property_of_the_application_reaches_buildium(
    app: App, api: Api, simulator: RemoteSimulator, key: str
) -> None:
    rental = simulator.get("rentals", buildium_id(api, key))
    assert rental["Name"] == app.properties()[key]["name"]


def test_edits_of_both_sides_reach_both_sides(app: App, api: Api, simulator: RemoteSimulator, key: str) -> None:
    rental_id, name = buildium_id(api, key), unique("Renamed")
    simulator.edit("rentals", rental_id, {"Name": name})
    app.save({"city": "Salem"}, key)
    eventually(synced(app), lambda seen: (seen[key]["name"], seen[key]["city"]) == (name, "Salem"))
    eventually(lambda: simulator.get("rentals", rental_id)["Address"]["City"], lambda city: city == "Salem")
    assert simulator.get("rentals", rental_id)["Name"] == name


def test_a_property_of_buildium_gets_a_key_of_the_application(app: App, api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Made in Buildium")
    made_id = create_in_buildium(simulator, name)
    seen = eventually(synced(app), lambda seen: name in {each["name"] for each in seen.values()})
    [new_key] = [each for each, fields in seen.items() if fields["name"] == name]
    [entity] = api.get("/api/properties", externalId=new_key)["items"]
    assert entity["buildiumSync"]["buildiumId"] == made_id


def test_a_deletion_in_buildium_reaches_the_application(
    app: App, api: Api, simulator: RemoteSimulator, key: str
) -> None:
    simulator.delete("rentals", buildium_id(api, key))
    eventually(synced(app), lambda seen: key not in seen)


def test_a_rejected_change_stays_until_it_is_corrected(app: App, api: Api, key: str) -> None:
    app.save({"rentalSubType": "Castle"}, key)
    app.sync()
    [(rejected, error)] = app.rejected()
    assert rejected == key
    assert "rentalSubType" in error
    app.save({"rentalSubType": "MultiFamily"}, key)
    app.sync()
    assert app.rejected() == []
