"""The queries of the lists that polls, imports and drift checks read."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload, Query

_ACCOUNTS_PER_LIST = 100
"""General ledger accounts in one query. Each takes about 25 characters of the URL."""
_DAY_SECONDS = 86_400
_FUTURE_DAYS = 366
"""Entries may be dated in the future, such as prepaid rent."""


class ListQueries:
    """Completes the lists of types that need general ledger accounts.

    `horizon_days` is the age, in days, of the oldest ledger entries that are read.
    """

    def __init__(self, client: BuildiumClient, horizon_days: int) -> None:
        self._client = client
        self._horizon_days = horizon_days

    def full(self, entity_type: EntityType, today: date) -> Sequence[Query]:
        """Return the lists that together show every entity. Raises BuildiumError."""
        return self._completed(entity_type, entity_type.full_lists(today), today)

    def recent(self, entity_type: EntityType, today: date) -> Sequence[Query]:
        """Return the lists that show new entities and most changed ones. Raises BuildiumError."""
        return self._completed(entity_type, entity_type.recent_lists(today), today)

    def _completed(self, entity_type: EntityType, lists: Sequence[Query], today: date) -> Sequence[Query]:
        if not entity_type.needs_gl_accounts:
            return lists
        first, last = today - timedelta(self._horizon_days), today + timedelta(_FUTURE_DAYS)
        period = {"startdate": first.isoformat(), "enddate": last.isoformat()}
        ids = self._gl_account_ids
        chunks = [ids[start : start + _ACCOUNTS_PER_LIST] for start in range(0, len(ids), _ACCOUNTS_PER_LIST)]
        return [{**query, **period, "glaccountids": chunk} for query in lists for chunk in chunks]

    @cached_property
    def _gl_account_ids(self) -> list[str]:
        rows = (row for page in self._client.pages("/glaccounts", {}) for row in page)
        return [str(each) for each in sorted({account_id for row in rows for account_id in _ids(row)})]


def _ids(account: Payload) -> Iterable[int]:
    """Yield the id of an account and those of its sub-accounts."""
    yield int(account["Id"])
    for child in account.get("SubAccounts") or ():
        yield from _ids(child)


def updated_since_query(entity_type: EntityType, cursor: float) -> dict[str, str]:
    """Return the query for the changes since a time (epoch seconds).

    Buildium: a time is in UTC, in whole seconds. A date is one day earlier, since its time zone is not documented.
    """
    if entity_type.updated_since_param is None:
        return {}
    at = datetime.fromtimestamp(effective_since(entity_type, cursor), UTC)
    since = f"{at:%Y-%m-%d}" if entity_type.updated_since_is_date_only else f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {entity_type.updated_since_param: since}


def effective_since(entity_type: EntityType, cursor: float) -> float:
    """Return the time (epoch seconds) from which on a poll with this cursor lists changes."""
    if entity_type.updated_since_param is None:
        return 0.0
    return (cursor // _DAY_SECONDS - 1) * _DAY_SECONDS if entity_type.updated_since_is_date_only else cursor
