"""What must hold after the faults have ended and the system has converged."""

from collections import Counter
from typing import Any

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.store.dynamodb import from_attributes
from buildium_sync.store.entities import EntityWithSync
from buildium_sync.store.items import ENTITY, SYNC, entity_from_item, sync_record_from_item
from tests.aws import ENTITIES
from tests.faults.lease_operations import (
    BUILDIUM_TYPES,
    ENTRY_COLLECTIONS,
    OPERATION_COLLECTIONS,
    payload,
    posted,
    records,
)
from tests.faults.world import API_KEY, OLD_WEBHOOK_SECRET, WEBHOOK_SECRET, Violations, World
from tests.simulator.journal import most_in_a_second
from tests.simulator.model import Json

MOST_CALLS = 10
"""Buildium: calls a second for an account."""
TAX_ID = "987654321"
ACCOUNT_NUMBER = "000123456789"
ROUTING_NUMBER = "021000021"
BIRTH_DATE = "1971-03-17"
CANARIES = (API_KEY, WEBHOOK_SECRET, OLD_WEBHOOK_SECRET, TAX_ID, BIRTH_DATE, ACCOUNT_NUMBER, ROUTING_NUMBER)
"""Secrets that may not appear in a log line, metric, dead letter or event of the bus."""
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
    "tenant": {"lastName": "LastName", "email": "Email"},
    "lease-transaction": {"date": "Date", "totalAmount": "TotalAmount"},
    **{name: {"date": "Date", "memo": "Journal.Memo"} for name in ENTRY_COLLECTIONS},
    "lease-payment-reversal": {"date": "Date", "totalAmount": "TotalAmount"},
    "lease-rent-schedule": {"rentCycle": "RentCycle", "startDate": "StartDate"},
    "lease-renewal": {"leaseType": "LeaseType", "leaseToDate": "LeaseToDate"},
    "lease-move-out": {"moveOutDate": "MoveOutDate"},
}
"""Local fields and where Buildium has them, to compare both sides without the system's own mapping."""
_LASTING = frozenset({Status.SYNCED, Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW, Status.DELETED})


def local_entities(world: World) -> dict[EntityRef, EntityWithSync]:
    """All local entities with their sync records, read by one scan."""
    items = [from_attributes(item) for item in world.dynamodb.scan(TableName=ENTITIES, ConsistentRead=True)["Items"]]
    entities = {item["pk"]: entity_from_item(item) for item in items if item["sk"] == ENTITY}
    syncs = {item["pk"]: sync_record_from_item(item) for item in items if item["sk"] == SYNC}
    assert entities.keys() == syncs.keys()
    return {entity.ref: EntityWithSync(entity, syncs[pk], ()) for pk, entity in entities.items()}


def find_violations(world: World) -> Violations:
    """Find entities that were lost or that exist twice."""
    entities = local_entities(world)
    lost = [ref.pk for ref in world.acknowledged if ref not in entities or _is_gone(world, entities[ref])]
    held = _held(entities)
    twice = [
        f"{name} {buildium_id} has several local entities" for (name, buildium_id), times in held.items() if times > 1
    ]
    unmatched = sorted(_without_local_entity(world, entities))
    twice += [f"{name} {buildium_id} has no local entity" for name, buildium_id in unmatched]
    return Violations(tuple(lost), tuple(twice))


def _held(entities: dict[EntityRef, EntityWithSync]) -> Counter[tuple[str, int]]:
    """Count the local entities of each Buildium entity."""
    return Counter((ref.entity_type, one.sync.buildium_id) for ref, one in entities.items() if one.sync.buildium_id)


def _without_local_entity(world: World, entities: dict[EntityRef, EntityWithSync]) -> set[tuple[str, int]]:
    """Return the Buildium entities without a local entity that no review, seed or automatic create explains."""
    candidates = {(ref.entity_type, each) for ref, one in entities.items() for each in one.sync.candidates}
    accounted = world.seeds | _held(entities).keys() | candidates | _auto_created(world, entities, candidates)
    found: set[tuple[str, int]] = set()
    for name in BUILDIUM_TYPES:
        ids = records(world.buildium, name).keys()
        # Another person's operations of a lease get no local entities, apart from lease transactions.
        found |= {
            (name, each) for each in (ids & posted(world.buildium, name) if name in OPERATION_COLLECTIONS else ids)
        }
    return found - accounted


