"""The header Idempotency-Key on creates."""

import json
from typing import Any

import pytest

from buildium_sync.domain.sync_status import Status
from tests.flows.system import OWNER, PROPERTY
from tests.functions.api import EVENT_FILES, Api, Response

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
PROBLEM = "application/problem+json"


def create(api: Api, body: Any = PROPERTY, key: str = KEY, collection: str = "properties", **headers: str) -> Response:
    return api.request("POST", f"/api/{collection}", body, headers={"Idempotency-Key": key, **headers})


def test_a_replayed_create_returns_the_same_response_with_a_header(api: Api) -> None:
    first, again = create(api), create(api)

    assert (first.status, first.body) == (201, again.body)
    assert again.status == 201
    assert again.headers == {**first.headers, "Idempotent-Replayed": "true"}
    assert "Idempotent-Replayed" not in first.headers


def test_a_replay_has_the_current_outcome(api: Api) -> None:
    create(api)
    api.conclude(api.only(), Status.SYNCED, buildium_id=501)

    synced = {"success": True, "buildiumId": 501, "error": None, "status": "synced"}
    assert create(api).body["buildiumSync"] == synced


def test_a_replay_of_an_owner_is_flat_like_its_create(api: Api) -> None:
    first, again = create(api, OWNER, collection="owners"), create(api, OWNER, collection="owners")

    assert (again.status, again.body) == (201, first.body)


def test_another_body_under_the_key_is_rejected(api: Api) -> None:
    create(api)

    response = create(api, {**PROPERTY, "name": "Elm House"})

    assert (response.status, response.headers["Content-Type"]) == (422, PROBLEM)
    assert [each["field"] for each in response.body["errors"]] == ["Idempotency-Key"]
    assert "Idempotency-Key" in response.body["detail"]
    assert api.get("/api/properties").body["items"][0]["name"] == PROPERTY["name"]


@pytest.mark.parametrize("key", ["", '""', "a b", '"a', '"a", "b"', "ä", '"\\n"', "a" * 256, '"a";b=1', "a,b", "\x00"])
def test_a_malformed_key_is_a_bad_request_naming_the_header(api: Api, key: str) -> None:
    response = create(api, key=key)

    assert (response.status, response.headers["Content-Type"]) == (400, PROBLEM)
    assert "Idempotency-Key" in response.body["detail"]
    assert response.fields == ["Idempotency-Key"]
    assert api.get("/api/properties").body["items"] == []


def test_a_key_sent_twice_is_malformed(api: Api) -> None:
    event = json.loads((EVENT_FILES / "api-create-idempotent.json").read_text())
    event["multiValueHeaders"]["Idempotency-Key"] *= 2

    assert api.send(event).status == 400


def test_each_client_has_keys_of_its_own(api: Api) -> None:
    create(api, **{"x-api-key": "one"})

    assert create(api, **{"x-api-key": "two"}).status == 201
    assert create(api, **{"X-Api-Key": "one"}).headers["Idempotent-Replayed"]
    assert len(api.get("/api/properties").body["items"]) == 2


def test_each_collection_has_keys_of_its_own(api: Api) -> None:
    create(api)

    assert "Idempotent-Replayed" not in create(api, OWNER, collection="owners").headers


def test_two_creates_without_a_key_make_two_entities(api: Api) -> None:
    for _ in range(2):
        api.request("POST", "/api/properties", PROPERTY)

    assert len(api.get("/api/properties").body["items"]) == 2


def test_the_example_event_creates_one_entity(api: Api) -> None:
    first, again = api.file("create-idempotent"), api.file("create-idempotent")

    assert (first.status, again.status, again.body) == (201, 201, first.body)
