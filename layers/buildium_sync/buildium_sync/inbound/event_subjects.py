"""The entities that an event concerns: its own, and related ones that change with it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.entity_types.registry import by_event_subject, by_related_subject, types_to_wait_for
from buildium_sync.errors import BuildiumNotFound
from buildium_sync.webhooks.event_parser import OPERATIONS, ids_in


class Subject(NamedTuple):
    """A Buildium entity that an event concerns.

    `operation` is empty if the event is about a related entity: then this one is read in any case. With `only_known`
    it is not created locally.
    """

    entity_type: EntityType
    buildium_id: int
    operation: str = ""
    only_known: bool = False


def unusable(event: Mapping[str, Any]) -> str | None:
    """Return why an event concerns no entity, None if it concerns one."""
    is_about_one, related = by_event_subject(event["subject"]) is not None, by_related_subject(event["subject"])
    if not is_about_one and not related:
        return f"No entity type has events named {event['eventName']!r}."
    if event["operation"] not in OPERATIONS:
        return f"The event {event['eventName']!r} is neither Created, Updated nor Deleted."
    is_named = is_about_one and event.get("entityId") is not None
    return None if is_named or any(_named(each, event) for _, each in related) else "The event has no entity id."


def types_of(event: Mapping[str, Any]) -> list[str]:
    """Return the names of the types whose entities an event may change, and of those that they refer to."""
    about, related = by_event_subject(event["subject"]), by_related_subject(event["subject"])
    changed = [each for each in (about, *(each for each, _ in related)) if each is not None]
    return [name for each in changed for name in types_to_wait_for(each)]


def subjects_of(event: Mapping[str, Any], client: BuildiumClient) -> list[Subject]:
    """Return the entities that an event concerns, none for an unusable one.

    Raises BuildiumError if a related entity that names them cannot be read.
    """
    if unusable(event):
        return []
    subjects = []
    entity_type, buildium_id = by_event_subject(event["subject"]), event.get("entityId")
    if entity_type is not None and buildium_id is not None:
        subjects.append(Subject(entity_type, buildium_id, event["operation"]))
    for related_type, related in by_related_subject(event["subject"]):
        named = _named(related, event)
        if related.path:
            listed = (each for buildium_id in named for each in _related_ids(related, buildium_id, client))
            subjects += [Subject(related_type, each, only_known=True) for each in listed]
        elif related.is_same_entity:
            subjects += [Subject(related_type, each, event["operation"], only_known=True) for each in named]
        else:
            subjects += [Subject(related_type, each) for each in named]
    return subjects


def may_concern(event: Mapping[str, Any], entity_type: EntityType, buildium_id: int) -> bool:
    """Return whether an event may concern a Buildium entity. Nothing is read, so it may be about others."""
    if by_event_subject(event["subject"]) is entity_type and event.get("entityId") == buildium_id:
        return True
    related = [each for kind, each in by_related_subject(event["subject"]) if kind is entity_type]
    return any(each.path or buildium_id in _named(each, event) for each in related)


def _named(related: RelatedEvent, event: Mapping[str, Any]) -> list[int]:
    """Return the Buildium ids that an event names."""
    return ids_in(event.get("ids", {}).get(related.field) if related.field else event.get("entityId"))


def _related_ids(related: RelatedEvent, buildium_id: int, client: BuildiumClient) -> list[int]:
    """Return the entities that a related entity in Buildium lists, none if it was deleted."""
    try:
        payload = client.read(related.path.format(buildium_id))
    except BuildiumNotFound:
        return []
    return ids_in([row.get("Id") for row in payload.get(related.list_field) or () if isinstance(row, dict)])
