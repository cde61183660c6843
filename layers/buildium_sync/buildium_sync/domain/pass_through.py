"""Values of Buildium that this product does not model: an update carries them from the read over into the PUT.

Buildium: a PUT replaces the whole entity, so it empties every field that it leaves out. Buildium adds fields without
notice, and ignores keys that a message does not have. So everything that a read shows is written back unless its name
is known to be read-only. Not carried are references (objects with an Id), which a PUT takes in another shape, lists of
objects, and masked values, which would replace the real ones.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

_Json = dict[str, Any]

_READ_ONLY_EVERYWHERE = frozenset({"Id", "Href", "CreatedDateTime", "LastUpdatedDateTime"})
_MASKED = re.compile(r"\S*([*•#]{2}|[xX]{3})\S*")
"""One word with a run of the characters that stand for hidden ones."""


def carry_over(written: _Json, shown: _Json, read_only: frozenset[str], parent: str = "") -> _Json:
    """Return the PUT message `written` with what it lacks of the read message `shown`.

    `read_only` holds the names that are left out; a name inside an object is `Object.Name`. The rule holds for
    objects that both messages have, and for the items of their lists.
    """
    message = dict(written)
    for name, value in shown.items():
        path = f"{parent}{name}"
        if name in written:
            message[name] = _merged(written[name], value, read_only, f"{path}.")
        elif path not in read_only and _is_writable(name, value):
            message[name] = value
    return message


def _merged(written: Any, shown: Any, read_only: frozenset[str], parent: str) -> Any:
    if isinstance(written, dict) and isinstance(shown, dict):
        return carry_over(written, shown, read_only, parent)
    if _is_list_of_objects(written) and _is_list_of_objects(shown):
        pairs = _pairs(written, shown)
        return [item if same is None else carry_over(item, same, read_only, parent) for item, same in pairs]
    return written


def _pairs(written: Sequence[_Json], shown: Sequence[_Json]) -> list[tuple[_Json, _Json | None]]:
    """Return each written item with the shown one that it is, by Id or else by equal content, or with None."""
    left = list(shown)
    pairs = []
    for item in written:
        is_same = _has_id(item["Id"]) if item.get("Id") is not None else _has_content(item)
        found = next((at for at, other in enumerate(left) if is_same(other)), None)
        pairs.append((item, None if found is None else left.pop(found)))
    return pairs


def _has_id(item_id: int) -> Callable[[_Json], bool]:
    return lambda shown: shown.get("Id") == item_id


def _has_content(item: _Json) -> Callable[[_Json], bool]:
    return lambda shown: "Id" not in item and all(shown.get(name) == value for name, value in item.items())


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_writable(name: str, value: Any) -> bool:
    """Return whether there is a value, it has the same shape in a PUT, and it is not masked."""
    if name in _READ_ONLY_EVERYWHERE or value is None:
        return False
    if isinstance(value, dict):
        filled = {key: inner for key, inner in value.items() if inner is not None}
        return "Id" not in value and bool(filled) and all(_is_writable(key, inner) for key, inner in filled.items())
    if isinstance(value, list):
        return bool(value) and all(not isinstance(item, dict | list) and _is_writable("", item) for item in value)
    return not (isinstance(value, str) and _MASKED.fullmatch(value))