def _auto_created(
    world: World, entities: dict[EntityRef, EntityWithSync], candidates: set[tuple[str, int]]
) -> set[tuple[str, int]]:
    """The auto-created units that no local unit has claimed yet."""
    notes = {ref: world.entities.auto_created_unit(ref, "unit") for ref in entities if ref.entity_type == "property"}
    known = {("unit", note.buildium_id) for note in notes.values() if note is not None and note.buildium_id}
    unknown = {entities[ref].sync.buildium_id for ref, note in notes.items() if note and note.buildium_id is None}
    parents = unknown | {buildium_id for name, buildium_id in candidates if name == "property"}
    units = world.buildium.entities.state.all("units")
    return known | {("unit", unit.id) for unit in units if unit.public["PropertyId"] in parents}


def _is_gone(world: World, loaded: EntityWithSync) -> bool:
    """Whether an entity is marked synced but is not in Buildium."""
    if loaded.sync.status is not Status.SYNCED or loaded.entity.deleted_at:
        return False
    return loaded.sync.buildium_id not in records(world.buildium, loaded.entity.ref.entity_type)


def unfinished(world: World) -> list[str]:
    """Entities and events in an intermediate state, unread ledger entries, and fields that differ between the sides.

    A ledger entry whose event was lost is unread until the next poll.
    """
    entities = local_entities(world)
    found = [
        f"{ref.pk} is {entities[ref].sync.status}"
        for ref in world.acknowledged
        if entities[ref].sync.status not in _LASTING
    ]
    event_statuses = (EventStatus.RECEIVED, EventStatus.PUBLISHED)
    found += [f"an event is {state}" for state in event_statuses if world.events.by_status(state, limit=1)[0]]
    unmatched = sorted(_without_local_entity(world, entities))
    found += [f"{name} {buildium_id} is unread" for name, buildium_id in unmatched if name == "lease-transaction"]
    for loaded in entities.values():
        found += _differences(world, by_name(loaded.entity.ref.entity_type), loaded)
    return found


def _differences(world: World, entity_type: EntityType, loaded: EntityWithSync) -> list[str]:
    """The fields in which a synced entity differs from its Buildium entity."""
    entity, sync = loaded.entity, loaded.sync
    there = sync.buildium_id in records(world.buildium, entity_type.name)
    if sync.buildium_id and not there:
        return [] if entity.deleted_at else [f"{entity.ref.pk} is not known to be deleted"]
    if sync.status is not Status.SYNCED or not there:
        return []
    message = payload(world.buildium, entity_type.name, sync.buildium_id or 0)
    remote = entity_type.from_buildium(message, resolve_links(world.entities, entity_type, entity.fields, message))
    differing = [
        field for field in remote if not entity_type.values_equal(field, entity.fields.get(field), remote[field])
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
    """Assert every invariant that holds at any time; `unfinished` has those that need time."""
    found = find_violations(world)
    assert not found.lost, f"lost: {found.lost}"
    assert not found.duplicated, f"not one for one: {found.duplicated}"
    _assert_reasons(world)
    assert most_in_a_second(world.buildium.arrivals) <= MOST_CALLS
    assert_no_secrets(world)


def _assert_reasons(world: World) -> None:
    for ref, loaded in local_entities(world).items():
        if loaded.sync.status is not Status.SYNCED:
            assert loaded.sync.error_message, f"{ref.pk} is {loaded.sync.status} without a reason"


def assert_no_secrets(world: World) -> None:
    """Assert that no canary is in a log line, a queue or an event of the bus."""
    dead_letters = [body for name, queue in world.queues.items() for body in queue.sent]
    for text in (world.log.getvalue(), *dead_letters, *world.bus.published):
        for canary in CANARIES:
            assert canary not in text, f"{canary} in {text[max(0, text.index(canary) - 200) :][:400]}"
