"""Leases. Buildium: /v1/leases. A PUT cannot change tenants or rent."""

from datetime import date

from tests.simulator.entity_type import EntityType, copied, utc
from tests.simulator.errors import Problem
from tests.simulator.filters import any_found, any_of, contains_found, ids
from tests.simulator.lease_dates import AT_WILL, LEASE_TYPES, date_problems, proration_problems
from tests.simulator.lease_relations import (
    STATUSES,
    add_tenants,
    owners_of,
    status_of,
    tenants_of,
    today,
    unit_of,
)
from tests.simulator.model import Json, Record
from tests.simulator.move_outs import move_outs_of
from tests.simulator.people import PERSON, identified, read_person
from tests.simulator.rent_schedules import LEASE_RENT, add_schedule, current_schedule, total
from tests.simulator.state import State
from tests.simulator.tenants import TENANT, full_name, read_tenant
from tests.simulator.times import CREATED, LAST_UPDATED, since, until
from tests.simulator.validation import (
    boolean,
    calendar_date,
    list_of,
    nested,
    number,
    one_of,
    optional,
    reference,
    required,
)

MOST_TENANTS = 5
TENANT_LISTS = ("Tenants", "TenantIds", "ApplicantIds")
TENANT_STATUS = {"Active": "Current", "Past": "MovedOut", "Future": "Future"}

LEASE = {
    "LeaseType": required(one_of(*LEASE_TYPES)),
    "UnitId": required(reference("units")),
    "LeaseFromDate": required(calendar_date()),
    "LeaseToDate": optional(calendar_date()),
}
DEPOSIT = {"DueDate": required(calendar_date()), "Amount": required(number())}
POST = {
    **LEASE,
    "SendWelcomeEmail": required(boolean()),
    "Tenants": optional(list_of(nested(TENANT), most=MOST_TENANTS)),
    "TenantIds": optional(list_of(reference("tenants"), most=MOST_TENANTS)),
    "ApplicantIds": optional(list_of(reference("applicants"), most=MOST_TENANTS)),
    "Cosigners": optional(list_of(nested(PERSON))),
    "Rent": optional(nested(LEASE_RENT)),
    "SecurityDeposit": optional(nested(DEPOSIT)),
    "ProratedFirstMonthRent": optional(number()),
    "ProratedLastMonthRent": optional(number()),
}
PUT = {
    **LEASE,
    "IsEvictionPending": required(boolean()),
    "AutomaticallyMoveOutTenants": optional(boolean()),
}
BLANK: Json = {
    "UnitId": 0,
    "LeaseFromDate": "2026-01-01",
    "LeaseToDate": None,
    "LeaseType": AT_WILL,
    "IsEvictionPending": False,
    "RenewalOfferStatus": None,
    "AccountDetails": {"SecurityDeposit": None, "Rent": None},
    "Cosigners": [],
    "AutomaticallyMoveOutTenants": False,
    "PaymentDueDay": 1,
    "Tenants": [],
}


def _read(body: Json, current: Json | None) -> Json:
    said = {
        **copied(body, *LEASE),
        "IsEvictionPending": body.get("IsEvictionPending", False),
        "AutomaticallyMoveOutTenants": body.get("AutomaticallyMoveOutTenants") or False,
    }
    return {**(current or {**BLANK, **_read_new(body)}), **said}


def _read_new(body: Json) -> Json:
    charges = (body.get("Rent") or {}).get("Charges") or []
    return {
        "AccountDetails": {
            "SecurityDeposit": (body.get("SecurityDeposit") or {}).get("Amount"),
            "Rent": None,
        },
        "PaymentDueDay": date.fromisoformat(charges[0]["NextDueDate"]).day if charges else 1,
        "Cosigners": [read_person(person) for person in body.get("Cosigners") or []],
    }


def _settle(state: State, public: Json) -> Json:
    return {**public, "Cosigners": identified(state, public["Cosigners"])}


def _rules(_state: State, body: Json, _current: Record | None) -> list[Problem]:
    problems = date_problems(body, body["LeaseFromDate"])
    if sum(len(body.get(key) or []) for key in TENANT_LISTS) > MOST_TENANTS:
        problems.append(Problem("Tenants", f"Tenants must be at most {MOST_TENANTS}."))
    return problems or proration_problems(body)


def _after_create(state: State, record: Record, body: Json) -> None:
    made = [state.insert("tenants", read_tenant(tenant, None)).id for tenant in body.get("Tenants") or []]
    if body.get("Rent"):
        add_schedule(state, record, body["Rent"], record.public["LeaseFromDate"])
    add_tenants(record, (body.get("TenantIds") or []) + made)


def _tenant_names(state: State, record: Record) -> list[str]:
    return [full_name(tenant) for tenant in tenants_of(state, record)]


def _account_details(state: State, record: Record) -> Json:
    """The rent is the total of the current schedule; without schedules it is what a person set."""
    known, schedule = record.public["AccountDetails"], current_schedule(state, record.id)
    return {**known, "Rent": total(schedule.public["Charges"])} if schedule else known


def _computed(state: State, record: Record) -> Json:
    status, tenants, day = status_of(state, record), tenants_of(state, record), today(state)
    move_outs = move_outs_of(state, record.id)
    gone = {left["TenantId"] for left in move_outs if left["MoveOutDate"] <= day}
    current = [tenant for tenant in tenants if status == "Active" and tenant.id not in gone]
    return {
        **copied(unit_of(state, record), "PropertyId", "UnitNumber"),
        "LeaseStatus": status,
        "MoveOutData": move_outs,
        "AccountDetails": _account_details(state, record),
        "TermType": "MonthToMonth" if record.public["LeaseType"] == AT_WILL else "Standard",
        "CurrentTenants": [{"Id": t.id, **t.public, "CreatedDateTime": utc(t.created_at)} for t in current],
        "CurrentNumberOfOccupants": len(current),
        "Tenants": [
            {
                "Id": tenant.id,
                "Status": "MovedOut" if tenant.id in gone else TENANT_STATUS[status],
                "MoveInDate": record.public["LeaseFromDate"],
            }
            for tenant in tenants
        ],
    }


LEASES = EntityType(
    name="leases",
    path="/leases",
    first_id=7001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    settle=_settle,
    after_create=_after_create,
    computed=_computed,
    timed=True,
    event="Lease",
    id_field="LeaseId",
    filters={
        "propertyids": ids(lambda state, record: [unit_of(state, record)["PropertyId"]]),
        "rentalownerids": ids(owners_of),
        "unitnumber": contains_found(lambda state, record: [unit_of(state, record)["UnitNumber"]]),
        "tenantname": contains_found(_tenant_names),
        "leasedatefrom": since(lambda _state, record: record.public["LeaseFromDate"]),
        "leasedateto": until(lambda _state, record: record.public["LeaseToDate"]),
        "leasetypes": any_of("LeaseType", ("None", *LEASE_TYPES)),
        "leasestatuses": any_found(lambda state, record: [status_of(state, record)], STATUSES),
        **CREATED,
        **LAST_UPDATED,
    },
)
