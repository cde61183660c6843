"""An invalid request gets a problem+json response with the error."""

from typing import Any

import pytest
import requests

from tests.e2e.api import Api, property_body, unique

pytestmark = pytest.mark.e2e

TOO_LARGE = 256 * 1024


def problem(response: requests.Response, status: int) -> dict[str, Any]:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), (
        response.text
    )
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    return body


@pytest.mark.parametrize(
    "path",
    [
        "/api/properties/unknown",
        "/api/owners/unknown",
        "/api/castles",
        "/api/castles/1",
        "/api/buildium/sync?entityType=property&entityId=unknown",
        "/api/buildium/sync?entityType=castle",
    ],
)
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    problem(api.send("GET", path), 404)


def test_a_create_in_an_unknown_collection_is_not_found(api: Api) -> None:
    problem(api.send("POST", "/api/castles", {"name": "Elsinore"}), 404)


def test_a_body_that_is_not_json_is_a_bad_request(api: Api) -> None:
    headers = {"content-type": "application/json"}
    problem(api.send("POST", "/api/properties", data=b'{"name": ', headers=headers), 400)


def test_invalid_values_are_reported_by_field(api: Api) -> None:
    body = {**property_body(unique("Wrong")), "name": 7, "state": "XX", "rentalSubType": "Castle", "yearBuilt": "old"}
    errors = problem(api.send("POST", "/api/properties", body), 422)["errors"]
    assert {error["field"] for error in errors} == {"name", "state", "rentalSubType", "yearBuilt"}


def test_a_body_that_is_no_object_is_rejected(api: Api) -> None:
    problem(api.send("POST", "/api/properties", ["a property"]), 422)


def test_an_owner_of_an_unknown_property_is_rejected(api: Api) -> None:
    body = {"firstName": "Ada", "lastName": "Martin", "propertyIds": ["unknown"]}
    errors = problem(api.send("POST", "/api/owners", body), 422)["errors"]
    assert errors


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "another-key-that-does-not-exist"}])
def test_a_request_without_a_valid_api_key_is_forbidden(api: Api, headers: dict[str, str]) -> None:
    response = api.send("GET", "/api/properties", headers=headers, with_key=False)
    assert response.status_code == 403


def test_a_body_over_the_limit_is_too_large(api: Api) -> None:
    problem(api.send("POST", "/api/properties", property_body("x" * TOO_LARGE)), 413)


def test_an_update_of_a_stale_version_is_rejected(api: Api) -> None:
    created = api.send("POST", "/api/properties", property_body(unique("Versioned")))
    path, stale = f"/api/properties/{created.json()['property']['id']}", {"If-Match": created.headers["etag"]}
    first = api.send("PUT", path, {"yearBuilt": 1990}, headers=stale)
    assert first.status_code == 200
    problem(api.send("PUT", path, {"yearBuilt": 1991}, headers=stale), 412)
    assert api.get(path)["property"]["yearBuilt"] == 1990


def test_the_etag_of_a_response_fits_the_next_update(api: Api) -> None:
    response = api.send("POST", "/api/properties", property_body(unique("Edited")))
    path = f"/api/properties/{response.json()['property']['id']}"
    for year in (1990, 1991, 1992):
        response = api.send("PUT", path, {"yearBuilt": year}, headers={"If-Match": response.headers["etag"]})
        assert response.status_code == 200, response.text
