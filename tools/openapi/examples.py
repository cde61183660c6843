"""Examples of request and response bodies. Those of entities pass through the code of their types."""

from collections.abc import Mapping
from typing import Any

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID
from buildium_sync.entity_types.registry import all_types
from tools.openapi.entity_examples import BUILDIUM_IDS, CREATES, OTHER_VALUES, UPDATES

Json = dict[str, Any]
#: Bodies by a name that is unique within the operation.
Examples = dict[str, Json]
Key = tuple[str, str]

_EXTERNAL_ID = "A-1001"
TIME = "2025-01-15T10:30:00Z"
_WRITTEN: Json = {"externalId": _EXTERNAL_ID, "version": 1}
_REJECTED: Json = {
    "status": 422,
    "externalId": "A-1002",
    "problem": {
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "externalId: must be unique",
        "errors": [{"field": "externalId", "message": "must be unique"}],
    },
}
_TIMES = {"createdAt": TIME, "updatedAt": TIME, "deletedAt": None}
_SYNCED: Json = {
    "entityType": "property",
    "entityId": "property-id",
    "buildiumId": 12345,
    "lastSyncedAt": TIME,
    "syncStatus": "synced",
    "errorCode": None,
    "errorMessage": None,
    "errors": [],
    "candidates": [],
    "candidateDetails": [],
    "conflicts": [],
    "createdAt": TIME,
    "updatedAt": TIME,
}
_FAILED: Json = {
    **_SYNCED,
    "buildiumId": None,
    "lastSyncedAt": None,
    "syncStatus": "failed",
    "errorCode": "rate_limited",
    "errorMessage": "API rate limit exceeded",
}
_EVENT: Json = {
    "Id": "event-id",
    "EventType": "PropertyUpdated",
    "EntityId": 12345,
    "EntityType": "Property",
    "EventDate": TIME,
    "Data": {},
}
_REFERENCE: Json = {"entityType": "property", "entityId": "property-id"}
_OF_A_TYPE: Examples = {"one-type": {"entityType": "property"}, "all-types": {}}

_REQUESTS: dict[Key, Examples] = {
    ("POST", "/api/buildium/sync"): {
        "one-type": {"entityType": "property"},
        "one-sync": _REFERENCE,
        "several-syncs": {"entities": [_REFERENCE, {"entityType": "owner", "entityId": "owner-id"}]},
        "all-failed-syncs": {},
    },
    ("POST", "/api/buildium/review"): {
        "link-candidate": {**_REFERENCE, "buildiumId": 12345},
        "create-new": {**_REFERENCE, "buildiumId": None},
    },
    ("POST", "/api/buildium/review/undo"): {"undo": _REFERENCE},
    ("POST", "/api/buildium/import"): _OF_A_TYPE,
    ("POST", "/api/buildium/drift"): _OF_A_TYPE,
    ("POST", "/api/buildium/drift/repair"): {
        "dry-run": {"dryRun": True},
        "repair": {"dryRun": False, "entityType": "property"},
        "repair-selected": {"dryRun": False, "entities": [_REFERENCE], "direction": "inbound"},
    },
    ("POST", "/api/webhooks/buildium"): {
        "several-events": {"Events": [_EVENT]},
        "one-event": {
            "EventName": "Rental.Updated",
            "EventDateTime": TIME,
            "AccountId": 123456,
            "PropertyId": 12345,
        },
    },
}
_BALANCE: Json = {
    "leaseId": "lease-id",
    "buildiumLeaseId": 12345,
    "total": 2050.25,
    "aging": {"days0To30": 1200.0, "days31To60": 850.25, "days61To90": 0.0, "over90Days": 0.0},
    "asOf": TIME,
}
_CHANGE: Json = {
    "id": "9b2d5f0e-7c1a-5d3e-8f4b-6a7c8d9e0f1a",
    "type": "EntityUpdated",
    "schemaVersion": 1,
    "at": TIME,
    "entityType": "property",
    "entityId": "property-id",
    "externalId": None,
    "buildiumId": 12345,
    "version": 2,
    "source": "webhook",
    "changedFields": ["name"],
    "syncStatus": "synced",
    "error": None,
    "changes": {"name": {"old": "Sample Property", "new": "Sample Tower"}},
}
_RESPONSES: dict[Key, Examples] = {
    ("GET", "/api/changes"): {
        "changes": {"items": [_CHANGE], "nextCursor": "eyJpZCI6ICJiODlhYzA5ZiJ9", "hasMore": False}
    },
    ("GET", "/api/balances"): {"balances": {"items": [_BALANCE], "asOf": TIME, "nextCursor": None}},
    ("GET", "/api/leases/{entity_id}/balance"): {"balance": {**_BALANCE, "note": None}},
    ("GET", "/api/buildium/sync"): {
        "one-sync": {"syncStatus": _SYNCED},
        "failed-syncs": {"failedSyncs": [_FAILED], "nextCursor": None},
    },
    ("POST", "/api/buildium/sync"): {"retried": {"success": True, "retried": 1, "errors": []}},
    ("POST", "/api/buildium/review"): {"linked": {"syncStatus": _SYNCED}},
    ("POST", "/api/webhooks/buildium"): {"stored": {"received": 1, "new": 1}},
}


