"""Move-outs of tenants from a lease. Buildium: /v1/leases/{leaseId}/moveouts. Paths name them by tenant."""

from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.model import CREATED, Json, Record
from tests.simulator.state import State
from tests.simulator.validation import calendar_date, optional, reference, required

POST = {
    "TenantId": required(reference("tenants")),
    "MoveOutDate": required(calendar_date()),
    "NoticeGivenDate": optional(calendar_date()),
}
BLANK: Json = {"TenantId": 0, "MoveOutDate": "2026-01-01", "NoticeGivenDate": None}


def move_outs_of(state: State, lease_id: int) -> list[Json]:
    """The move-outs of a lease, as in responses."""
    return [copied(record.public, *BLANK) for record in state.having("moveouts", "LeaseId", lease_id)]


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    lease, tenant_id = state.find("leases", body["LeaseId"]), body["TenantId"]
    if lease is None or tenant_id not in [tenant["Id"] for tenant in lease.public["Tenants"]]:
        return [Problem("TenantId", "TenantId is not a tenant of the lease.")]
    if any(known["TenantId"] == tenant_id for known in move_outs_of(state, lease.id)):
        return [Problem("TenantId", "The tenant has a move-out already.")]
    return []


def _touch_lease(state: State, record: Record) -> None:
    """No event reports the change of the lease, only the move-out's."""
    lease = state.find("leases", record.public["LeaseId"])
    if lease:
        lease.updated_at = state.clock()


def _after_create(state: State, record: Record, _body: Json) -> None:
    _touch_lease(state, record)


MOVE_OUTS = EntityType(
    name="moveouts",
    path="/leases/{id}/moveouts",
    parent="leases",
    parent_key="LeaseId",
    key="",
    path_key="TenantId",
    first_id=13001,
    blank=BLANK,
    post=POST,
    is_deletable=True,
    rules=_rules,
    after_create=_after_create,
    after_delete=_touch_lease,
    event="Lease.MoveOut",
    event_keys=("LeaseId", "TenantId"),
    event_operations=(CREATED,),
)
