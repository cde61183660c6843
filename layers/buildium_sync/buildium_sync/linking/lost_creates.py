"""Decides which Buildium entities a lost create may have made.

An entity that is older than the create, by time or id, was not made by it. A later one that equals the sent fields was
made by it. A later one that differs may have been edited since: it needs a review.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.linking.id_links import aligned

_CREATED_AT_SKEW_SECONDS = 300.0
"""Tolerated delay of Buildium's clock."""
_MIN_IDENTIFYING_VALUES = 2
"""With one identifying value, an edit of that value would hide the created entity."""


class Verdict(Enum):
    """Whether a create made a Buildium entity: yes, maybe, or no."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNRELATED = "unrelated"


def judge(entity_type: EntityType, intent: CreateIntent, payload: Payload, links: Links) -> Verdict:
    """Compare an unlinked Buildium entity with the create of an intent. `links` resolves what both refer to."""
    buildium_id = int(payload["Id"])
    if intent.highest_id is None:
        # No create was sent: the entities in `seen` are the candidates of a review.
        return Verdict.DIFFERENT if buildium_id in intent.seen else Verdict.UNRELATED
    if buildium_id <= intent.highest_id or _is_older(payload, intent):
        return Verdict.UNRELATED
    shown = entity_type.from_buildium(payload, links)
    sent = aligned(entity_type, intent.sent, shown, links)
    if entity_type.is_of_other_create(sent, shown):
        return Verdict.UNRELATED
    is_changed = entity_type.fields_changed_since_create(sent, shown)
    if not is_changed and not entity_type.has_unsent_values(sent, payload, links):
        changed_before = entity_type.detail_path != "" and _was_last_changed_before(payload, intent)
        return Verdict.DIFFERENT if changed_before else Verdict.EQUAL
    # An edit may seem to be older than the create, because Buildium's clock may be slow.
    is_candidate = buildium_id in intent.seen or _may_be(entity_type, sent, shown)
    return Verdict.DIFFERENT if is_candidate else Verdict.UNRELATED


def _may_be(entity_type: EntityType, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Return whether the entity may be the sent one with later edits, going by the identifying fields."""
    given = [[name for name in group if sent.get(name) and name in shown] for group in entity_type.identifying_fields]
    groups = [group for group in given if group]
    if len(groups) < _MIN_IDENTIFYING_VALUES:
        return True
    return any(all(entity_type.values_equal(name, sent[name], shown[name]) for name in group) for group in groups)


def _is_older(payload: Payload, intent: CreateIntent) -> bool:
    """Return whether Buildium certainly created the entity before the create was sent.

    Only tasks and leases show a creation time. An entity is older than its last change.
    """
    shown = payload.get("CreatedDateTime") or payload.get("LastUpdatedDateTime")
    return _is_before(shown, intent.at - _CREATED_AT_SKEW_SECONDS)


def _was_last_changed_before(payload: Payload, intent: CreateIntent) -> bool:
    """Return whether the last change is older than the create, if Buildium's clock is right.

    Buildium may show whole seconds.
    """
    return _is_before(payload.get("LastUpdatedDateTime"), intent.at - 1)


def _is_before(shown: str | None, seconds: float) -> bool:
    """Return whether a time of Buildium is before a time in epoch seconds. A time without a zone is not used."""
    try:
        at = datetime.fromisoformat(shown or "")
    except ValueError:
        return False
    return at.tzinfo is not None and at < datetime.fromtimestamp(seconds, UTC)
