"""The initial terms of a lease, which Buildium accepts in a create only: new tenants, rent, deposit."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.entity_types.fields import address, phones
from buildium_sync.entity_types.fields.money import Money
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    Country,
    Date,
    Line,
    Name,
    OptionalEmail,
    OptionalLine,
    OptionalPhone,
    OptionalProse,
)


class NewTenant(address.AddressFields):
    """A person who becomes a tenant with the lease. Tax ids are accepted for a tenant that is created separately."""

    firstName: Name
    lastName: Name
    email: OptionalEmail = None
    alternateEmail: OptionalEmail = None
    phone: OptionalPhone = None
    addressLine1: Line
    addressLine2: OptionalLine = None
    addressLine3: OptionalLine = None
    city: OptionalLine = None
    country: Country
    state: OptionalLine = Field(default=None, validate_default=True)
    postalCode: Line


class RentCharge(EntityModel):
    """One charge of the rent."""

    amount: Money
    glAccountId: BuildiumId
    nextDueDate: Date
    memo: OptionalProse = None


class Rent(EntityModel):
    """The rent: charges that recur in a cycle."""

    cycle: Literal[
        "Monthly",
        "Weekly",
        "Every2Weeks",
        "Quarterly",
        "Yearly",
        "Every2Months",
        "Daily",
        "Every6Months",
        "OneTime",
    ]
    charges: Annotated[list[RentCharge], Field(min_length=1)]


class SecurityDeposit(EntityModel):
    """The security deposit."""

    amount: Money
    dueDate: Date


def has_other_tenants(sent: Fields, shown: Sequence[Payload]) -> bool:
    """Return whether Buildium shows a tenant that a create did not send. An applicant may have any name."""
    new = [tenant for tenant in shown if tenant.get("Id") not in (sent.get("tenantIds") or ())]
    names = [(each["firstName"], each["lastName"]) for each in sent.get("tenants") or ()]
    others = [each for each in new if each.get("LastName") and (each.get("FirstName"), each["LastName"]) not in names]
    applicants = len(sent.get("applicantIds") or ())
    return len(others) > applicants or len(new) > len(names) + applicants


def write_tenant(tenant: Fields) -> Payload:
    """Return a RentalTenantPutMessage."""
    return {
        "FirstName": tenant["firstName"],
        "LastName": tenant["lastName"],
        "Email": tenant.get("email"),
        "AlternateEmail": tenant.get("alternateEmail"),
        "PhoneNumbers": phones.write(tenant.get("phone"), None, "Mobile"),
        "Address": address.write(tenant),
    }


def write_rent(rent: Fields | None) -> Payload | None:
    """Return a LeaseRentPostMessage."""
    if rent is None:
        return None
    charges = [
        {
            "Amount": charge["amount"],
            "GlAccountId": charge["glAccountId"],
            "NextDueDate": charge["nextDueDate"],
            "Memo": charge.get("memo"),
        }
        for charge in rent["charges"]
    ]
    return {"Cycle": rent["cycle"], "Charges": charges}


def write_deposit(deposit: Fields | None) -> Payload | None:
    """Return a LeaseSecurityDepositPostMessage."""
    return {"Amount": deposit["amount"], "DueDate": deposit["dueDate"]} if deposit else None
