"""The ids that a job has seen of one entity type, over all its slices."""

from collections.abc import Iterable

from buildium_sync.store.jobs import JobStore


class SeenIds:
    """A set of Buildium ids (integers) and local ids (strings), stored in chunks of the job `name`.

    The `chunks` chunks of earlier slices are read once per slice.
    """

    def __init__(self, jobs: JobStore, name: str, chunks: int) -> None:
        self._jobs = jobs
        self._name = name
        self._chunks = chunks
        self._ids: set[int | str] = set(jobs.chunks(name, range(chunks)))
        self._new: list[int | str] = []

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._ids

    def add(self, ids: Iterable[int | str]) -> None:
        """Add ids. `save` stores them."""
        new = [each for each in dict.fromkeys(ids) if each not in self._ids]
        self._ids.update(new)
        self._new += new

    def save(self, now: float) -> int:
        """Store the new ids at `now` (epoch seconds), and return the number of chunks."""
        if self._new:
            self._jobs.put_chunk(self._name, self._chunks, self._new, now)
            self._chunks, self._new = self._chunks + 1, []
        return self._chunks
