"""Reads the change feed for the API."""

from typing import Any

from buildium_sync.api.parsing import LATEST
from buildium_sync.clock import Clock
from buildium_sync.entity_types.registry import by_name
from buildium_sync.store.change_feed import ChangeFeed


class ChangeService:
    """The change feed as the API shows it."""

    def __init__(self, feed: ChangeFeed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock

    def page(self, entity_type: str | None, *, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return a page of changes, oldest first.

        Raises NotFound for an unknown entity type, MalformedRequest for a cursor of another list, and ChangesExpired if
        the changes after the cursor are no longer kept.
        """
        if entity_type is not None:
            by_name(entity_type)
        if cursor == LATEST:
            found = self._feed.latest()
        else:
            found = self._feed.page(entity_type=entity_type, limit=limit, cursor=cursor, now=self._clock())
        return {"items": list(found.changes), "nextCursor": found.next_cursor, "hasMore": found.has_more}
