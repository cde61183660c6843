"""What a job has seen of one type, over all its slices."""

from collections.abc import Iterable

from buildium_sync.store.jobs import JobStore


class SeenIds:
    """Ids that a job has met: Buildium's, which are numbers, and ours, which are texts.

    They are read once a slice from the parts that earlier slices have put aside.
    """

    def __init__(self, jobs: JobStore, name: str, parts: int) -> None:
        self._jobs = jobs
        self._name = name
        self._parts = parts
        self._ids: set[int | str] = set(jobs.chunks(name, range(parts)))
        self._new: list[int | str] = []

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._ids

    def add(self, ids: Iterable[int | str]) -> None:
        """Note what was met just now; `put_aside` keeps it."""
        new = [each for each in dict.fromkeys(ids) if each not in self._ids]
        self._ids.update(new)
        self._new += new

    def put_aside(self, now: float) -> int:
        """Keep what is new, at `now` (seconds since the epoch), and return how many parts there are."""
        if self._new:
            self._jobs.put_chunk(self._name, self._parts, self._new, now)
            self._parts, self._new = self._parts + 1, []
        return self._parts
