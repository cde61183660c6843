"""The examples of the document are valid, and have the values that the product's specification shows."""

from typing import Any

import pytest

from buildium_sync.entity_types.registry import all_types
from tests.openapi.assertions import Json, assert_documented, body_faults, operations

JSON_TYPE = "application/json"
REQUESTS: list[Any] = [
    pytest.param(method, path, example["value"], id=f"{method} {path} {name}")
    for (method, path), operation in operations().items()
    for name, example in operation.get("requestBody", {})
    .get("content", {})
    .get(JSON_TYPE, {})
    .get("examples", {})
    .items()
]
RESPONSES: list[Any] = [
    pytest.param(method, path, int(status), example["value"], id=f"{method} {path} {status} {name}")
    for (method, path), operation in operations().items()
    for status, response in operation["responses"].items()
    for name, example in response.get("content", {}).get(JSON_TYPE, {}).get("examples", {}).items()
]
SYNCED_PROPERTY = {"success": True, "buildiumId": 12345, "error": None}
SPECIFIED_PROPERTY = {
    "name": "Sample Property",
    "addressLine1": "123 Main St",
    "city": "New York",
    "state": "NY",
    "postalCode": "10001",
    "country": "US",
    "rentalSubType": "Office",
    "status": "Active",
}
SPECIFIED_REQUESTS: list[tuple[str, str, Json]] = [
    ("POST", "/api/properties", SPECIFIED_PROPERTY),
    (
        "POST",
        "/api/owners",
        {
            "isCompany": False,
            "firstName": "John",
            "lastName": "Doe",
            "primaryEmail": "john.doe@example.com",
            "primaryPhone": "+1-555-0123",
            "primaryAddressLine1": "456 Oak Ave",
            "primaryCity": "New York",
            "primaryState": "NY",
            "primaryPostalCode": "10002",
            "primaryCountry": "US",
        },
    ),
    ("POST", "/api/buildium/sync", {"entityType": "property"}),
    (
        "POST",
        "/api/webhooks/buildium",
        {
            "Events": [
                {
                    "Id": "event-id",
                    "EventType": "PropertyUpdated",
                    "EntityId": 12345,
                    "EntityType": "Property",
                    "EventDate": "2025-01-15T10:30:00Z",
                    "Data": {},
                }
            ]
        },
    ),
]
SPECIFIED_RESPONSES: list[tuple[str, str, int, Json]] = [
    (
        "POST",
        "/api/properties",
        201,
        {
            "message": "Property created successfully",
            "property": {
                "id": "property-id",
                **SPECIFIED_PROPERTY,
                "createdAt": "2025-01-15T10:30:00Z",
                "updatedAt": "2025-01-15T10:30:00Z",
            },
            "buildiumSync": SYNCED_PROPERTY,
        },
    ),
    (
        "POST",
        "/api/owners",
        201,
        {
            "id": "owner-id",
            "contact_id": "contact-id",
            "is_company": False,
            "first_name": "John",
            "last_name": "Doe",
            "primary_email": "john.doe@example.com",
            "primary_phone": "+1-555-0123",
            "displayName": "John Doe",
            "created_at": "2025-01-15T10:30:00Z",
            "updated_at": "2025-01-15T10:30:00Z",
            "buildiumSync": {"success": True, "buildiumId": 67890, "error": None},
        },
    ),
    (
        "GET",
        "/api/buildium/sync",
        200,
        {
            "syncStatus": {
                "entityType": "property",
                "entityId": "property-id",
                "buildiumId": 12345,
                "lastSyncedAt": "2025-01-15T10:30:00Z",
                "syncStatus": "synced",
                "errorMessage": None,
                "createdAt": "2025-01-15T10:30:00Z",
                "updatedAt": "2025-01-15T10:30:00Z",
            }
        },
    ),
    (
        "GET",
        "/api/buildium/sync",
        200,
        {
            "failedSyncs": [
                {
                    "entityType": "property",
                    "entityId": "property-id",
                    "buildiumId": None,
                    "lastSyncedAt": None,
                    "syncStatus": "failed",
                    "errorMessage": "API rate limit exceeded",
                    "createdAt": "2025-01-15T10:30:00Z",
                    "updatedAt": "2025-01-15T10:30:00Z",
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_request_examples_match_their_schemas(method: str, path: str, body: Any) -> None:
    assert body_faults(method, path, body) == []


@pytest.mark.parametrize(("method", "path", "status", "body"), RESPONSES)
def test_response_examples_match_their_schemas(method: str, path: str, status: int, body: Any) -> None:
    assert_documented(method, path, status, JSON_TYPE, body)


@pytest.mark.parametrize("collection", [each.collection for each in all_types() if not each.is_read_only])
def test_operations_on_entities_have_examples(collection: str) -> None:
    many, one = f"/api/{collection}", f"/api/{collection}/{{entity_id}}"
    assert {("POST", many), ("PUT", one)} <= {case.values[:2] for case in REQUESTS}
    returned = {("GET", many), ("POST", many), ("GET", one), ("PUT", one)}
    assert returned <= {case.values[:2] for case in RESPONSES}


@pytest.mark.parametrize(("method", "path", "body"), SPECIFIED_REQUESTS)
def test_specified_requests_are_examples(method: str, path: str, body: Json) -> None:
    assert body in [case.values[2] for case in REQUESTS if case.values[:2] == (method, path)]


@pytest.mark.parametrize(("method", "path", "status", "body"), SPECIFIED_RESPONSES)
def test_specified_responses_are_part_of_examples(method: str, path: str, status: int, body: Json) -> None:
    shown = [case.values[3] for case in RESPONSES if case.values[:3] == (method, path, status)]
    assert any(has_part(example, body) for example in shown)


def test_retry_response_has_the_specified_members() -> None:
    [retried] = [case.values[3] for case in RESPONSES if case.values[:2] == ("POST", "/api/buildium/sync")]
    assert set(retried) == {"success", "retried", "errors"}


def has_part(whole: Any, part: Any) -> bool:
    """Whether a value has all members of another one, at every depth."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and has_part(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(has_part, whole, part))
    return bool(whole == part) and type(whole) is type(part)
