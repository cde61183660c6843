"""Tenants, who are created with leases; read-only. Buildium: /v1/leases/tenants."""

from tests.simulator.contacts import address, phones, read_address, read_phones
from tests.simulator.entity_type import EntityType, copied, utc
from tests.simulator.filters import contains, ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.times import LAST_UPDATED
from tests.simulator.validation import calendar_date, email, name, nested, one_of, optional, required, text

MAILING = ("PrimaryAddress", "AlternateAddress")
EMERGENCY_CONTACT = ("Name", "RelationshipDescription", "Phone", "Email")
PERSON = {
    "FirstName": required(name(127)),
    "LastName": required(name(127)),
    "Email": optional(email()),
    "AlternateEmail": optional(email()),
    "PhoneNumbers": optional(phones()),
    "Address": optional(address()),
    "AlternateAddress": optional(address()),
    "MailingPreference": optional(one_of(*MAILING)),
}
TENANT = {
    **PERSON,
    "Address": required(address()),
    "DateOfBirth": optional(calendar_date()),
    "Comment": optional(text(65535)),
    "TaxId": optional(text(pattern=r"\d{2}-\d{7}|\d{3}-\d{2}-\d{4}|\d{9}")),
    "EmergencyContact": optional(nested(dict.fromkeys(EMERGENCY_CONTACT, optional(text())))),
}
NAMES = ("FirstName", "LastName", "Email", "AlternateEmail")
SHOWN_OF_A_LEASE = ("UnitId", "LeaseType", "LeaseFromDate", "LeaseToDate")
BLANK: Json = {
    **dict.fromkeys(NAMES, None),
    "PhoneNumbers": [],
    "EmergencyContact": None,
    "DateOfBirth": None,
    "SMSOptInStatus": None,
    "Address": None,
    "AlternateAddress": None,
    "MailingPreference": "PrimaryAddress",
    "Comment": None,
    "TaxId": None,
}


def read_person(written: Json) -> Json:
    """The response fields that tenants and cosigners have in common."""
    where, elsewhere = written.get("Address"), written.get("AlternateAddress")
    return {
        **copied(written, *NAMES),
        "PhoneNumbers": read_phones(written.get("PhoneNumbers")),
        "Address": where and read_address(where),
        "AlternateAddress": elsewhere and read_address(elsewhere),
        "MailingPreference": written.get("MailingPreference") or MAILING[0],
    }


def read_tenant(written: Json) -> Json:
    """A tenant as in a response."""
    contact = written.get("EmergencyContact")
    return {
        **BLANK,
        **read_person(written),
        **copied(written, "DateOfBirth", "Comment", "TaxId"),
        "EmergencyContact": contact and copied(contact, *EMERGENCY_CONTACT),
    }


def leases_of(state: State, record: Record) -> list[Record]:
    """The leases with a tenant."""
    return [lease for lease in state.all("leases") if record.id in [t["Id"] for t in lease.public["Tenants"]]]


def _units_of(state: State, record: Record) -> list[Record]:
    found = [state.find("units", lease.public["UnitId"]) for lease in leases_of(state, record)]
    return [unit for unit in found if unit]


def _computed(state: State, record: Record) -> Json:
    leases = [{"Id": lease.id, **copied(lease.public, *SHOWN_OF_A_LEASE)} for lease in leases_of(state, record)]
    return {"CreatedDateTime": utc(record.created_at), "Leases": leases}


TENANTS = EntityType(
    name="tenants",
    path="/leases/tenants",
    first_id=9001,
    blank=BLANK,
    computed=_computed,
    event="LeaseTenant",
    id_field="TenantId",
    filters={
        "name": contains(lambda record: [f"{record.public['FirstName']} {record.public['LastName']}"]),
        "propertyids": ids(lambda state, record: [unit.public["PropertyId"] for unit in _units_of(state, record)]),
        **LAST_UPDATED,
    },
)
