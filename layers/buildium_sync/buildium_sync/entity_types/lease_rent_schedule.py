"""Rent schedules of leases. Buildium: /leases/{id}/rent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.references import EntityReference
from buildium_sync.entity_types.fields.types import BuildiumId, Date, OptionalDate, OptionalProse, read_date
from buildium_sync.entity_types.lease_operation import LEASE_FIXED, LeaseOperation
from buildium_sync.entity_types.nested_types import NESTED_ROUTES

_MAX_DAYS_IN_ADVANCE = 365


class RentScheduleCharge(EntityModel):
    """A charge that recurs in the cycle of the schedule. `glAccountId` is a Buildium id."""

    glAccountId: BuildiumId
    amount: money.Money
    nextDueDate: Date
    postDaysInAdvance: Annotated[int, Field(ge=0, le=_MAX_DAYS_IN_ADVANCE)] = 0
    memo: OptionalProse = None


class LeaseRentScheduleFields(EntityModel):
    """The fields of a rent schedule. Without `startDate`, Buildium sets one."""

    leaseId: EntityReference
    startDate: OptionalDate = None
    rentCycle: Literal[
        "Monthly", "Weekly", "Every2Weeks", "Quarterly", "Yearly", "Every2Months", "Daily", "Every6Months"
    ]
    backdateCharges: bool = False
    charges: Annotated[list[RentScheduleCharge], Field(min_length=1)]


def _canonical_charges(charges: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    """Return a form that is equal for the same charges in another order."""
    return Counter(
        (
            *(charge["glAccountId"], money.canonical(charge["amount"]), charge["nextDueDate"]),
            *(charge.get("postDaysInAdvance") or 0, charge.get("memo")),
        )
        for charge in charges
    )


class LeaseRentSchedule(LeaseOperation):
    """A rent schedule: what Buildium charges to a lease in each cycle."""

    name = "lease-rent-schedule"
    collection = "lease-rent-schedules"
    path = "/leases/{parent}/rent"
    nested_route = NESTED_ROUTES["lease-rent-schedule"]
    model = LeaseRentScheduleFields
    read_only_in_buildium = frozenset({"StartDate", "EndDate", "TotalAmount", "CreatedByUserId"})
    canonical: ClassVar[Normalizers] = {"charges": _canonical_charges}
    review_fields = ("startDate", "rentCycle")
    identifying_fields = (("startDate",), ("charges",))
    filled_by_buildium = frozenset({"startDate"})
    create_only: ClassVar[Mapping[str, str]] = {
        "leaseId": LEASE_FIXED,
        "startDate": "cannot be changed: Buildium accepts the start only with a new rent schedule",
        "backdateCharges": "cannot be changed: charges are backdated only with a new rent schedule",
    }

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a RentSchedulePostMessage."""
        return {
            **self.to_update(fields, {}, links),
            "StartDate": fields.get("startDate"),
            "BackdateCharges": fields["backdateCharges"],
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a RentSchedulePutMessage. It backdates nothing: Buildium would post past charges again."""
        return {
            "RentCycle": fields["rentCycle"],
            "BackdateCharges": False,
            "Charges": [
                {
                    "GlAccountId": charge["glAccountId"],
                    "Amount": charge["amount"],
                    "NextDueDate": charge["nextDueDate"],
                    "PostDaysInAdvance": charge["postDaysInAdvance"],
                    "Memo": charge.get("memo"),
                }
                for charge in fields["charges"]
            ],
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseRentMessage. It never shows `backdateCharges`."""
        return {
            "startDate": read_date(payload.get("StartDate")),
            "rentCycle": payload.get("RentCycle"),
            "charges": [_read(charge) for charge in payload.get("Charges") or ()],
        }


def _read(charge: Payload) -> Fields:
    """Read a LeaseRentChargeMessage."""
    return {
        "glAccountId": charge.get("GLAccountId"),
        "amount": charge.get("Amount"),
        "nextDueDate": read_date(charge.get("FirstChargeDate")),
        "postDaysInAdvance": charge.get("PostDaysInAdvance") or 0,
        "memo": blank_to_none(charge.get("Memo")),
    }
