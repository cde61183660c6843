"""A fake of Buildium's list of outstanding balances."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from buildium_sync.buildium.responses import ResponsePage
from buildium_sync.errors import BuildiumError


def row(lease_id: int, total: float) -> dict[str, Any]:
    """Return Buildium's row of a lease that owes an amount since this month."""
    return {
        "LeaseId": lease_id,
        "Balance0To30Days": total,
        "Balance31To60Days": 0,
        "Balance61To90Days": 0.0,
        "BalanceOver90Days": 0.0,
        "TotalBalance": total,
    }


class BalanceList:
    """Fake of the client. `owed` has the listed amounts by lease id; `failure` is raised by the next call.

    `during` runs after a page was read and before it is returned.
    """

    def __init__(self, page_size: int = 100) -> None:
        self.owed: dict[int, float] = {}
        self.failure: BuildiumError | None = None
        self.during: Callable[[], object] = bool
        self.queries: list[Mapping[str, Any]] = []
        self.page_size = page_size
        self.rows: Callable[[int, float], dict[str, Any]] = row

    def page(self, path: str, query: Mapping[str, str | Sequence[str]], offset: int) -> ResponsePage:
        assert path == "/leases/outstandingbalances"
        assert query["orderby"] == "LeaseId"
        self.queries.append(query)
        if self.failure:
            failure, self.failure = self.failure, None
            raise failure
        chosen = query.get("leaseids")
        listed = [(i, owed) for i, owed in sorted(self.owed.items()) if chosen is None or str(i) in chosen]
        rows = [self.rows(lease_id, owed) for lease_id, owed in listed[offset : offset + self.page_size]]
        during, self.during = self.during, bool
        during()
        return ResponsePage(rows, len(listed))
