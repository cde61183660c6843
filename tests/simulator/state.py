"""The data of the simulated account."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.simulator.model import CREATED, DELETED, UPDATED, Change, Json, Record

FIRST_PART_ID = 90001


class State:
    """Entities by type and id. Every change happens inside `transaction`, which reports it.

    Ids are counted per type from `first_ids`, so that an id of the wrong type is detected.
    """

    def __init__(self, first_ids: Mapping[str, int], clock: Callable[[], float]) -> None:
        self.clock = clock
        self._first_ids = first_ids
        self._lock = threading.RLock()
        self._changes: list[Change] = []
        self._records: dict[str, dict[int, Record]] = defaultdict(dict)
        self._groups: dict[tuple[str, str], defaultdict[object, list[Record]]] = {}
        self._next_id = dict(first_ids)

    @contextmanager
    def transaction(self) -> Iterator[list[Change]]:
        """Lock the account; yields the list that collects every change made in the transaction."""
        with self._lock:
            changes: list[Change] = []
            self._changes = changes
            yield changes

    def clear(self) -> None:
        """Delete all entities and reset the ids."""
        with self._lock:
            self._records.clear()
            self._groups.clear()
            self._next_id = dict(self._first_ids)

    def find(self, type_name: str, entity_id: int) -> Record | None:
        """The record, or None."""
        with self._lock:
            return self._records[type_name].get(entity_id)

    def exists(self, type_name: str, entity_id: int) -> bool:
        """Whether there is such an entity."""
        return self.find(type_name, entity_id) is not None

    def all(self, type_name: str) -> list[Record]:
        """Every record of a type, in creation order."""
        with self._lock:
            return list(self._records[type_name].values())

    def having(self, type_name: str, key: str, value: object) -> list[Record]:
        """The records of a type whose `key` equals `value`, in creation order."""
        with self._lock:
            if (type_name, key) not in self._groups:
                groups = self._groups[type_name, key] = defaultdict(list)
                for record in self.all(type_name):
                    groups[record.public[key]].append(record)
            return list(self._groups[type_name, key].get(value, ()))

    def new_id(self, kind: str) -> int:
        """The next id of a type, or of parts of entities, such as the lines of bills."""
        entity_id = self._next_id.get(kind, FIRST_PART_ID)
        self._next_id[kind] = entity_id + 1
        return entity_id

    def insert(self, type_name: str, public: Json, private: Json | None = None) -> Record:
        """Store a new entity under the type's next id."""
        now = self.clock()
        record = Record(type_name, self.new_id(type_name), public, private or {}, now, now)
        self._records[type_name][record.id] = record
        self._note(record, CREATED)
        return record

    def update(self, record: Record, public: Json, private: Json | None = None) -> None:
        """Replace the fields of an entity; `private` None keeps the private ones."""
        record.public = public
        record.private = record.private if private is None else private
        record.updated_at = self.clock()
        self._note(record, UPDATED)

    def remove(self, record: Record) -> None:
        """Delete an entity."""
        del self._records[record.type_name][record.id]
        self._note(record, DELETED)

    def _note(self, record: Record, operation: str) -> None:
        self._regroup(record, operation)
        self._changes.append(Change(record.type_name, record.id, operation, record.public))

    def _regroup(self, record: Record, operation: str) -> None:
        for type_name, key in [group for group in self._groups if group[0] == record.type_name]:
            if operation == CREATED:
                self._groups[type_name, key][record.public[key]].append(record)
            else:
                del self._groups[type_name, key]
