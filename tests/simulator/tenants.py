"""Tenants of rentals. Buildium: /v1/leases/tenants. A lease can also create and link them."""

from tests.simulator.contacts import address
from tests.simulator.entity_type import EntityType, copied, utc
from tests.simulator.filters import any_found, contains, contains_found, ids
from tests.simulator.lease_relations import STATUSES, add_tenants, leases_of, owners_of, status_of, unit_of
from tests.simulator.model import Json, Record
from tests.simulator.people import MAILING, NAMES, PERSON, read_person
from tests.simulator.state import State
from tests.simulator.times import LAST_UPDATED
from tests.simulator.validation import calendar_date, nested, optional, reference, required, text

BUILDING_STATUSES = ("Active", "InActive")
EMERGENCY_CONTACT = ("Name", "RelationshipDescription", "Phone", "Email")
TENANT = {
    **PERSON,
    "Address": required(address()),
    "DateOfBirth": optional(calendar_date()),
    "Comment": optional(text(65535)),
    "TaxId": optional(text(pattern=r"\d{2}-\d{7}|\d{3}-\d{2}-\d{4}|\d{9}")),
    "EmergencyContact": optional(nested(dict.fromkeys(EMERGENCY_CONTACT, optional(text())))),
}
POST = {**TENANT, "LeaseId": required(reference("leases"))}
SHOWN_OF_A_LEASE = ("UnitId", "LeaseType", "LeaseFromDate", "LeaseToDate")
BLANK: Json = {
    **dict.fromkeys(NAMES, None),
    "PhoneNumbers": [],
    "EmergencyContact": None,
    "DateOfBirth": None,
    "SMSOptInStatus": None,
    "Address": None,
    "AlternateAddress": None,
    "MailingPreference": MAILING[0],
    "Comment": None,
    "TaxId": None,
}


def read_tenant(written: Json, current: Json | None) -> Json:
    """A tenant as in a response."""
    contact = written.get("EmergencyContact")
    return {
        **(current or BLANK),
        **read_person(written),
        **copied(written, "DateOfBirth", "Comment", "TaxId"),
        "EmergencyContact": contact and copied(contact, *EMERGENCY_CONTACT),
    }


def full_name(tenant: Record) -> str:
    """First and last name."""
    return f"{tenant.public['FirstName']} {tenant.public['LastName']}"


def _after_create(state: State, record: Record, body: Json) -> None:
    lease = state.find("leases", body["LeaseId"]) if body else None
    if lease:
        add_tenants(lease, [record.id])
        # No event reports this change of the lease, only the tenant's.
        lease.updated_at = state.clock()


def _units(state: State, record: Record) -> list[Json]:
    return [unit_of(state, lease) for lease in leases_of(state, record)]


def _property_ids(state: State, record: Record) -> list[int]:
    return [unit["PropertyId"] for unit in _units(state, record)]


def _building_statuses(state: State, record: Record) -> list[str]:
    found = [state.find("rentals", property_id) for property_id in _property_ids(state, record)]
    return ["Active" if rental.public["IsActive"] else "InActive" for rental in found if rental]


def _owner_ids(state: State, record: Record) -> list[int]:
    return [owner for lease in leases_of(state, record) for owner in owners_of(state, lease)]


def _lease_statuses(state: State, record: Record) -> list[str]:
    return [status_of(state, lease) for lease in leases_of(state, record)]


def _shown_lease(state: State, lease: Record) -> Json:
    return {
        "Id": lease.id,
        **copied(unit_of(state, lease), "PropertyId", "UnitNumber"),
        **copied(lease.public, *SHOWN_OF_A_LEASE),
        "LeaseStatus": status_of(state, lease),
    }


def _computed(state: State, record: Record) -> Json:
    leases = [_shown_lease(state, lease) for lease in leases_of(state, record)]
    return {"CreatedDateTime": utc(record.created_at), "Leases": leases}


TENANTS = EntityType(
    name="tenants",
    path="/leases/tenants",
    first_id=9001,
    blank=BLANK,
    post=POST,
    put=TENANT,
    read=read_tenant,
    after_create=_after_create,
    computed=_computed,
    event="LeaseTenant",
    id_field="TenantId",
    filters={
        "name": contains(lambda record: [full_name(record)]),
        "email": contains(lambda record: [record.public["Email"], record.public["AlternateEmail"]]),
        "phone": contains(lambda record: [phone["Number"] for phone in record.public["PhoneNumbers"]]),
        "unitnumber": contains_found(lambda state, record: [unit["UnitNumber"] for unit in _units(state, record)]),
        "unitids": ids(lambda state, record: [lease.public["UnitId"] for lease in leases_of(state, record)]),
        "propertyids": ids(_property_ids),
        "rentalownerids": ids(_owner_ids),
        "buildingstatuses": any_found(_building_statuses, BUILDING_STATUSES),
        "leasetermstatuses": any_found(_lease_statuses, STATUSES),
        **LAST_UPDATED,
    },
)
