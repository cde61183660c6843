"""Reads an entity's timeline, page by page."""

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.entry import TimelineEntry


class TimelineReader:
    """Reads timelines. All pages of a timeline are read, since their number is limited."""

    def __init__(self, store: TimelineStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def page(self, ref: EntityRef, *, limit: int, cursor: str | None) -> tuple[list[TimelineEntry], str | None]:
        """Return one page of an entity's timeline, oldest first, and the next cursor.

        Raises MalformedRequest for a cursor that is not of this timeline.
        """
        fixed = {"pk": ref.pk}
        after = decode_cursor(cursor, fixed, "after")["after"] if cursor else ""
        entries = {
            f"{page.number:09}.{place:04}": entry
            for page in self._store.pages(ref, self._clock())
            for place, entry in enumerate(page.entries)
        }
        left = [position for position in entries if position > after]
        next_cursor = encode_cursor({**fixed, "after": left[limit - 1]}) if len(left) > limit else None
        return [entries[position] for position in left[:limit]], next_cursor
