"""An entity's timeline, a page at a time."""

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.entry import TimelineEntry


class TimelineReader:
    """Reads timelines. One is read whole: it is bounded, and its pages are kept in a ring."""

    def __init__(self, activity: TimelineStore, clock: Clock) -> None:
        self._activity = activity
        self._clock = clock

    def page(self, ref: EntityRef, *, limit: int, cursor: str | None) -> tuple[list[TimelineEntry], str | None]:
        """Return one page of what happened to an entity, oldest first, and the next cursor.

        Raises MalformedRequest for a cursor that is not of this timeline.
        """
        fixed = {"pk": ref.pk}
        after = decode_cursor(cursor, fixed, "after")["after"] if cursor else ""
        entries = {
            f"{page.number:09}.{place:04}": entry
            for page in self._activity.pages(ref, self._clock())
            for place, entry in enumerate(page.entries)
        }
        left = [position for position in entries if position > after]
        next_cursor = encode_cursor({**fixed, "after": left[limit - 1]}) if len(left) > limit else None
        return [entries[position] for position in left[:limit]], next_cursor
