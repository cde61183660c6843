"""Reads the end of a Buildium list in order of Id, which has the newest entities."""

import math
from typing import Any

from buildium_sync.buildium.client import BuildiumClient, QueryParameters
from buildium_sync.buildium.responses import total_count

_FIRST_STEP_ROWS = 500
"""Rows before the end of a list at which the reading starts. The number doubles until older rows appear."""


def newest_id(client: BuildiumClient, path: str, query: QueryParameters) -> int:
    """Return the highest Id in a list, 0 if it is empty. Raises BuildiumError.

    It takes two calls. The result is 0 if the list shrinks between them: a low value is always safe.
    """
    first = client.get(path, _row(query, 0))
    count = total_count(first)
    if count == math.inf:
        return max((_id(row) for page in client.pages(path, query) for row in page), default=0)
    rows = first.content if count <= 1 else client.get(path, _row(query, int(count) - 1)).content
    return max(map(_id, rows), default=0)


def rows_after(client: BuildiumClient, path: str, query: QueryParameters, buildium_id: int) -> list[dict[str, Any]]:
    """Return the rows of a list whose Id is higher than `buildium_id`. Raises BuildiumError.

    A long list is read backward from its end, which takes two or three calls.
    """
    page, start, step = client.page(path, query, 0), 0, _FIRST_STEP_ROWS
    is_long = len(page.rows) < page.total < math.inf
    while is_long and (step == _FIRST_STEP_ROWS or (start > 0 and _begins_after(page.rows, buildium_id))):
        start = max(int(page.total) - step, 0)
        page, step = client.page(path, query, start), step * 2
    rows = list(page.rows)
    while page.rows and start + len(rows) < page.total:
        page = client.page(path, query, start + len(rows))
        rows += page.rows
    return [row for row in rows if _id(row) > buildium_id]


def _begins_after(rows: list[Any], buildium_id: int) -> bool:
    return not rows or _id(rows[0]) > buildium_id


def _row(query: QueryParameters, offset: int) -> QueryParameters:
    return {**query, "orderby": "Id", "limit": "1", "offset": str(offset)}


def _id(row: Any) -> int:
    return row["Id"] if isinstance(row, dict) and type(row.get("Id")) is int else 0
