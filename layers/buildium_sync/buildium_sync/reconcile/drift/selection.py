"""Which entries of a drift report a repair writes."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from buildium_sync.domain.merge import Side
from buildium_sync.domain.pauses import Direction

DriftEntryDict = dict[str, Any]
"""An entry of the drift report, in JSON's types."""


_DIRECTIONS = {Side.LOCAL.value: Direction.INBOUND, Side.REMOTE.value: Direction.OUTBOUND}


class RepairSelection(NamedTuple):
    """The entries that a repair writes. By default all that have writes. Inbound writes locally, outbound in Buildium.

    `keys` are the keys of the chosen entries (see `key`), None for all. With a `direction`, an entry is selected if all
    its writes go that way. So a repair in one direction never writes to the other side.
    """

    direction: Direction | None = None
    keys: frozenset[str] | None = None

    @classmethod
    def of(cls, direction: str | None, keys: Iterable[str] | None) -> "RepairSelection":
        """Return the selection with these values of a request or of a stored state."""
        return cls(Direction(direction) if direction else None, None if keys is None else frozenset(keys))

    def includes(self, entry: DriftEntryDict) -> bool:
        """Return whether a repair writes an entry."""
        is_chosen = self.keys is None or not self.keys.isdisjoint(entry_keys(entry))
        return bool(entry["writes"]) and is_chosen and self.direction in (None, direction_of(entry))


def writes_to(entry: DriftEntryDict, side: Side) -> bool:
    """Return whether an entry writes to a side."""
    return any(write["target"] == side for write in entry["writes"])


def key(entity: Mapping[str, Any]) -> str:
    """Return the key of an entity with an `entityType`, and an `entityId` or a `buildiumId`."""
    local_id = entity.get("entityId")
    return f"{entity['entityType']}#{local_id}" if local_id else f"{entity['entityType']}@{entity['buildiumId']}"


def entry_keys(entry: DriftEntryDict) -> list[str]:
    """Return the keys by which an entry can be chosen: that of its local id and that of its Buildium id."""
    named = {name: entry[name] for name in ("entityId", "buildiumId") if entry[name] is not None}
    return [key({"entityType": entry["entityType"], name: value}) for name, value in named.items()]


def direction_of(entry: DriftEntryDict) -> Direction | None:
    """Return the direction of all writes of an entry. None without writes, and with writes to both sides."""
    directions = {_DIRECTIONS[write["target"]] for write in entry["writes"]}
    return directions.pop() if len(directions) == 1 else None
