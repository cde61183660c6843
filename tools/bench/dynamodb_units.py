"""DynamoDB's arithmetic: sizes of items, and the units that reads and writes take.

AWS: an item's size is that of its attributes' names and values; a write takes a unit a KB begun, of the larger of the
item before and after; a read one for 4 KB begun, half of it when it need not be consistent; in a transaction both are
doubled. An index is written whenever what it holds of an item changes: once where an entry comes, goes or changes,
twice where its key changes. Emulators tell none of this, so it is computed from the items.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
"""An item in DynamoDB's form, `{"pk": {"S": "…"}}`."""
Index = Sequence[str]
"""An index's key attributes. Every index here holds all of an item."""

_KB = 1024


def item_size(item: Item) -> int:
    """Return an item's size in bytes."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """Return the units that the table takes for a write outside of a transaction; one that finds nothing takes one."""
    return max(math.ceil(max(item_size(before or {}), item_size(after or {})) / _KB), 1)


def index_units(before: Item | None, after: Item | None, indexes: Iterable[Index]) -> int:
    """Return the units that the indexes take for it."""
    return sum(_index_units(before, after, index) for index in indexes)


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Return the units of one read of these items together: a query's page, or an item alone."""
    return max(math.ceil(sum(sizes) / (4 * _KB)), 1) * (1.0 if consistent else 0.5)


def _index_units(before: Item | None, after: Item | None, index: Index) -> int:
    old, new = (_entry(item, index) for item in (before, after))
    if old == new:
        return 0
    if old is not None and new is not None and any(old[name] != new[name] for name in index):
        return write_units(old, None) + write_units(None, new)
    return write_units(old, new)


def _entry(item: Item | None, index: Index) -> Item | None:
    return item if item and all(name in item for name in index) else None


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return math.ceil(len(content.lstrip("-").replace(".", "").strip("0")) / 2) + 1
    if kind == "L":
        return 3 + sum(1 + _value_size(part) for part in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(part) for name, part in content.items())
    return len(content) if kind == "B" else 1
