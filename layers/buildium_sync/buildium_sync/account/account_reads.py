"""Reads the lists of an account once, within a limited number of calls. Nothing is written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.clock import Clock
from buildium_sync.domain.json_types import Payload, Query
from buildium_sync.entity_types.registry import all_types, listed_types
from buildium_sync.errors import BuildiumError, BuildiumNotFound, BuildiumUnavailable, RateLimited, Scope

MAX_CALLS = 20
_CALLS_OF_ONE_READ = 4
"""The client repeats a call that Buildium returns 429 for, up to so many calls."""
_MAX_ROWS = 1000
"""The rows of a list with choices. The other lists are only read to see whether that is permitted."""
_IDS_PER_LIST = 100
"""Ids in one query. Each takes about 20 characters of the URL."""
_GL_ACCOUNTS = "/glaccounts"
_BALANCES = "/leases/outstandingbalances"


@dataclass(frozen=True, slots=True)
class Reading:
    """One list: its rows, or the error of the call."""

    path: str
    names: tuple[str, ...]
    rows: list[Payload] = field(default_factory=list)
    is_complete: bool = True
    error: BuildiumError | None = None


class AccountReads:
    """The lists of one account by path. `calls` returns the calls to Buildium so far.

    An error that every other call would have too is `stopped_by`, and no later list is read. It `is_cut_short` if the
    time or the calls were used up: Buildium was slow, or returned 429 to some calls.
    """

    def __init__(self, client: BuildiumClient, calls: Callable[[], int], clock: Clock) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        self.readings: dict[str, Reading] = {}
        self.stopped_by: BuildiumError | None = None
        self.is_cut_short = False
        self.clock_skew_seconds: float | None = None

    def read(self) -> None:
        """Read every list."""
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        for path, query, rows in _flat_lists(today):
            self._read(path, query, rows, path)
        for path, query, pattern in self._dependent_lists(today):
            self._read(path, query, 1, pattern)

    def _read(self, path: str, query: Query, rows: int, pattern: str) -> None:
        """Read one list. `pattern` is its path as the types have it."""
        if self._is_stopped():
            return
        names = tuple(each.name for each in all_types() if each.path == pattern)
        try:
            response = self._client.get(path, {"orderby": "Id", **query, "limit": str(rows)})
        except RateLimited as error:
            # Without a status, the call was not sent, since the function has too little time left for it.
            self.is_cut_short, self.stopped_by = error.status is None, error if error.status else None
            return
        except BuildiumError as error:
            self.readings[path] = Reading(path, names, error=error)
            if _stops_others(error) or (isinstance(error, BuildiumNotFound) and len(self.readings) == 1):
                self.stopped_by = error
            return
        self._compare_clocks(response)
        found = response.content if isinstance(response.content, list) else []
        self.readings[path] = Reading(path, names, found, len(found) < rows)

    def read_ids(self, path: str, parameter: str, ids: Sequence[int]) -> set[int] | None:
        """Return those ids that Buildium has, with a query parameter that filters by id. None if not all were read."""
        found: set[int] = set()
        for start in range(0, len(ids), _IDS_PER_LIST):
            if self._is_stopped():
                return None
            chunk = [str(each) for each in ids[start : start + _IDS_PER_LIST]]
            try:
                rows = self._client.get(path, {"orderby": "Id", parameter: chunk, "limit": str(len(chunk))}).content
            except BuildiumError:
                # The check of the permission for the same list has reported it.
                return None
            found |= {int(row["Id"]) for row in rows}
        return found

    def _is_stopped(self) -> bool:
        """Return whether no other list is read. It is cut short if the calls are used up."""
        self.is_cut_short = self.is_cut_short or self._calls() + _CALLS_OF_ONE_READ > MAX_CALLS
        return self.is_cut_short or self.stopped_by is not None

    def _dependent_lists(self, today: date) -> Iterator[tuple[str, Query, str]]:
        """Yield the lists whose path or query contains the id of an entity that was read."""
        accounts = self.readings.get(_GL_ACCOUNTS)
        if accounts and accounts.rows:
            period = {"startdate": str(today - timedelta(1)), "enddate": str(today)}
            ledger = (each.path for each in listed_types() if each.needs_gl_accounts)
            yield from ((path, {**period, "glaccountids": str(accounts.rows[0]["Id"])}, path) for path in ledger)
        # The lists below one entity have one permission, so that the first of them is enough.
        nested = {each.base_list(today)[0]: each for each in reversed(all_types()) if "{parent}" in each.path}
        for root, entity_type in nested.items():
            if (parents := self.readings.get(root)) and parents.rows:
                yield entity_type.list_path(parents.rows[0]["Id"]), {}, entity_type.path

    def _compare_clocks(self, response: BuildiumResponse) -> None:
        try:
            sent_at = parsedate_to_datetime(response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return
        self.clock_skew_seconds = self._clock() - sent_at.timestamp()


def _flat_lists(today: date) -> Iterator[tuple[str, Query, int]]:
    """Yield each list once: those with the choices of defaults first, then those of the types."""
    defaults = {default.path: default for entity_type in all_types() for default in entity_type.defaults}
    yield from ((default.path, default.query, _MAX_ROWS) for default in defaults.values())
    types = dict(each.base_list(today) for each in listed_types() if not each.needs_gl_accounts)
    yield from ((path, query, 1) for path, query in types.items() if path not in defaults)
    yield _BALANCES, {"orderby": "LeaseId"}, 1


def _stops_others(error: BuildiumError) -> bool:
    """Return whether the error has nothing to do with the list that was read."""
    if error.status == HTTPStatus.FORBIDDEN:
        return False
    return error.scope is Scope.SYSTEM or (isinstance(error, BuildiumUnavailable) and error.status == HTTPStatus.OK)
