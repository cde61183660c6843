"""Lists with filters, through the stream and the timeline function of the deployed stack."""

from datetime import UTC, datetime

import pytest

from tests.e2e.account import ADDRESS
from tests.e2e.api import Api, Json, unique
from tests.e2e.waiting import eventually

pytestmark = pytest.mark.e2e


def ids(api: Api, collection: str, **query: str) -> list[str]:
    return [row["id"] for row in api.rows(f"/api/{collection}", "items", **query)]


def created_unit(api: Api, home: Json, number: str) -> str:
    body = {"propertyId": home["property"]["id"], "unitNumber": number, **ADDRESS}
    response = api.send("POST", "/api/units", body, headers={"Prefer": "respond-async"})
    assert response.status_code == 201, response.text
    return str(response.json()["unit"]["id"])


def test_units_of_a_property_are_listed_by_both_ids(api: Api) -> None:
    home, other = (api.create_property(unique("Filtered")) for _ in range(2))
    units = [created_unit(api, home, number) for number in ("1", "2")]
    created_unit(api, other, "1")
    local, remote = home["property"]["id"], str(home["buildiumSync"]["buildiumId"])
    eventually(lambda: ids(api, "units", propertyId=local), lambda found: found == units)
    assert ids(api, "units", propertyId=remote) == units
    assert ids(api, "units", propertyId=local, limit="1") == units


def test_a_change_moves_an_entity_between_lists(api: Api) -> None:
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    home = api.create_property(unique("Moved"))["property"]["id"]
    eventually(lambda: home in ids(api, "properties", status="Active"))
    eventually(lambda: home in ids(api, "properties", updatedSince=before))
    api.send("PUT", f"/api/properties/{home}", {"status": "Inactive"})
    assert home not in ids(api, "properties", status="Active")
    eventually(lambda: home in ids(api, "properties", status="inactive"))
    eventually(lambda: home in ids(api, "properties", syncStatus="synced"))


@pytest.mark.parametrize(
    "query", [{"colour": "red"}, {"limit": ["1", "2"]}, {"status": "Active", "syncStatus": "synced"}]
)
def test_unsupported_parameters_are_rejected(api: Api, query: Json) -> None:
    response = api.send("GET", "/api/properties", query=query)
    assert response.status_code == 400
    assert "updatedSince" in response.json()["detail"]