def requests(method: str, path: str) -> Examples:
    """Return the examples of an operation's request body."""
    return _ALL_REQUESTS.get((method, path), {})


def responses(method: str, path: str) -> Examples:
    """Return the examples of an operation's successful response."""
    return _ALL_RESPONSES.get((method, path), {})


def _of_entities() -> tuple[dict[Key, Examples], dict[Key, Examples]]:
    sent: dict[Key, Examples] = {}
    returned: dict[Key, Examples] = {}
    for entity_type in all_types():
        name, many = entity_type.name, f"/api/{entity_type.collection}"
        one, words = f"{many}/{{entity_id}}", name.replace("-", " ").capitalize()
        if entity_type.is_read_only:
            shown = {**entity_type.default_remote_fields, **CREATES[name]}
            returned["GET", one] = {name: _response(entity_type, shown, "")}
            sent["PUT", one] = {name: {EXTERNAL_ID: _EXTERNAL_ID}}
            returned["PUT", one] = {name: _response(entity_type, shown, f"{words} updated successfully")}
            keyed = f"{many}/external-id/{{external_id}}"
            sent["PUT", keyed], returned["PUT", keyed] = sent["PUT", one], returned["PUT", one]
            item = {**_represented(entity_type, shown), "buildiumSync": _sync(name)}
            returned["GET", many] = {name: {"items": [item], "nextCursor": None}}
            continue
        sent["POST", many] = {name: CREATES[name]}
        sent["PUT", one] = {name: UPDATES[name]}
        created = entity_type.validate(CREATES[name])
        updated = entity_type.validate(UPDATES[name], created)
        returned["POST", many] = {name: _response(entity_type, created, f"{words} created successfully")}
        if route := entity_type.nested_route:
            supplied = {route.field, *entity_type.copied_fields}
            body = {field: value for field, value in CREATES[name].items() if field not in supplied}
            sent["POST", route.path] = {name: body}
            returned["POST", route.path] = returned["POST", many]
            if entity_type.is_deletable:
                returned["DELETE", f"{route.path}/{{nested_id}}"] = {name: _deleted(entity_type, created, words)}
        keyed, batch = f"{many}/external-id/{{external_id}}", f"{many}/batch"
        sent["PUT", keyed], returned["PUT", keyed] = {name: CREATES[name]}, returned["POST", many]
        sent["POST", batch] = {name: {"items": [{**CREATES[name], EXTERNAL_ID: _EXTERNAL_ID}]}}
        returned["POST", batch] = {name: {"results": [{"status": 201, **_WRITTEN, "id": f"{name}-id"}, _REJECTED]}}
        returned["PUT", one] = {name: _response(entity_type, updated, f"{words} updated successfully")}
        returned["GET", one] = {name: _response(entity_type, created, "")}
        item = {**_represented(entity_type, created), "buildiumSync": _sync(name)}
        returned["GET", many] = {name: {"items": [item], "nextCursor": None}}
    return sent, returned


def _deleted(entity_type: EntityType, fields: Mapping[str, Any], words: str) -> Json:
    times = {**_TIMES, "deletionRequestedAt": TIME, "deletedAt": TIME}
    shown = _represented(entity_type, fields, times)
    sync = {**_sync(entity_type.name), "status": "deleted"}
    return entity_type.wrap_response(shown, sync, f"{words} deletion requested")


def _response(entity_type: EntityType, fields: Mapping[str, Any], message: str) -> Json:
    return entity_type.wrap_response(_represented(entity_type, fields), _sync(entity_type.name), message)


def _represented(entity_type: EntityType, fields: Mapping[str, Any], times: Mapping[str, str | None] = _TIMES) -> Json:
    shown = entity_type.to_response(f"{entity_type.name}-id", dict(fields), times)
    return {**shown, **OTHER_VALUES.get(entity_type.name, {}), entity_type.external_id_name: _EXTERNAL_ID}


def _sync(name: str) -> Json:
    return {"success": True, "buildiumId": BUILDIUM_IDS[name], "error": None, "status": "synced"}


_sent, _returned = _of_entities()
_ALL_REQUESTS = {**_sent, **_REQUESTS}
_ALL_RESPONSES = {**_returned, **_RESPONSES}
