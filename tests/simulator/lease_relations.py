"""The unit, owners, tenants and status of a lease."""

from datetime import UTC, datetime

from tests.simulator.model import Json, Record
from tests.simulator.state import State

STATUSES = ("Active", "Past", "Future")


def today(state: State) -> str:
    """The simulator's day in UTC, as YYYY-MM-DD."""
    return datetime.fromtimestamp(state.clock(), UTC).date().isoformat()


def status_of(state: State, lease: Record) -> str:
    """One of `STATUSES`, by the dates of the lease."""
    dates, day = lease.public, today(state)
    if dates["LeaseFromDate"] > day:
        return "Future"
    ended = dates["LeaseType"] == "Fixed" and dates["LeaseToDate"] is not None and dates["LeaseToDate"] < day
    return "Past" if ended else "Active"


def unit_of(state: State, lease: Record) -> Json:
    """The fields of the unit, also if it was deleted."""
    unit = state.find("units", lease.public["UnitId"])
    return unit.public if unit else {"PropertyId": 0, "UnitNumber": None}


def owners_of(state: State, lease: Record) -> list[int]:
    """The ids of the owners of the lease's property."""
    property_id = unit_of(state, lease)["PropertyId"]
    return [owner.id for owner in state.all("owners") if property_id in owner.public["PropertyIds"]]


def tenants_of(state: State, lease: Record) -> list[Record]:
    """Every tenant that the lease ever had and that exists."""
    found = [state.find("tenants", tenant["Id"]) for tenant in lease.public["Tenants"]]
    return [tenant for tenant in found if tenant]


def add_tenants(lease: Record, tenant_ids: list[int]) -> None:
    """Add these tenants to a lease, unless it has them."""
    ids = dict.fromkeys([*(tenant["Id"] for tenant in lease.public["Tenants"]), *tenant_ids])
    lease.public["Tenants"] = [{"Id": tenant_id} for tenant_id in ids]


def leases_of(state: State, tenant: Record) -> list[Record]:
    """The leases that ever had a tenant."""
    return [lease for lease in state.all("leases") if any(t["Id"] == tenant.id for t in lease.public["Tenants"])]
