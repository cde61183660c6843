"""Reads a Buildium list to its end while entities are created, edited and deleted.

A list is read in order of Id, page by page, in several runs if necessary. A deletion in the part that has been read
moves all later rows forward, so the next page would skip rows. Therefore each page starts with the last known row. If
it does not, the page starts further forward. A row may be read twice, but no row is skipped.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.responses import ResponsePage
from buildium_sync.domain.json_types import Payload, Query
from buildium_sync.errors import BuildiumUnavailable
from buildium_sync.observability import increment, logger

_REWIND_STEP_ROWS = 100
"""Rows by which a page starts further forward. The step doubles."""


@dataclass(frozen=True, slots=True)
class ListCursor:
    """The position in a list: the number of rows before it, and the Id of the last of them."""

    offset: int = 0
    last_id: int = 0


class ListRow(NamedTuple):
    """An entity in a list, and the position after it."""

    payload: Payload
    after: ListCursor

    @property
    def buildium_id(self) -> int:
        """The Buildium id of the entity."""
        return self.after.last_id


class ListPage(NamedTuple):
    """The unread rows of one page, the position after them, and whether it is the last page.

    `total` is the number of rows of the whole list, None if Buildium does not return it.
    """

    rows: list[ListRow]
    after: ListCursor
    is_last: bool
    total: int | None


class ListReader:
    """Reads lists of one Buildium account. `id_field` is the field that identifies a row."""

    def __init__(self, client: BuildiumClient, *, id_field: str = "Id") -> None:
        self._client = client
        self._id_field = id_field

    def read_page(self, path: str, query: Query, position: ListCursor) -> ListPage:
        """Return the page after a position. Raises BuildiumError."""
        query = {**query, "orderby": self._id_field}
        start = max(position.offset - 1, 0)
        page = self._client.page(path, query, start)
        step = _REWIND_STEP_ROWS
        while start > 0 and _may_skip_rows(page, position, self._id_field):
            start, step = max(start - step, 0), step * 2
            page = self._client.page(path, query, start)
        return _unread_rows(page, start, position, self._id_field)


def _may_skip_rows(page: ResponsePage, position: ListCursor, id_field: str) -> bool:
    """Return whether unread rows may come before a page, because it does not start with a known row."""
    first = next((row[id_field] for row in page.rows if _is_entity(row, id_field)), None)
    return first is None or first > position.last_id


def _unread_rows(page: ResponsePage, start: int, position: ListCursor, id_field: str) -> ListPage:
    rows = []
    last_id = position.last_id
    for position_in_list, row in enumerate(page.rows, start=start + 1):
        if not _is_entity(row, id_field):
            logger.error("Skipped list row without an Id", extra={"row": position_in_list})
            increment("InvalidListRow")
        elif row[id_field] > last_id:
            last_id = row[id_field]
            rows.append(ListRow(row, ListCursor(position_in_list, last_id)))
    end = start + len(page.rows)
    has_more = end < page.total and len(page.rows) > (1 if start else 0)
    if not has_more and end < page.total < float("inf"):
        raise BuildiumUnavailable("Buildium's list ended early", is_outage=False)
    total = None if page.total == float("inf") else int(page.total)
    return ListPage(rows, ListCursor(end, last_id), not has_more, total)


def _is_entity(row: Any, id_field: str) -> bool:
    return isinstance(row, dict) and type(row.get(id_field)) is int
