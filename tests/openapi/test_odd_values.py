"""Entities with odd values from Buildium are returned as documented."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import all_types
from buildium_sync.webhooks.event_parser import parse_events
from tests.openapi.assertions import schema_faults
from tests.openapi.components import COMPONENTS, PARTS, RETURNED
from tools.openapi.names import schema_name

BUILDIUM_ID = 7
TIME = "2026-01-31T10:00:00Z"
_LINE = {"Amount": 1.5, "Markup": {"Amount": 2}}
SPARSE: dict[str, Any] = {
    "Id": BUILDIUM_ID,
    "Charges": [{}],
    "Cosigners": [{}],
    "EmergencyContact": {"Phone": "555"},
    "Journal": {"Lines": [_LINE]},
    "LineItems": [{}],
    "Lines": [_LINE],
    "MoveOutData": [{}],
}
"""Objects whose members are missing, under the names that Buildium gives them in any type."""
UNLINKED: dict[str, Any] = {
    **dict.fromkeys(("LeaseId", "PropertyId", "TaskId", "TenantId", "UnitId", "VendorId", "WorkOrderId"), 5),
    "Id": BUILDIUM_ID,
    "Leases": [{"Id": 5}],
    "PayeeTenantId": 5,
    "Property": {"Id": 5},
    "PropertyIds": [5],
    "Task": {"Id": 5, "UnitId": 5},
    "TenantIds": [5],
    "UnitAgreement": {"Type": "Lease", "Id": 5},
}
"""References to entities that are not local."""
UNNAMED: dict[str, Any] = {
    **{key: [{"Id": None}, {}] for key in ("CurrentTenants", "EntryContacts", "Leases")},
    **{key: [None] for key in ("PropertyIds", "TenantIds")},
    "Id": BUILDIUM_ID,
}
"""References without an id."""
FREE_TEXT: dict[str, Any] = {
    **dict.fromkeys(("AlternateEmail", "Email", "PrimaryEmail"), "n/a"),
    "Cosigners": [{"AlternateEmail": "n/a", "Email": "n/a"}],
    "EmergencyContact": {"Email": "n/a"},
    "Id": BUILDIUM_ID,
    "Website": "www.example.com",
}
"""Texts in place of addresses."""
ALL_TYPES = pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)


@ALL_TYPES
def test_sparse_entities_are_returned_as_documented(entity_type: EntityType) -> None:
    assert faults(entity_type, SPARSE) == []


@ALL_TYPES
def test_unlinked_references_are_returned_as_documented(entity_type: EntityType) -> None:
    assert faults(entity_type, UNLINKED) == []


@ALL_TYPES
def test_unnamed_references_are_returned_as_documented(entity_type: EntityType) -> None:
    assert faults(entity_type, UNNAMED) == []


@ALL_TYPES
@pytest.mark.parametrize("text", ["01/02/1980 12:00", "          ", "2026-W01-1", "2026-02-30"])
def test_odd_dates_are_returned_as_documented(entity_type: EntityType, text: str) -> None:
    assert faults(entity_type, with_dates(text)) == []


@ALL_TYPES
def test_free_texts_are_returned_as_documented(entity_type: EntityType) -> None:
    assert faults(entity_type, FREE_TEXT) == []


@pytest.mark.parametrize("component", sorted(RETURNED & COMPONENTS.keys()))
def test_responses_promise_no_format_of_addresses(component: str) -> None:
    members = COMPONENTS[component]["properties"].items()
    assert [name for name, schema in members if {"email", "uri"} & set(formats(schema))] == []


@pytest.mark.parametrize("part", sorted(PARTS))
def test_members_of_parts_may_be_null(part: str) -> None:
    members = COMPONENTS[part]["properties"]
    assert schema_faults({"$ref": f"#/components/schemas/{part}"}, dict.fromkeys(members)) == []


@pytest.mark.parametrize("text", ["", "2026-01-31T10:00:00", "yesterday"])
def test_odd_event_times_are_returned_as_documented(text: str) -> None:
    body = {"EventName": "Rental.Updated", "EventDateTime": text}
    [event] = parse_events(body, sent=0.0, received_at=TIME, correlation_id="c")
    stored = {**event, "status": "processed", "updatedAt": TIME, "error": None}
    assert schema_faults({"$ref": "#/components/schemas/StoredEvent"}, stored) == []


def faults(entity_type: EntityType, payload: dict[str, Any]) -> list[str]:
    """The violations of the document in the list item of an imported entity."""
    fields = {**entity_type.default_remote_fields, **entity_type.from_buildium(payload, NO_LINKS)}
    ref = EntityRef(entity_type.name, "local-id")
    entity = Entity(ref, 1, fields, Origin.BUILDIUM, TIME, TIME, "correlation-id")
    stored = StoredEntity(entity_type, entity, SyncRecord.created_from_buildium(ref, BUILDIUM_ID, fields, "c", 0.0))
    return schema_faults({"$ref": f"#/components/schemas/{schema_name(entity_type)}Item"}, stored.to_list_item())


def with_dates(text: str) -> dict[str, Any]:
    """A message whose dates are a text, under the names that Buildium gives them in any type."""
    ends = [f"{name}{end}" for name in ("ManagementAgreement", "") for end in ("StartDate", "EndDate")]
    names = ("Date", "DateOfBirth", "DueDate", "FirstChargeDate", "LeaseFromDate", "LeaseToDate", "MoveOutDate")
    dates = dict.fromkeys((*ends, *names, "NoticeGivenDate", "PaidDate"), text)
    return {**dates, "Charges": [dates], "Id": BUILDIUM_ID, "MoveOutData": [dates], "Task": dates}


def formats(schema: dict[str, Any]) -> list[str | None]:
    """The formats of a property and of its alternatives."""
    return [part.get("format") for part in (schema, *schema.get("anyOf", ()))]
