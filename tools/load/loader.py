"""Sends the rows of a file in batches, several at a time, and stores the progress."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from tools.load.client import ApiClient, Rejection
from tools.load.progress import Progress
from tools.load.rows import Row

MAX_BATCH_ROWS = 100
_MAX_BATCH_BYTES = 1_000_000
"""The API accepts two MiB."""
_INVALID = 422


@dataclass(slots=True)
class _Batch:
    """Rows in order, with different external ids. Those with an error are not sent."""

    rows: list[Row] = field(default_factory=list)
    size: int = 0
    external_ids: set[str] = field(default_factory=set)

    def has_room(self, row: Row, size: int) -> bool:
        """Return whether a row can be added. A retried item would overwrite a later one with its external id."""
        is_small = len(self.rows) < MAX_BATCH_ROWS and self.size + size <= _MAX_BATCH_BYTES
        return not self.rows or (is_small and row.external_id not in self.external_ids)

    def add(self, row: Row, size: int) -> None:
        self.rows.append(row)
        self.size += size
        if row.external_id is not None:
            self.external_ids.add(row.external_id)

    def write(self, client: ApiClient, collection: str) -> list[Rejection]:
        sent = [row for row in self.rows if row.error is None]
        unsent = [Rejection(row, _INVALID, {"detail": row.error}) for row in self.rows if row.error is not None]
        return [*unsent, *(client.write(collection, sent) if sent else [])]


class Loader:
    """Loads rows into a collection. `show` is called after each batch."""

    def __init__(
        self, client: ApiClient, collection: str, progress: Progress, workers: int, show: Callable[[], None]
    ) -> None:
        self._client = client
        self._collection = collection
        self._progress = progress
        self._workers = workers
        self._show = show

    def load(self, rows: Iterable[Row]) -> None:
        """Load the rows that are not done. Rows with the same external id are written in order. Raises LoadStopped."""
        running: deque[tuple[_Batch, Future[list[Rejection]]]] = deque()
        with ThreadPoolExecutor(self._workers) as pool:
            for batch in _batches(row for row in rows if row.number > self._progress.done):
                while running and (len(running) >= self._workers or _shares_ids(batch, running)):
                    self._finish(*running.popleft())
                running.append((batch, pool.submit(batch.write, self._client, self._collection)))
            while running:
                self._finish(*running.popleft())
        self._progress.finish()

    def _finish(self, batch: _Batch, written: Future[list[Rejection]]) -> None:
        self._progress.record(batch.rows[-1].number, written.result())
        self._show()


def _shares_ids(batch: _Batch, running: Iterable[tuple[_Batch, object]]) -> bool:
    return any(batch.external_ids & other.external_ids for other, _ in running)


def _batches(rows: Iterable[Row]) -> Iterator[_Batch]:
    batch = _Batch()
    for row in rows:
        size = len(json.dumps(row.body))
        if not batch.has_room(row, size):
            yield batch
            batch = _Batch()
        batch.add(row, size)
    if batch.rows:
        yield batch
