"""What must be so once the faults are over and the system was left alone for a while."""

from collections import Counter
from typing import Any

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_record import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.events import EventStatus
from buildium_sync.store.items import ENTITY, SYNC, entity_from_item, sync_record_from_item
from tests.aws import ENTITIES
from tests.faults.world import API_KEY, OLD_WEBHOOK_SECRET, WEBHOOK_SECRET, Damage, World
from tests.flows.schedule import NAMES
from tests.simulator.journal import most_in_a_second
from tests.simulator.model import Json

MOST_CALLS = 10
"""Buildium: calls a second for an account."""
TAX_ID = "987654321"
ACCOUNT_NUMBER = "000123456789"
ROUTING_NUMBER = "021000021"
CANARIES = (API_KEY, WEBHOOK_SECRET, OLD_WEBHOOK_SECRET, TAX_ID, ACCOUNT_NUMBER, ROUTING_NUMBER)
"""What must stand in no log line, metric, dead letter or event of the bus."""
SHOWN = {
    "bank-account": {"name": "Name"},
    "property": {"name": "Name", "city": "Address.City"},
    "unit": {"unitNumber": "UnitNumber"},
    "owner": {"firstName": "FirstName", "lastName": "LastName"},
    "vendor": {"companyName": "CompanyName"},
    "task": {"title": "Title"},
    "work-order": {"workDetails": "WorkDetails"},
    "bill": {"memo": "Memo"},
    "lease": {"leaseToDate": "LeaseToDate"},
}
"""Local fields and where Buildium has them, to compare both sides without the system's own mapping."""
_LASTING = frozenset({Status.SYNCED, Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW, Status.DELETED})


def everything(world: World) -> dict[EntityRef, EntityWithSync]:
    """All entities that we have, by one call: what a test reads is to cost little."""
    items = [from_attributes(item) for item in world.dynamodb.scan(TableName=ENTITIES, ConsistentRead=True)["Items"]]
    entities = {item["pk"]: entity_from_item(item) for item in items if item["sk"] == ENTITY}
    syncs = {item["pk"]: sync_record_from_item(item) for item in items if item["sk"] == SYNC}
    assert entities.keys() == syncs.keys()
    return {entity.ref: EntityWithSync(entity, syncs[pk], ()) for pk, entity in entities.items()}


def damage(world: World) -> Damage:
    """Count what was lost and what is there twice."""
    ours = everything(world)
    lost = [ref.pk for ref in world.accepted if ref not in ours or _is_gone(world, ours[ref])]
    held = Counter((ref.entity_type, one.sync.buildium_id) for ref, one in ours.items() if one.sync.buildium_id)
    twice = [
        f"{name} {buildium_id} has several local entities" for (name, buildium_id), times in held.items() if times > 1
    ]
    candidates = {(ref.entity_type, each) for ref, one in ours.items() for each in one.sync.candidates}
    accounted = world.seeds | held.keys() | candidates | _auto_created(world, ours, candidates)
    for name, theirs in NAMES.items():
        found = {(name, record.id) for record in world.buildium.entities.state.all(theirs)}
        twice += [f"{name} {buildium_id} has no local entity" for name, buildium_id in sorted(found - accounted)]
    return Damage(tuple(lost), tuple(twice))


def _auto_created(
    world: World, ours: dict[EntityRef, EntityWithSync], candidates: set[tuple[str, int]]
) -> set[tuple[str, int]]:
    """The units that Buildium created along with a property and that no local unit has claimed yet."""
    notes = {ref: world.entities.auto_created_unit(ref, "unit") for ref in ours if ref.entity_type == "property"}
    known = {("unit", note.buildium_id) for note in notes.values() if note is not None and note.buildium_id}
    unknown = {ours[ref].sync.buildium_id for ref, note in notes.items() if note and note.buildium_id is None}
    parents = unknown | {buildium_id for name, buildium_id in candidates if name == "property"}
    units = world.buildium.entities.state.all("units")
    return known | {("unit", unit.id) for unit in units if unit.public["PropertyId"] in parents}


def _is_gone(world: World, loaded: EntityWithSync) -> bool:
    """Whether an entity is called synced that Buildium does not have."""
    if loaded.sync.status is not Status.SYNCED or loaded.entity.deleted_at:
        return False
    theirs = NAMES[loaded.entity.ref.entity_type]
    return not world.buildium.entities.state.exists(theirs, loaded.sync.buildium_id or 0)


def unfinished(world: World) -> list[str]:
    """What has not come to an end yet, or differs between the sides."""
    ours = everything(world)
    found = [f"{ref.pk} is {ours[ref].sync.status}" for ref in world.accepted if ours[ref].sync.status not in _LASTING]
    states = (EventStatus.RECEIVED, EventStatus.PUBLISHED)
    found += [f"an event is {state}" for state in states if world.events.by_status(state, limit=1)[0]]
    for loaded in ours.values():
        found += _differences(world, by_name(loaded.entity.ref.entity_type), loaded)
    return found


def _differences(world: World, entity_type: EntityType, loaded: EntityWithSync) -> list[str]:
    """The fields in which a synced entity differs from Buildium's."""
    entity, sync = loaded.entity, loaded.sync
    name = NAMES[entity_type.name]
    there = world.buildium.entities.state.exists(name, sync.buildium_id or 0)
    if sync.buildium_id and not there:
        return [] if entity.deleted_at else [f"{entity.ref.pk} is not known to be deleted"]
    if sync.status is not Status.SYNCED or not there:
        return []
    message = world.buildium.get(name, sync.buildium_id or 0)
    theirs = entity_type.from_buildium(message, resolve_links(world.entities, entity_type, entity.fields, message))
    differing = [
        field for field in theirs if not entity_type.values_equal(field, entity.fields.get(field), theirs[field])
    ]
    shown = SHOWN[entity_type.name].items()
    differing += [field for field, place in shown if _differs(entity.fields, field, message, place)]
    return [f"{entity.ref.pk} differs in {sorted(set(differing))}"] if differing else []


def _differs(fields: Json, field: str, message: Json, place: str) -> bool:
    value: Any = message
    for key in place.split("."):
        value = value[key]
    return (fields.get(field) or None) != (value or None)


def assert_sound(world: World) -> None:
    """Assert every invariant that holds at any time; what takes time to become so is `unfinished`."""
    cost = damage(world)
    assert not cost.lost, f"lost: {cost.lost}"
    assert not cost.duplicated, f"not one for one: {cost.duplicated}"
    _assert_reasons(world)
    assert most_in_a_second(world.buildium.arrivals) <= MOST_CALLS
    assert_no_secrets(world)


def _assert_reasons(world: World) -> None:
    for ref, loaded in everything(world).items():
        if loaded.sync.status is not Status.SYNCED:
            assert loaded.sync.error_message, f"{ref.pk} is {loaded.sync.status} without a reason"


def assert_no_secrets(world: World) -> None:
    """Assert that no canary is in a log line, a queue or an event of the bus."""
    letters = [body for name, queue in world.queues.items() for body in queue.sent]
    for text in (world.log.getvalue(), *letters, *world.bus.published):
        for canary in CANARIES:
            assert canary not in text, f"{canary} in {text[max(0, text.index(canary) - 200) :][:400]}"
