"""Which Buildium entities a create whose response was lost may have made.

Time and id decide, not what anyone can edit: an entity that is older than the create was not made by it. A younger one
that equals what was sent was made by it. A younger one that differs may have been edited since: a person decides.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity_type import EntityType, Links, Payload
from buildium_sync.linking.id_links import aligned

_SKEW_SECONDS = 300.0
"""How far Buildium's clock may be behind ours."""
_FEWEST_IDENTIFYING = 2
"""With only one identifying value sent, an edit of that value would hide the entity that the create made."""


class Verdict(Enum):
    """What one Buildium entity is to one create: made by it, perhaps made by it, or certainly not."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNRELATED = "unrelated"


def judge(entity_type: EntityType, intent: CreateIntent, message: Payload, links: Links) -> Verdict:
    """Compare a Buildium entity that no local entity is linked to with the create of an intent.

    `links` resolves what both refer to.
    """
    buildium_id = int(message["Id"])
    if intent.highest_id is None:
        # No create was sent: a person is to choose among the entities in `seen`.
        return Verdict.DIFFERENT if buildium_id in intent.seen else Verdict.UNRELATED
    if buildium_id <= intent.highest_id or _is_older(message, intent):
        return Verdict.UNRELATED
    shown = entity_type.from_buildium(message, links)
    sent = aligned(entity_type, intent.sent, shown, links)
    if _is_fixed_otherwise(entity_type, sent, shown):
        return Verdict.UNRELATED
    if not entity_type.fields_changed_since_create(sent, shown) and not entity_type.has_unsent_values(sent, message):
        return Verdict.EQUAL
    is_candidate = buildium_id in intent.seen or _may_be(entity_type, sent, shown)
    return Verdict.DIFFERENT if is_candidate else Verdict.UNRELATED


def _is_fixed_otherwise(entity_type: EntityType, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Return whether a field that nobody can change after a create has another value than was sent."""
    fixed = [name for name in entity_type.immutable_fields if sent.get(name) is not None]
    return any(not entity_type.values_equal(name, sent[name], shown[name]) for name in fixed)


def _may_be(entity_type: EntityType, sent: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Return whether enough agrees for the entity to be the one that was sent, with later edits."""
    given = [[name for name in group if sent.get(name) and name in shown] for group in entity_type.identifying_fields]
    groups = [group for group in given if group]
    if len(groups) < _FEWEST_IDENTIFYING:
        return True
    return any(all(entity_type.values_equal(name, sent[name], shown[name]) for name in group) for group in groups)


def _is_older(message: Payload, intent: CreateIntent) -> bool:
    """Return whether Buildium says that it created the entity before the create was sent.

    Only tasks and leases show when they were created. A time without a zone proves nothing.
    """
    try:
        created = datetime.fromisoformat(message.get("CreatedDateTime") or "")
    except ValueError:
        return False
    return created.tzinfo is not None and created < datetime.fromtimestamp(intent.at - _SKEW_SECONDS, UTC)
