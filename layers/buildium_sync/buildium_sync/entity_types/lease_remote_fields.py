"""What Buildium shows of a lease and a client cannot set: current terms, occupants and move-outs.

The terms that a create sends have other fields: Buildium never shows those again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import STATUS
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.types import BuildiumId, Date, OptionalDate, read_date


class TenantMoveOut(EntityModel):
    """When a tenant moves out. `noticeGivenDate` is the day when the tenant's notice was received."""

    buildiumTenantId: BuildiumId
    moveOutDate: Date
    noticeGivenDate: OptionalDate = None


TYPES: Mapping[str, Any] = {
    "status": STATUS,
    "propertyId": str | int | None,
    "leaseStatus": str | None,
    "unitNumber": str | None,
    "termType": str | None,
    "renewalOfferStatus": str | None,
    "currentRent": float | None,
    "currentSecurityDeposit": float | None,
    "paymentDueDay": int | None,
    "currentNumberOfOccupants": int | None,
    "buildiumTenantIds": list[int],
    "moveOuts": list[TenantMoveOut],
}
_LISTS = ("buildiumTenantIds", "moveOuts")
_AMOUNTS = ("currentRent", "currentSecurityDeposit")


def _canonical_move_outs(move_outs: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(each[name] for name in TenantMoveOut.model_fields) for each in move_outs)


CANONICAL: Normalizers = {
    "buildiumTenantIds": frozenset,
    "moveOuts": _canonical_move_outs,
    **dict.fromkeys(_AMOUNTS, money.canonical),
}


def defaults() -> Fields:
    """Return the values of a lease that is not in Buildium, without the status."""
    return {name: [] if name in _LISTS else None for name in TYPES if name != "status"}


def read(payload: Payload) -> Fields:
    """Return the fields of a LeaseMessage, without the property and the status."""
    account = payload.get("AccountDetails") or {}
    return {
        "leaseStatus": payload.get("LeaseStatus"),
        "unitNumber": payload.get("UnitNumber"),
        "termType": payload.get("TermType"),
        "renewalOfferStatus": payload.get("RenewalOfferStatus"),
        "currentRent": account.get("Rent"),
        "currentSecurityDeposit": account.get("SecurityDeposit"),
        "paymentDueDay": payload.get("PaymentDueDay"),
        "currentNumberOfOccupants": payload.get("CurrentNumberOfOccupants"),
        "buildiumTenantIds": [tenant["Id"] for tenant in payload.get("CurrentTenants") or () if tenant.get("Id")],
        "moveOuts": [_move_out(each) for each in payload.get("MoveOutData") or ()],
    }


def _move_out(payload: Payload) -> Fields:
    """Read a LeaseMoveOutDataMessage."""
    return {
        "buildiumTenantId": payload.get("TenantId"),
        "moveOutDate": read_date(payload.get("MoveOutDate")),
        "noticeGivenDate": read_date(payload.get("NoticeGivenDate")),
    }
