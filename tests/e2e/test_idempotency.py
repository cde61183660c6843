"""A create that is repeated under its Idempotency-Key makes one entity, locally and in Buildium."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import requests

from tests.e2e.api import AT_ONCE, PATIENTLY, Api, Json, property_body, unique
from tests.e2e.buildium import rentals_named
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e


def create(api: Api, body: Json, key: str, prefer: str = PATIENTLY) -> requests.Response:
    return api.send("POST", "/api/properties", body, headers={"Idempotency-Key": f'"{key}"', "Prefer": prefer})


@pytest.fixture
def key() -> str:
    return str(uuid4())


def test_a_replayed_create_has_the_same_response(api: Api, simulator: RemoteSimulator, key: str) -> None:
    body = property_body(unique("Once"))

    first, again = create(api, body, key), create(api, body, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(rentals_named(simulator, body["name"])) == 1


def test_concurrent_creates_make_one_entity(api: Api, simulator: RemoteSimulator, key: str) -> None:
    body = property_body(unique("Crowd"))

    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: create(api, body, key), range(8)))

    assert [response.status_code for response in responses] == [201] * 8
    assert len({response.json()["property"]["id"] for response in responses}) == 1
    assert {response.json()["buildiumSync"]["status"] for response in responses} == {"synced"}
    assert len(rentals_named(simulator, body["name"])) == 1


def test_a_replayed_create_waits_for_the_outcome(api: Api, simulator: RemoteSimulator, key: str) -> None:
    body = property_body(unique("Impatient"))

    first, again = create(api, body, key, AT_ONCE), create(api, body, key)

    assert again.json()["property"]["id"] == first.json()["property"]["id"]
    assert again.json()["buildiumSync"]["status"] == "synced"
    assert len(rentals_named(simulator, body["name"])) == 1


def test_another_body_under_the_key_is_rejected(api: Api, simulator: RemoteSimulator, key: str) -> None:
    create(api, property_body(unique("First")), key, AT_ONCE)
    second = property_body(unique("Second"))

    response = create(api, second, key)

    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert not rentals_named(simulator, second["name"])


def test_a_malformed_key_is_a_bad_request(api: Api) -> None:
    response = api.send("POST", "/api/properties", property_body(unique("Bad")), headers={"Idempotency-Key": "a b"})

    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]
