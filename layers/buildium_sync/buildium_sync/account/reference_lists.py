"""The lists of an account from which a person chooses a Buildium id: general ledger accounts, users and others.

Buildium has no local entities for most of them. A list is cached in the control table, because it rarely changes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock, format_iso, parse_iso
from buildium_sync.domain.choices import payload_name
from buildium_sync.domain.json_types import Payload, Query
from buildium_sync.errors import BuildiumError, NotFound
from buildium_sync.observability import logger
from buildium_sync.store.reference_items import ReferenceListStore

_CACHE_TTL_SECONDS = 600
_REFRESH_INTERVAL_SECONDS = 2
"""Refreshes within this time share one read. Otherwise repeated ones would use up Buildium's rate limit."""
_MAX_ITEMS = 2000
"""The limit of one list. An item of the control table has at most 400 KB."""


def _no_more(_payload: Payload) -> dict[str, Any]:
    return {}


def _of_gl_account(payload: Payload) -> dict[str, Any]:
    return {"number": payload.get("AccountNumber"), "type": payload.get("Type")}


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """Where Buildium has a list, and what an item shows besides its id and name. Inactive items are left out."""

    path: str
    query: Query = field(default_factory=dict)
    more: Callable[[Payload], dict[str, Any]] = _no_more


REFERENCE_LISTS: Mapping[str, ReferenceList] = {
    "gl-accounts": ReferenceList("/glaccounts", more=_of_gl_account),
    "users": ReferenceList("/users", {"usertypes": "Staff", "status": "Active"}),
    "vendor-categories": ReferenceList("/vendors/categories"),
    "task-categories": ReferenceList("/tasks/categories"),
    "bank-accounts": ReferenceList("/bankaccounts", {"bankaccountstatus": "Active"}),
}
"""By the last part of `/api/reference/{list}`. Only staff can be assigned to a task."""


class ReferenceLists:
    """Reads the lists of one account from the cache or from Buildium."""

    def __init__(self, client: BuildiumClient, store: ReferenceListStore, clock: Clock) -> None:
        self._client = client
        self._store = store
        self._clock = clock

    def read(self, name: str, *, refresh: bool = False) -> dict[str, Any]:
        """Return `items`, at most 2000 of them, and `readAt`, the time at which Buildium was read.

        If Buildium does not return the list, an older cached one is returned, unless `refresh` asks for a new one.
        Raises NotFound for an unknown list, and BuildiumError.
        """
        if name not in REFERENCE_LISTS:
            raise NotFound(f"Unknown list {name!r}. Known lists: {', '.join(REFERENCE_LISTS)}.")
        cached = self._store.read(name)
        max_age_seconds = _REFRESH_INTERVAL_SECONDS if refresh else _CACHE_TTL_SECONDS
        if cached is not None and parse_iso(cached["readAt"]) > self._clock() - max_age_seconds:
            return cached
        try:
            return self._read(name)
        except BuildiumError as error:
            if cached is None or refresh:
                raise
            logger.warning("Reference list not read; returned the cached one", extra={"list": name, "code": error.code})
            return cached

    def _read(self, name: str) -> dict[str, Any]:
        items = list(islice(self._items(REFERENCE_LISTS[name]), _MAX_ITEMS))
        found = {"items": items, "readAt": format_iso(self._clock())}
        self._store.write(name, found, int(self._clock()))
        return found

    def _items(self, wanted: ReferenceList) -> Iterator[dict[str, Any]]:
        for page in self._client.pages(wanted.path, wanted.query):
            for payload in page:
                if payload.get("IsActive", True):
                    yield {"id": payload["Id"], "name": payload_name(payload), **wanted.more(payload)}
