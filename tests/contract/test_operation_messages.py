"""Buildium's document accepts every message about an operation of a lease."""

import pytest

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.registry import all_types, by_name
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.flows.operation_bodies import OPERATIONS, operation

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)

LEASE, TENANT = 89, 501
SHOWN: dict[str, Payload] = {
    "lease-rent-schedule": {
        "Id": 7,
        "StartDate": "2026-01-01",
        "EndDate": None,
        "TotalAmount": 12.5,
        "RentCycle": "Monthly",
        "BackdateCharges": False,
        "CreatedDateTime": "2026-01-01T00:00:00Z",
        "CreatedByUserId": 3,
        "Charges": [
            {
                "Id": 8,
                "GLAccountId": 11,
                "Amount": 12.5,
                "Memo": "Rent",
                "FirstChargeDate": "2026-02-01",
                "PostDaysInAdvance": 0,
                "DueOnDayOfTheMonth": 1,
            }
        ],
    },
    "lease-renewal": {
        "Id": 7,
        "LeaseStatus": "Future",
        "LeaseFromDate": "2027-01-01",
        "LeaseToDate": "2027-12-31",
        "LeaseType": "Fixed",
        "Rent": 12.5,
        "RentId": 9,
        "TenantIds": [TENANT],
    },
    "lease-move-out": {"TenantId": TENANT, "MoveOutDate": "2026-05-31", "NoticeGivenDate": "2026-04-28"},
}
EVERY_OPERATION = pytest.mark.parametrize("name", OPERATIONS)


@EVERY_OPERATION
def test_a_post_matches_the_document(name: str) -> None:
    entity_type = by_name(name)
    for body in OPERATIONS[name]:
        fields = entity_type.validate(operation(name, LEASE, TENANT, body))
        validate_request("POST", f"/v1{entity_type.create_path(LEASE)}", body=entity_type.to_create(fields, NO_LINKS))


@EVERY_OPERATION
def test_a_read_matches_the_document(name: str) -> None:
    entity_type, shown = by_name(name), SHOWN[name]
    validate_response("GET", f"/v1{entity_type.read_path(7, LEASE)}", 200, shown)
    validate_response("GET", f"/v1{entity_type.list_path(LEASE)}", 200, [shown])
    assert None not in entity_type.from_buildium(shown, NO_LINKS).values()


def test_the_path_of_a_deletion_matches_the_document() -> None:
    deletable = [each for each in all_types() if each.is_deletable]
    assert [each.name for each in deletable] == ["lease-move-out"]
    for entity_type in deletable:
        validate_request("DELETE", f"/v1{entity_type.read_path(TENANT, LEASE)}")


def test_a_put_of_a_rent_schedule_matches_the_document() -> None:
    entity_type, shown = by_name("lease-rent-schedule"), SHOWN["lease-rent-schedule"]
    for body in OPERATIONS["lease-rent-schedule"]:
        fields = entity_type.validate(operation(entity_type.name, LEASE, TENANT, body))
        payload = entity_type.update_payload(fields, shown, NO_LINKS)
        validate_request("PUT", f"/v1{entity_type.update_path(7, LEASE)}", body=payload)
        assert payload["BackdateCharges"] is False
