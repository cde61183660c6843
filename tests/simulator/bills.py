"""Bills. Buildium: /v1/bills. They have no `lastupdatedfrom`; a list omits unpaid bills unless they are requested."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from tests.simulator.bill_lines import (
    APPROVALS,
    LINE,
    LINE_PATCH,
    LINE_PUT,
    line_problems,
    lines_read,
    lines_written,
    patched_lines,
    settled_lines,
    shown_lines,
    total,
)
from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import Filter, about_rentals, any_of, contains, one_id, single
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.times import since, until
from tests.simulator.validation import calendar_date, list_of, nested, optional, reference, required, text

TEXTS = {"Memo": optional(text(245)), "ReferenceNumber": optional(text(40))}
BILL = {
    "Date": required(calendar_date()),
    "DueDate": required(calendar_date()),
    "VendorId": required(reference("vendors")),
    **TEXTS,
}
POST = {
    **BILL,
    "WorkOrderId": optional(reference("workorders")),
    "Lines": required(list_of(nested(LINE), least=1)),
}
PUT = {**BILL, "Lines": optional(list_of(nested(LINE_PUT)))}
PATCH = {
    "Date": optional(calendar_date()),
    "DueDate": optional(calendar_date()),
    "VendorId": optional(reference("vendors")),
    **TEXTS,
    "Lines": optional(list_of(nested(LINE_PATCH))),
}
WRITTEN_AS_READ = ("Date", "DueDate", "Memo", "VendorId", "ReferenceNumber")
BLANK: Json = {
    "Date": "2026-01-05",
    "DueDate": "2026-02-05",
    "PaidDate": None,
    "Memo": None,
    "VendorId": 0,
    "WorkOrderId": None,
    "ReferenceNumber": None,
    "ApprovalStatus": "NotNeeded",
    "Lines": [],
}


def _read(body: Json, current: Json | None) -> Json:
    return {
        **(current or {**BLANK, "WorkOrderId": body.get("WorkOrderId")}),
        **copied(body, *WRITTEN_AS_READ),
        "Lines": lines_read(body.get("Lines") or []),
    }


def _patched(public: Json, body: Json) -> Json:
    lines = patched_lines(lines_written(public["Lines"]), body.get("Lines") or [])
    return {**copied(public, *WRITTEN_AS_READ), **body, "Lines": lines}


def _settle(state: State, public: Json) -> Json:
    return {**public, "Lines": settled_lines(state, public["Lines"])}


def _rules(state: State, body: Json, current: Record | None) -> list[Problem]:
    lines = body.get("Lines") or []
    problems = line_problems(state, lines, current.public["Lines"] if current else [])
    if current is None and body["DueDate"] <= body["Date"]:
        problems.append(Problem("DueDate", "DueDate must be after Date."))
    if current and current.public["PaidDate"] and total(lines) < total(current.public["Lines"]):
        problems.append(Problem("Lines", "Lines must not come to less than what was paid."))
    return problems


def _rentals_of(_state: State, record: Record) -> list[int]:
    entities = [line["AccountingEntity"] for line in record.public["Lines"]]
    return [entity["Id"] for entity in entities if entity["AccountingEntityType"] == "Rental"]


PAID_STATUSES: dict[str, Callable[[Json], bool]] = {
    "Paid": lambda bill: bill["PaidDate"] is not None,
    "Unpaid": lambda bill: bill["PaidDate"] is None,
    "UncollectedMarkups": lambda bill: any(line.get("Markup") for line in bill["Lines"]),
}


def _paid_status(values: list[str]) -> Callable[[State, Record], bool]:
    holds = PAID_STATUSES.get(single(values))
    if holds is None:
        raise ValueError(f"must be one of {', '.join(PAID_STATUSES)}")
    return lambda _state, record: holds(record.public)


LONGEST_WINDOW = timedelta(days=365)
PAID_DATES = ("frompaiddate", "topaiddate")


def _strict_list_rules(parameters: Mapping[str, list[str]]) -> list[Problem]:
    """Some accounts reject a list of other than unpaid bills without paid dates at most 365 days apart."""
    if parameters.get("paidstatus") == ["Unpaid"]:
        return []
    missing = [name for name in PAID_DATES if name not in parameters]
    if missing:
        return [Problem(name, f"{name} is required unless paidstatus is Unpaid.") for name in missing]
    try:
        first, last = (date.fromisoformat(parameters[name][-1]) for name in PAID_DATES)
    except ValueError:
        return []
    return [Problem("topaiddate", "The paid dates must be at most 365 days apart.")] * (last - first > LONGEST_WINDOW)


BILLS = EntityType(
    name="bills",
    path="/bills",
    first_id=6001,
    blank=BLANK,
    post=POST,
    put=PUT,
    patch=PATCH,
    read=_read,
    patched=_patched,
    rules=_rules,
    settle=_settle,
    computed=lambda state, record: {"Lines": shown_lines(state, record.public["Lines"])},
    event="Bill",
    id_field="BillId",
    list_defaults={"paidstatus": ["Paid"]},
    strict_list_rules=_strict_list_rules,
    filters={
        **about_rentals(_rentals_of),
        "vendorid": one_id(lambda _state, record: record.public["VendorId"]),
        "referencenumber": contains(lambda record: [record.public["ReferenceNumber"]]),
        "paidstatus": Filter(_paid_status),
        "frompaiddate": since(lambda _state, record: record.public["PaidDate"]),
        "topaiddate": until(lambda _state, record: record.public["PaidDate"]),
        "approvalstatuses": any_of("ApprovalStatus", APPROVALS),
    },
)
