"""What is kept of those of Buildium's that a doubtful one of ours may be: enough for a person to tell them apart.

A review may wait for weeks, so little is kept: of ten candidates at most, the fields that their type names in
`told_by` and that have a value. None of them says how to reach a person, and of a bank account's number there is the
ending alone, which the API shows of every account. It stands in the sync record and goes with the decision.
"""

from collections.abc import Mapping
from typing import Any

from buildium_sync.domain.entity_type import NO_LINKS, EntityType, Fields, Payload

MAX_CANDIDATES = 10
"""Candidates of which something is kept; of the others their ids are."""
_MAX_TEXT_LENGTH = 127
"""Characters of a text: a name is not longer in Buildium."""


def candidate_fields(entity_type: EntityType, message: Payload) -> Fields:
    """Return what is kept of one of Buildium's entities, by our names of the fields."""
    return _identifying_fields(entity_type, entity_type.from_buildium(message, NO_LINKS))


def candidate_details(entity_type: EntityType, local: Fields, remote: Mapping[int, Fields]) -> list[dict[str, Any]]:
    """Return what a sync record keeps of candidates, from what `told` gave of them by their Buildium ids.

    Each is `{"buildiumId", "fields", "differingFields"}`. `differingFields` names the
    fields whose local value is different.
    """
    own = _identifying_fields(entity_type, local)
    return [
        {"buildiumId": buildium_id, "fields": fields, "differingFields": _differing_fields(entity_type, own, fields)}
        for buildium_id, fields in list(remote.items())[:MAX_CANDIDATES]
    ]


def _identifying_fields(entity_type: EntityType, fields: Fields) -> Fields:
    return {name: _truncate(fields[name]) for name in entity_type.told_by if fields.get(name) is not None}


def _differing_fields(entity_type: EntityType, local: Fields, remote: Fields) -> list[str]:
    names = [name for name in entity_type.told_by if name in local or name in remote]
    return [name for name in names if not entity_type.values_equal(name, local.get(name), remote.get(name))]


def _truncate(value: Any) -> Any:
    return f"{value[: _MAX_TEXT_LENGTH - 1]}…" if isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH else value
