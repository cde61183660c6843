"""What the sync record stores about the candidates of a review, so that a person can choose one.

A review may last for weeks, so little personal data is stored: the `review_fields` of at most ten candidates. These
fields contain no contact details. Of a bank account number they contain the last digits only, which the API shows of
every account. The decision removes them from the sync record.
"""

from collections.abc import Mapping
from typing import Any

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import NO_LINKS

MAX_CANDIDATES = 10
"""Candidates whose fields are stored. Of the others only the ids are stored."""
_MAX_TEXT_LENGTH = 127
"""Characters. Buildium limits names to this length."""


def candidate_fields(entity_type: EntityType, payload: Payload) -> Fields:
    """Return the stored fields of a candidate from its Buildium payload."""
    return review_fields(entity_type, entity_type.from_buildium(payload, NO_LINKS))


def candidate_details(entity_type: EntityType, local: Fields, remote: Mapping[int, Fields]) -> list[dict[str, Any]]:
    """Return what the sync record stores about candidates. `remote` has their `candidate_fields` by Buildium id.

    Each is `{"buildiumId", "fields", "differingFields"}`. `differingFields` names the fields whose local value is
    different.
    """
    local_fields = review_fields(entity_type, local)
    return [
        {
            "buildiumId": buildium_id,
            "fields": fields,
            "differingFields": _differing_fields(entity_type, local_fields, fields),
        }
        for buildium_id, fields in list(remote.items())[:MAX_CANDIDATES]
    ]


def review_fields(entity_type: EntityType, fields: Fields) -> Fields:
    """Return those fields that describe a candidate."""
    return {name: _truncate(fields[name]) for name in entity_type.review_fields if fields.get(name) is not None}


def _differing_fields(entity_type: EntityType, local: Fields, remote: Fields) -> list[str]:
    names = [name for name in entity_type.review_fields if name in local or name in remote]
    return [name for name in names if not entity_type.values_equal(name, local.get(name), remote.get(name))]


def _truncate(value: Any) -> Any:
    return f"{value[: _MAX_TEXT_LENGTH - 1]}…" if isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH else value
