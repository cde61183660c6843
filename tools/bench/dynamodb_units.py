"""Calculates item sizes, and the units of reads and writes, by DynamoDB's rules.

AWS: the size of an item is that of its attributes' names and values. A write takes one unit per started KB of the
larger of the item before and after. A read takes one unit per started 4 KB, and half of it if it is eventually
consistent. In a transaction both are doubled.

An index is written when its part of an item changes: one write if an entry is added, removed or changed, two if its key
changes. Emulators do not return units, so they are calculated from the items.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
"""An item in DynamoDB's format, `{"pk": {"S": "…"}}`."""
Index = Sequence[str]
"""The key attributes of an index. Every index here projects all attributes."""

_KB = 1024


def item_size(item: Item) -> int:
    """Return an item's size in bytes."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """Return the units of a write to the table outside of a transaction. A write without an item takes one."""
    return max(math.ceil(max(item_size(before or {}), item_size(after or {})) / _KB), 1)


def index_units(before: Item | None, after: Item | None, indexes: Iterable[Index]) -> int:
    """Return the units of a write to the indexes."""
    return sum(_index_units(before, after, index) for index in indexes)


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Return the units of one read of these items: a page of a query, or a single item."""
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
