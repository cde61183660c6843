"""Reading one of Buildium's lists to its end while entities are created, edited and deleted.

A list is read in order of Id, page by page, over several runs if need be. What is deleted before the place that was
read up to moves every later row forward, and a page that began there would leave some out. So each page begins with
the last row that was seen; when it does not, the page begins further ahead. A row may come twice, none is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.buildium.responses import ResponsePage
from buildium_sync.domain.entity_type import Payload
from buildium_sync.errors import BuildiumUnavailable
from buildium_sync.observability import increment, logger

_REWIND_STEP = 100
"""Rows by which a page begins further ahead; it doubles."""


@dataclass(frozen=True, slots=True)
class ListCursor:
    """How far a list has been read: so many rows of it, the last of which has the Id `last_id`."""

    offset: int = 0
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class ListRow:
    """An entity as a list shows it, and the position after it."""

    message: Payload
    after: ListCursor

    @property
    def buildium_id(self) -> int:
        """Buildium's id of the entity."""
        return self.after.last_id


@dataclass(frozen=True, slots=True)
class ListPage:
    """The rows of one page that were not seen yet, the position after them, and whether the list ends there.

    `total` is how many rows the whole list has, None where Buildium does not tell.
    """

    rows: list[ListRow]
    after: ListCursor
    is_last: bool
    total: int | None


class ListReader:
    """Reads lists of one Buildium account."""

    def __init__(self, client: BuildiumClient) -> None:
        self._client = client

    def read_page(self, path: str, query: Mapping[str, str], position: ListCursor) -> ListPage:
        """Return what comes after a position. Raises BuildiumError."""
        start = max(position.offset - 1, 0)
        page = self._client.page(path, query, start)
        step = _REWIND_STEP
        while start > 0 and _may_skip_rows(page, position):
            start, step = max(start - step, 0), step * 2
            page = self._client.page(path, query, start)
        return _portion(page, start, position)


def _may_skip_rows(page: ResponsePage, position: ListCursor) -> bool:
    """Tell whether rows that were not seen may stand before a page: it does not begin with one that was."""
    first = next((row["Id"] for row in page.rows if _is_entity(row)), None)
    return first is None or first > position.last_id


def _portion(page: ResponsePage, start: int, position: ListCursor) -> ListPage:
    rows = []
    last_id = position.last_id
    for place, row in enumerate(page.rows, start=start + 1):
        if not _is_entity(row):
            logger.error("Skipped list row without an Id", extra={"row": place})
            increment("InvalidListRow")
        elif row["Id"] > last_id:
            last_id = row["Id"]
            rows.append(ListRow(row, ListCursor(place, last_id)))
    end = start + len(page.rows)
    goes_on = end < page.total and len(page.rows) > (1 if start else 0)
    if not goes_on and end < page.total < float("inf"):
        raise BuildiumUnavailable("Buildium's list ended early", is_outage=False)
    total = None if page.total == float("inf") else int(page.total)
    return ListPage(rows, ListCursor(end, last_id), not goes_on, total)


def _is_entity(row: Any) -> bool:
    return isinstance(row, dict) and type(row.get("Id")) is int
