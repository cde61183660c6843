"""Reads an entity's timeline, page by page, with the names of operators."""

from collections.abc import Mapping

from buildium_sync.clock import Clock
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.operator import OperatorNames, names_of
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.entry import TimelineEntry


class TimelineReader:
    """Reads timelines. All pages of a timeline are read, since their number is limited."""

    def __init__(self, store: TimelineStore, clock: Clock, operator_names: OperatorNames) -> None:
        self._store = store
        self._clock = clock
        self._operator_names = operator_names

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
        return self._with_names([entries[position] for position in left[:limit]]), next_cursor

    def _with_names(self, entries: list[TimelineEntry]) -> list[TimelineEntry]:
        names = names_of(self._operator_names, (entry["by"]["apiKeyId"] for entry in entries if "by" in entry))
        return [_with_name(entry, names) for entry in entries]


def _with_name(entry: TimelineEntry, names: Mapping[str | None, str]) -> TimelineEntry:
    if "by" not in entry:
        return entry
    return {**entry, "by": {**entry["by"], "name": names.get(entry["by"]["apiKeyId"])}}
