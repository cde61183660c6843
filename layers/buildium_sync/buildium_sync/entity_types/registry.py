"""The entity types, each after the types that it references. A new type is added here."""

from functools import cache

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.entity_types.bank_account import BankAccount
from buildium_sync.entity_types.bill import Bill
from buildium_sync.entity_types.lease import Lease
from buildium_sync.entity_types.lease_charge import LeaseCharge
from buildium_sync.entity_types.lease_credit import LeaseCredit
from buildium_sync.entity_types.lease_move_out import LeaseMoveOut
from buildium_sync.entity_types.lease_payment import LeasePayment
from buildium_sync.entity_types.lease_payment_reversal import LeasePaymentReversal
from buildium_sync.entity_types.lease_renewal import LeaseRenewal
from buildium_sync.entity_types.lease_rent_schedule import LeaseRentSchedule
from buildium_sync.entity_types.lease_transaction import LeaseTransaction
from buildium_sync.entity_types.owner import Owner
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.task import Task
from buildium_sync.entity_types.tenant import Tenant
from buildium_sync.entity_types.unit import Unit
from buildium_sync.entity_types.vendor import Vendor
from buildium_sync.entity_types.work_order import WorkOrder
from buildium_sync.errors import NotFound

ENTITY_TYPES: tuple[EntityType, ...] = (
    BankAccount(),
    Property(),
    Unit(),
    Owner(),
    Vendor(),
    Task(),
    WorkOrder(),
    Bill(),
    Lease(),
    Tenant(),
    LeaseCharge(),
    LeasePayment(),
    LeaseCredit(),
    LeaseTransaction(),
    LeasePaymentReversal(),
    LeaseRentSchedule(),
    LeaseRenewal(),
    LeaseMoveOut(),
)
LISTED_TYPES = tuple(entity_type for entity_type in ENTITY_TYPES if entity_type.is_listed)
"""The types that are imported, polled and checked for drift."""

_BY_NAME = {entity_type.name: entity_type for entity_type in ENTITY_TYPES}
_BY_COLLECTION = {entity_type.collection: entity_type for entity_type in ENTITY_TYPES}
_BY_SUBJECT = {subject: entity_type for entity_type in ENTITY_TYPES for subject in entity_type.event_subjects}


def by_name(name: str) -> EntityType:
    """Return the type with a name. Raises NotFound."""
    if name not in _BY_NAME:
        raise NotFound(f"Unknown entity type {name!r}. Known types: {', '.join(sorted(_BY_NAME))}.")
    return _BY_NAME[name]


def by_collection(collection: str) -> EntityType:
    """Return the type of `/api/{collection}`. Raises NotFound."""
    if collection not in _BY_COLLECTION:
        raise NotFound(f"Unknown collection {collection!r}. Known collections: {', '.join(sorted(_BY_COLLECTION))}.")
    return _BY_COLLECTION[collection]


def by_related_subject(subject: str) -> list[tuple[EntityType, RelatedEvent]]:
    """Return the types with `related_events` of this subject."""
    return [(each, each.related_events[subject]) for each in ENTITY_TYPES if subject in each.related_events]


def by_event_subject(subject: str) -> EntityType | None:
    """Return the type of the entities that events with this subject are about, or None."""
    return _BY_SUBJECT.get(subject)


@cache
def types_to_wait_for(entity_type: EntityType) -> tuple[str, ...]:
    """Return the names of a type and of all types that its entities refer to, also indirectly.

    While the inbound sync of one of them is paused, that of the type waits: it would store a reference to an entity
    that is not here yet.
    """
    found: dict[str, None] = {}
    waiting = [entity_type]
    while waiting:
        current = waiting.pop()
        if current.name not in found:
            found[current.name] = None
            waiting += [_BY_NAME[name] for name in (*current.reference_fields.values(), *current.linked_types)]
    return tuple(found)
