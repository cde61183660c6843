"""An application writes by its own ids on the deployed stack."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.api import PATIENTLY, Api, property_body, unique
from tests.e2e.buildium import writes_to_properties
from tests.e2e.waiting import eventually
from tests.simulator import RemoteSimulator
from tools.load import __main__ as load

pytestmark = pytest.mark.e2e
_ROWS = 30


def named(simulator: RemoteSimulator, name: str) -> int:
    """Return the number of properties in Buildium whose names begin so."""
    return sum(1 for each in simulator.state()["rentals"] if each["Name"].startswith(name))


@pytest.mark.parametrize("suffix", ["/1", " a&b", " ü%2F"])
def test_an_entity_is_put_by_any_external_id(suffix: str, api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Keyed")
    external_id, headers = name + suffix, {"Prefer": PATIENTLY}
    path = f"/api/properties/external-id/{quote(external_id, safe='')}"

    created, again = (api.send("PUT", path, property_body(name), headers=headers) for _ in range(2))

    assert (created.status_code, again.status_code) == (201, 200), created.text
    assert again.json()["property"]["externalId"] == external_id
    assert again.json()["buildiumSync"]["status"] == "synced"
    [found] = api.get("/api/properties", externalId=external_id)["items"]
    assert found["id"] == created.json()["property"]["id"]
    assert named(simulator, name) == 1


def test_an_external_id_is_set_without_a_call(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Set later")
    entity_id = api.create_property(name)["property"]["id"]
    calls = len(writes_to_properties(simulator))

    changed = api.send("PUT", f"/api/properties/{entity_id}", {"externalId": name}, headers={"Prefer": PATIENTLY})

    assert changed.json()["buildiumSync"]["status"] == "synced", changed.text
    assert writes_to_properties(simulator)[calls:] == []


def test_rows_are_loaded_and_synced_once(
    api: Api, simulator: RemoteSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path = unique("Loaded"), tmp_path / "rows.ndjson"
    bodies = [property_body(f"{name} {number}", externalId=f"{name} {number}") for number in range(_ROWS)]
    path.write_text("".join(f"{json.dumps(body)}\n" for body in bodies))
    monkeypatch.setenv("API_KEY", api.key)

    for _ in range(2):
        assert load.main([str(path), "--url", api.url, "--collection", "properties"]) == 0

    eventually(lambda: named(simulator, name), lambda found: found >= _ROWS)
    assert named(simulator, name) == _ROWS
