"""Pass-through fields: an update copies them from Buildium's read into the PUT.

Buildium: a PUT replaces the whole entity, so it empties every field that is left out. Buildium adds fields without
notice, and ignores unknown keys in a payload. So an update returns every field of the read, except for names that are
known as read-only.

Three kinds of values are not copied: references (objects with an Id), because a PUT has another form for them; lists of
objects; and masked values, because they would replace the real ones.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

_Json = dict[str, Any]

_READ_ONLY_EVERYWHERE = frozenset({"Id", "Href", "CreatedDateTime", "LastUpdatedDateTime"})
_MASKED = re.compile(r"\S*([*•#]{2}|[xX]{3})\S*")
"""One word with a run of characters that mask others."""


def carry_over(written: _Json, shown: _Json, read_only_in_buildium: frozenset[str], parent: str = "") -> _Json:
    """Return the payload `written` of a PUT with the missing values of the payload `shown` of a read.

    `read_only_in_buildium` holds the names to leave out; a name within an object is `Object.Name`. The rules also
    apply within objects that both payloads have, and within the items of their lists.
    """
    payload = dict(written)
    for name, value in shown.items():
        path = f"{parent}{name}"
        if name in written:
            payload[name] = _merged(written[name], value, read_only_in_buildium, f"{path}.")
        elif path not in read_only_in_buildium and _is_writable(name, value):
            payload[name] = value
    return payload


def _merged(written: Any, shown: Any, read_only_in_buildium: frozenset[str], parent: str) -> Any:
    if isinstance(written, dict) and isinstance(shown, dict):
        return carry_over(written, shown, read_only_in_buildium, parent)
    if _is_list_of_objects(written) and _is_list_of_objects(shown):
        pairs = _pairs(written, shown)
        return [
            item if match is None else carry_over(item, match, read_only_in_buildium, parent) for item, match in pairs
        ]
    return written


def _pairs(written: Sequence[_Json], shown: Sequence[_Json]) -> list[tuple[_Json, _Json | None]]:
    """Return each written item with the item of the read that it matches, or None: by Id, or without one by content."""
    unmatched = list(shown)
    pairs = []
    for item in written:
        matches = _has_id(item["Id"]) if item.get("Id") is not None else _has_content(item)
        found = next((index for index, other in enumerate(unmatched) if matches(other)), None)
        pairs.append((item, None if found is None else unmatched.pop(found)))
    return pairs


def _has_id(item_id: int) -> Callable[[_Json], bool]:
    return lambda shown: shown.get("Id") == item_id


def _has_content(item: _Json) -> Callable[[_Json], bool]:
    return lambda shown: "Id" not in item and all(shown.get(name) == value for name, value in item.items())


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_writable(name: str, value: Any) -> bool:
    """Return whether a value is present, has the same form in a PUT, and is not masked."""
    if name in _READ_ONLY_EVERYWHERE or value is None:
        return False
    if isinstance(value, dict):
        filled = {key: inner for key, inner in value.items() if inner is not None}
        return "Id" not in value and bool(filled) and all(_is_writable(key, inner) for key, inner in filled.items())
    if isinstance(value, list):
        return bool(value) and all(not isinstance(item, dict | list) and _is_writable("", item) for item in value)
    return not (isinstance(value, str) and _MASKED.fullmatch(value))
