"""Rent schedules of a lease. Buildium: /v1/leases/{leaseId}/rent. A lease and a renewal create them too."""

from datetime import date, timedelta

from tests.simulator.entity_type import EntityType, copied, utc
from tests.simulator.errors import Problem
from tests.simulator.lease_relations import today
from tests.simulator.model import Json, Record
from tests.simulator.state import State
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

BY_MONTH = ("Monthly", "Quarterly", "Yearly", "Every2Months", "Every6Months")
CYCLES = (*BY_MONTH, "Weekly", "Every2Weeks", "Daily")
LEASE_CHARGE = {
    "Amount": required(number()),
    "GlAccountId": required(reference("glaccounts")),
    "NextDueDate": required(calendar_date()),
    "Memo": optional(text()),
}
LEASE_RENT = {"Cycle": required(one_of(*CYCLES, "OneTime")), "Charges": required(list_of(nested(LEASE_CHARGE)))}
CHARGE = {**LEASE_CHARGE, "PostDaysInAdvance": optional(whole())}
PUT = {
    "RentCycle": required(one_of(*CYCLES)),
    "BackdateCharges": required(boolean()),
    "Charges": required(list_of(nested(CHARGE), least=1)),
}
POST = {**PUT, "StartDate": optional(calendar_date())}
BLANK: Json = {
    "StartDate": "2026-01-01",
    "RentCycle": "Monthly",
    "BackdateCharges": False,
    "CreatedByUserId": None,
    "Charges": [],
}


def total(charges: list[Json]) -> float:
    """The sum of the charges, to the cent."""
    return round(sum(float(charge["Amount"]) for charge in charges), 2)


def schedules_of(state: State, lease_id: int) -> list[Record]:
    """The schedules of a lease, by their start."""
    return sorted(state.having("rents", "LeaseId", lease_id), key=lambda schedule: schedule.public["StartDate"])


def current_schedule(state: State, lease_id: int) -> Record | None:
    """The last schedule that has started, else the first one, if there is any."""
    schedules, day = schedules_of(state, lease_id), today(state)
    started = [schedule for schedule in schedules if schedule.public["StartDate"] <= day]
    return next(iter(started[-1:] or schedules), None)


def add_schedule(state: State, lease: Record, written: Json, first: str) -> Record:
    """Create the schedule of a new lease or renewal that starts on the day `first`."""
    body = {"LeaseId": lease.id, "StartDate": first, "RentCycle": written["Cycle"], "Charges": written["Charges"]}
    return state.insert("rents", _settle(state, _read(body, None)))


def _read(body: Json, current: Json | None) -> Json:
    return {
        **BLANK,
        "StartDate": body.get("StartDate"),
        **(current or {}),
        "LeaseId": body["LeaseId"],
        "RentCycle": body["RentCycle"],
        "Charges": [_read_charge(charge, body["RentCycle"]) for charge in body["Charges"]],
    }


def _read_charge(written: Json, cycle: str) -> Json:
    first = written["NextDueDate"]
    return {
        "GLAccountId": written["GlAccountId"],
        **copied(written, "Amount", "Memo"),
        "FirstChargeDate": first,
        "PostDaysInAdvance": written.get("PostDaysInAdvance") or 0,
        "DueOnDayOfTheMonth": date.fromisoformat(first).day if cycle in BY_MONTH else None,
    }


def _settle(state: State, public: Json) -> Json:
    charges = [{"Id": charge.get("Id") or state.new_id("rentcharges"), **charge} for charge in public["Charges"]]
    return {**public, "StartDate": public["StartDate"] or _default_start(state, public["LeaseId"]), "Charges": charges}


def _default_start(state: State, lease_id: int) -> str:
    lease = state.find("leases", lease_id)
    is_first = lease is not None and not schedules_of(state, lease_id)
    return lease.public["LeaseFromDate"] if lease and is_first else today(state)


def _rules(state: State, body: Json, current: Record | None) -> list[Problem]:
    first, schedules = body.get("StartDate"), schedules_of(state, body["LeaseId"])
    if current or first is None:
        return []
    if any(schedule.public["StartDate"] == first for schedule in schedules):
        return [Problem("StartDate", "StartDate is the start of another schedule.")]
    lease = state.find("leases", body["LeaseId"])
    if schedules or lease is None or lease.public["LeaseFromDate"] == first:
        return []
    return [Problem("StartDate", "StartDate of the first schedule must be the start of the lease.")]


def _end(state: State, record: Record) -> str | None:
    first = record.public["StartDate"]
    later = [s.public["StartDate"] for s in schedules_of(state, record.public["LeaseId"])]
    following = next((start for start in later if start > first), None)
    return following and (date.fromisoformat(following) - timedelta(days=1)).isoformat()


def _computed(state: State, record: Record) -> Json:
    return {
        "EndDate": _end(state, record),
        "TotalAmount": total(record.public["Charges"]),
        "CreatedDateTime": utc(record.created_at),
    }


RENT_SCHEDULES = EntityType(
    name="rents",
    path="/leases/{id}/rent",
    parent="leases",
    parent_key="LeaseId",
    first_id=11001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    settle=_settle,
    computed=_computed,
)
