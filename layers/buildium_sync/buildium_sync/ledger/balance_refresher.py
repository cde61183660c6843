"""Reads the outstanding balances of leases from Buildium and stores them.

Buildium: no event reports a change of a balance. A lease with a zero or credit balance is not listed.
"""

from collections.abc import Callable, Iterable, Sequence

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.list_reader import ListCursor, ListPage, ListReader
from buildium_sync.clock import Clock
from buildium_sync.concurrency import parallel_map
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.lease_balance import LeaseBalance
from buildium_sync.errors import BuildiumUnavailable
from buildium_sync.store.outstanding_balances import LeaseBalanceStore

_PATH = "/leases/outstandingbalances"
_ID_FIELD = "LeaseId"
MAX_REFRESHED_LEASES = 100
"""Leases of one call. Each id is a query parameter, and URLs have a limit."""


class BalanceRefresher:
    """Refreshes stored balances. A balance is replaced only by a read that started later.

    `is_foreign` returns whether a row is of a lease that is out of scope and not local. Its balance is not stored.
    """

    def __init__(
        self,
        client: BuildiumClient,
        store: LeaseBalanceStore,
        clock: Clock,
        is_foreign: Callable[[Payload], bool],
        *,
        workers: int,
    ) -> None:
        self._client = client
        self._list_reader = ListReader(client, id_field=_ID_FIELD)
        self._store = store
        self._is_foreign = is_foreign
        self._clock = clock
        self._workers = workers

    def refresh(self, buildium_lease_ids: Iterable[int]) -> None:
        """Refresh the balances of some leases, 100 at most, with one call to Buildium; none without ids.

        Raises BuildiumError, and ValueError for more leases.
        """
        ids = sorted(set(buildium_lease_ids))
        if len(ids) > MAX_REFRESHED_LEASES:
            raise ValueError(f"At most {MAX_REFRESHED_LEASES} leases can be refreshed by one call")
        if not ids:
            return
        asked_at = self._clock()
        page = self._client.page(_PATH, {"orderby": _ID_FIELD, "leaseids": [str(each) for each in ids]}, 0)
        balances = {each.buildium_lease_id: each for each in _parse(page.rows, asked_at)}
        if len(page.rows) >= page.total:
            balances = {each: LeaseBalance.zero(each, asked_at) for each in ids} | balances
        self._put_all(balances.values())

    def refresh_page(self, position: ListCursor) -> ListPage:
        """Refresh the balances on the page after a position of the whole list, and return it. Raises BuildiumError."""
        asked_at = self._clock()
        page = self._list_reader.read_page(_PATH, {}, position)
        rows = [row.payload for row in page.rows if not self._is_foreign(row.payload)]
        self._put_all(_parse(rows, asked_at))
        return page

    def finish(self, began: float) -> None:
        """Record that all pages were refreshed since `began` (epoch seconds). Balances of other leases are now zero."""
        self._store.finish_refresh(began)

    def _put_all(self, balances: Iterable[LeaseBalance]) -> None:
        parallel_map(self._store.put, balances, max_workers=self._workers)


def _parse(rows: Sequence[Payload], read_at: float) -> list[LeaseBalance]:
    """Parse the rows of a page. Raises BuildiumUnavailable for an invalid row, which must not count as zero."""
    try:
        return [LeaseBalance.from_buildium(row, read_at) for row in rows]
    except ValueError as error:
        raise BuildiumUnavailable(f"Buildium's balance is invalid: {error}", is_outage=False) from error
