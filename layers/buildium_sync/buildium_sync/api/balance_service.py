"""Returns the outstanding balances of leases for the API. Nothing here calls Buildium."""

from decimal import Decimal
from typing import Any

from buildium_sync.api.entity_service import EntityService
from buildium_sync.clock import format_iso
from buildium_sync.domain.lease_balance import LeaseBalance
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.outstanding_balances import LeaseBalanceStore

_LEASE = "lease"
NOT_IN_BUILDIUM = "The lease is not in Buildium yet, so nothing is owed."
NEVER_READ = "The balances have not been read from Buildium yet."


class BalanceService:
    """The balances of leases, for the API."""

    def __init__(self, entities: EntityService, store: EntityStore, balances: LeaseBalanceStore) -> None:
        self._entities = entities
        self._store = store
        self._balances = balances

    def read(self, lease_id: str) -> dict[str, Any]:
        """Return the balance of a local lease. Raises NotFound.

        `note` says why `asOf` is null: the lease is not in Buildium, or no balance was ever read from Buildium.
        """
        buildium_id = self._entities.read(by_name(_LEASE), lease_id).sync.buildium_id
        if buildium_id is None:
            zero = _amounts(LeaseBalance.zero(0, 0.0))
            return {**_ids(lease_id, None), **zero, "asOf": None, "note": NOT_IN_BUILDIUM}
        balance = self._balances.read(buildium_id)
        if balance is None:
            return {**_ids(lease_id, buildium_id), "total": None, "aging": None, "asOf": None, "note": NEVER_READ}
        return {**_to_response(balance, lease_id), "note": None}

    def page(self, minimum: Decimal, *, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return one page of the balances of at least `minimum`, in order of Buildium's lease id.

        `leaseId` is null for a lease that is not local. `asOf` of the page is the time of the last complete refresh.
        """
        refreshed_at = self._balances.refreshed_at()
        found, next_cursor = self._balances.page(minimum, limit=limit, cursor=cursor)
        local_ids = self._store.local_ids((_LEASE, each.buildium_lease_id) for each in found)
        return {
            "items": [_to_response(each, local_ids.get((_LEASE, each.buildium_lease_id))) for each in found],
            "asOf": None if refreshed_at is None else format_iso(refreshed_at),
            "nextCursor": next_cursor,
        }


def _to_response(balance: LeaseBalance, lease_id: str | None) -> dict[str, Any]:
    return {
        **_ids(lease_id, balance.buildium_lease_id),
        **_amounts(balance),
        "asOf": format_iso(balance.read_at),
    }


def _ids(lease_id: str | None, buildium_lease_id: int | None) -> dict[str, Any]:
    return {"leaseId": lease_id, "buildiumLeaseId": buildium_lease_id}


def _amounts(balance: LeaseBalance) -> dict[str, Any]:
    """Return the amounts as JSON numbers, which the shortest decimal number of a double represents to the cent."""
    aging = balance.aging
    return {
        "total": float(balance.total),
        "aging": {
            "days0To30": float(aging.days_0_to_30),
            "days31To60": float(aging.days_31_to_60),
            "days61To90": float(aging.days_61_to_90),
            "over90Days": float(aging.over_90_days),
        },
    }
