"""Renewals of a lease. Buildium: /v1/leases/{leaseId}/renewals. One that has not started forbids another (409)."""

from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem, RejectedError
from tests.simulator.lease_dates import AT_WILL, LEASE_TYPES, date_problems, day_after
from tests.simulator.lease_relations import add_tenants, status_of, today
from tests.simulator.model import Json, Record
from tests.simulator.people import PERSON, identified, read_person
from tests.simulator.rent_schedules import CYCLES, LEASE_RENT, add_schedule, total
from tests.simulator.state import State
from tests.simulator.tenants import TENANT, read_tenant
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
    text,
    whole,
)

RECURRING_CHARGE = {
    "GLAccountId": required(reference("glaccounts")),
    "Amount": required(number()),
    "Memo": optional(text(65)),
    "FirstOccurrenceDate": required(calendar_date()),
    "PostDaysInAdvance": required(whole()),
    "Frequency": required(one_of(*CYCLES, "OneTime")),
    "Duration": optional(one_of("UntilEndOfTerm", "SpecificNumber")),
    "NumberOfOccurrences": optional(whole()),
}
# The simulated account has no recurring charges that could be stopped or updated.
KNOWN_CHARGE = reference("recurringcharges")
POST = {
    "LeaseType": required(one_of(*LEASE_TYPES)),
    "LeaseToDate": optional(calendar_date()),
    "AutomaticallyMoveOutTenants": optional(boolean()),
    "Rent": required(nested(LEASE_RENT)),
    "Cosigners": optional(list_of(nested(PERSON))),
    "TenantIds": optional(list_of(reference("tenants"))),
    "Tenants": optional(list_of(nested(TENANT))),
    "SendWelcomeEmail": required(boolean()),
    "RecurringChargesToStop": optional(list_of(KNOWN_CHARGE)),
    "RecurringChargesToCreate": optional(list_of(nested(RECURRING_CHARGE))),
    "RecurringChargesToUpdate": optional(list_of(nested({**RECURRING_CHARGE, "Id": required(KNOWN_CHARGE)}))),
}
BLANK: Json = {
    "LeaseFromDate": "2027-01-01",
    "LeaseToDate": None,
    "LeaseType": AT_WILL,
    "RentId": None,
    "TenantIds": [],
}


def _read(body: Json, _current: Json | None) -> Json:
    return {**BLANK, **copied(body, "LeaseId", "LeaseType", "LeaseToDate"), "LeaseFromDate": None}


def _settle(state: State, public: Json) -> Json:
    return {**public, "LeaseFromDate": public["LeaseFromDate"] or _start(state, public["LeaseId"])}


def _renewals_of(state: State, lease_id: int) -> list[Record]:
    return state.having("renewals", "LeaseId", lease_id)


def _start(state: State, lease_id: int) -> str:
    """The day after the last term, or today if it has no end."""
    terms = [lease for lease in [state.find("leases", lease_id)] if lease] + _renewals_of(state, lease_id)
    last = terms[-1].public["LeaseToDate"] if terms else None
    return day_after(last) if last else today(state)


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    lease_id = body["LeaseId"]
    if any(status_of(state, renewal) == "Future" for renewal in _renewals_of(state, lease_id)):
        raise RejectedError(409, "The lease has a renewal that has not started.")
    if not (body.get("TenantIds") or body.get("Tenants")):
        return [Problem("TenantIds", "TenantIds or Tenants must name a tenant.")]
    return date_problems(body, _start(state, lease_id))


def _after_create(state: State, record: Record, body: Json) -> None:
    lease = state.find("leases", record.public["LeaseId"])
    if lease is None or not body:
        return
    made = [state.insert("tenants", read_tenant(tenant, None)).id for tenant in body.get("Tenants") or []]
    tenant_ids = (body.get("TenantIds") or []) + made
    add_tenants(lease, tenant_ids)
    cosigners = [read_person(person) for person in body.get("Cosigners") or []]
    lease.public["Cosigners"] = [*lease.public["Cosigners"], *identified(state, cosigners)]
    lease.updated_at = state.clock()
    schedule = add_schedule(state, lease, body["Rent"], record.public["LeaseFromDate"])
    record.public.update(TenantIds=tenant_ids, RentId=schedule.id)


def _computed(state: State, record: Record) -> Json:
    schedule = state.find("rents", record.public["RentId"] or 0)
    return {
        "LeaseStatus": status_of(state, record),
        "Rent": total(schedule.public["Charges"]) if schedule else 0,
    }


RENEWALS = EntityType(
    name="renewals",
    path="/leases/{id}/renewals",
    parent="leases",
    parent_key="LeaseId",
    first_id=12001,
    blank=BLANK,
    post=POST,
    read=_read,
    private=("RecurringChargesToCreate",),
    rules=_rules,
    settle=_settle,
    after_create=_after_create,
    computed=_computed,
)
