"""The fields of a lease that only Buildium changes."""

from typing import Any

import pytest

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.lease import Lease
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_response
from tests.contract.location import MISSING, find_document

LEASE = Lease()
LINKS = Links({("unit", "u1"): 201}, {("unit", 201): "u1", ("property", 101): "p1"})
BODY: dict[str, Any] = {"leaseType": "Fixed", "unitId": "u1", "leaseFromDate": "2026-01-02"}
SHOWN: Payload = {
    "Id": 1,
    "PropertyId": 101,
    "UnitId": 201,
    "UnitNumber": "2A",
    "LeaseType": "Fixed",
    "LeaseStatus": "Active",
    "LeaseFromDate": "2026-01-02",
    "LeaseToDate": None,
    "TermType": "Standard",
    "RenewalOfferStatus": "Sent",
    "CurrentNumberOfOccupants": 2,
    "AccountDetails": {"Rent": 1850.5, "SecurityDeposit": 900.004},
    "PaymentDueDay": 3,
    "MoveOutData": [
        {"TenantId": 8, "MoveOutDate": "2026-03-31", "NoticeGivenDate": "2026-01-31"},
        {"TenantId": 9, "MoveOutDate": "2026-02-28", "NoticeGivenDate": None},
    ],
}
TERMS: dict[str, Any] = {
    "unitNumber": "2A",
    "termType": "Standard",
    "renewalOfferStatus": "Sent",
    "currentRent": 1850.5,
    "currentSecurityDeposit": 900.004,
    "paymentDueDay": 3,
    "currentNumberOfOccupants": 2,
    "moveOuts": [
        {"buildiumTenantId": 8, "moveOutDate": "2026-03-31", "noticeGivenDate": "2026-01-31"},
        {"buildiumTenantId": 9, "moveOutDate": "2026-02-28", "noticeGivenDate": None},
    ],
}


def fields_in_error(body: dict[str, Any], current: dict[str, Any] | None = None) -> set[str]:
    with pytest.raises(InvalidFields) as caught:
        LEASE.validate(body, current)
    return {error.field for error in caught.value.errors}


@pytest.mark.skipif(find_document() is None, reason=MISSING)
def test_the_example_is_what_buildium_shows() -> None:
    validate_response("GET", "/v1/leases/1", 200, SHOWN)


def test_the_current_terms_are_read_from_buildium() -> None:
    assert TERMS.items() <= LEASE.from_buildium(SHOWN, LINKS).items()


def test_absent_terms_are_empty() -> None:
    fields = LEASE.from_buildium({**SHOWN, "AccountDetails": None, "MoveOutData": None}, LINKS)
    assert (fields["currentRent"], fields["currentSecurityDeposit"], fields["moveOuts"]) == (None, None, [])


@pytest.mark.parametrize("name", TERMS)
def test_a_client_cannot_set_the_current_terms(name: str) -> None:
    assert fields_in_error({**BODY, name: TERMS[name]}) == {name}
    assert fields_in_error({name: 7}, LEASE.from_buildium(SHOWN, LINKS)) == {name}


def test_a_client_can_send_back_the_current_terms() -> None:
    current = LEASE.from_buildium(SHOWN, LINKS)
    assert LEASE.validate(TERMS, current) == LEASE.validate({}, current)


def test_the_rent_of_a_create_differs_from_the_current_rent() -> None:
    rent = {"cycle": "Weekly", "charges": [{"amount": 100.0, "glAccountId": 3, "nextDueDate": "2026-01-02"}]}
    fields = LEASE.validate({**BODY, "rent": rent})
    assert (fields["rent"]["charges"][0]["amount"], fields["currentRent"]) == (100.0, None)
    assert "rent" not in LEASE.from_buildium(SHOWN, LINKS)


def test_the_order_of_move_outs_has_no_meaning() -> None:
    one, other = TERMS["moveOuts"]
    assert LEASE.values_equal("moveOuts", [one, other], [other, one])
    assert not LEASE.values_equal("moveOuts", [one, other], [one, {**other, "moveOutDate": "2026-02-01"}])


def test_a_lease_stored_without_current_terms_returns_empty_ones() -> None:
    shown = LEASE.to_response("l1", {"leaseType": "Fixed"}, {})
    assert (shown["currentRent"], shown["moveOuts"], shown["rent"]) == (None, [], None)
