"""Buildium's document accepts every message about an entry of a lease's ledger."""

from typing import Any

import pytest

from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.registry import by_name
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.flows.ledger_bodies import ENTRIES, REVERSAL, REVERSALS, entry

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)

LEASE = 89


@pytest.mark.parametrize("name", ENTRIES)
def test_a_post_matches_the_document(name: str) -> None:
    entity_type = by_name(name)
    for body in ENTRIES[name]:
        payload = entity_type.to_create(entity_type.validate(entry(body, LEASE)), NO_LINKS)
        validate_request("POST", f"/v1{entity_type.create_path(LEASE)}", body=payload)


@pytest.mark.parametrize("name", ["lease-charge", "lease-payment"])
def test_a_put_matches_the_document(name: str) -> None:
    entity_type = by_name(name)
    for body in ENTRIES[name]:
        fields = entity_type.validate(entry(body, LEASE))
        payload = entity_type.update_payload(fields, _shown(entity_type.transaction_type), NO_LINKS)  # type: ignore[attr-defined]
        validate_request("PUT", f"/v1{entity_type.update_path(7, LEASE)}", body=payload)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_read_is_the_documented_transaction(name: str) -> None:
    entity_type = by_name(name)
    shown = _shown(entity_type.transaction_type)  # type: ignore[attr-defined]
    validate_response("GET", f"/v1{entity_type.read_path(7, LEASE)}", 200, shown)
    assert entity_type.from_buildium(shown, NO_LINKS)["lines"][0]["amount"] == 12.5


def test_a_reversal_matches_the_document() -> None:
    entity_type = by_name(REVERSAL)
    for body in REVERSALS:
        fields = entity_type.validate({**body, "paymentId": 7, "leaseId": LEASE})
        payload = entity_type.to_create(fields, NO_LINKS)
        validate_request("POST", f"/v1{entity_type.create_path(LEASE)}", body=payload)
    shown = _shown("ReversePayment")
    validate_response("POST", f"/v1{entity_type.create_path(LEASE)}", 201, shown)
    assert entity_type.from_buildium(shown, NO_LINKS) == {"leaseId": LEASE, "date": "2026-01-05", "totalAmount": 12.5}


def _shown(kind: str) -> dict[str, Any]:
    line = {"GLAccount": {"Id": 11}, "Amount": 12.5, "IsCashPosting": False, "ReferenceNumber": "7", "Memo": None}
    return {
        "Id": 7,
        "Date": "2026-01-05",
        "TransactionType": kind,
        "TransactionTypeEnum": kind,
        "TotalAmount": 12.5,
        "CheckNumber": None,
        "LeaseId": LEASE,
        "PayeeTenantId": None,
        "PaymentMethod": None,
        "Journal": {"Memo": "Rent", "Lines": [line]},
    }
