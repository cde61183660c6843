"""The entity types, in the order of an import. A new type is added here.

A type is imported when it is first used: an invocation needs few of them, and all take a twelfth of a cold start.
"""

from functools import cache
from importlib import import_module
from typing import NamedTuple, cast

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.errors import NotFound


class _Row(NamedTuple):
    """The collection of a type, and its class in the module of this package."""

    collection: str
    module: str
    class_name: str


_ROWS = {
    "bank-account": _Row("bank-accounts", "bank_account", "BankAccount"),
    "property": _Row("properties", "property", "Property"),
    "unit": _Row("units", "unit", "Unit"),
    "owner": _Row("owners", "owner", "Owner"),
    "vendor": _Row("vendors", "vendor", "Vendor"),
    "task": _Row("tasks", "task", "Task"),
    "work-order": _Row("work-orders", "work_order", "WorkOrder"),
    "bill": _Row("bills", "bill", "Bill"),
    "lease": _Row("leases", "lease", "Lease"),
    "tenant": _Row("tenants", "tenant", "Tenant"),
    "lease-charge": _Row("lease-charges", "lease_charge", "LeaseCharge"),
    "lease-payment": _Row("lease-payments", "lease_payment", "LeasePayment"),
    "lease-credit": _Row("lease-credits", "lease_credit", "LeaseCredit"),
    "lease-transaction": _Row("lease-transactions", "lease_transaction", "LeaseTransaction"),
    "lease-payment-reversal": _Row("lease-payment-reversals", "lease_payment_reversal", "LeasePaymentReversal"),
    "lease-rent-schedule": _Row("lease-rent-schedules", "lease_rent_schedule", "LeaseRentSchedule"),
    "lease-renewal": _Row("lease-renewals", "lease_renewal", "LeaseRenewal"),
    "lease-move-out": _Row("lease-move-outs", "lease_move_out", "LeaseMoveOut"),
}
TYPE_NAMES = tuple(_ROWS)
_BY_COLLECTION = {row.collection: name for name, row in _ROWS.items()}


@cache
def by_name(name: str) -> EntityType:
    """Return the type with a name. Raises NotFound."""
    if name not in _ROWS:
        raise NotFound(f"Unknown entity type {name!r}. Known types: {', '.join(sorted(_ROWS))}.")
    row = _ROWS[name]
    return cast("EntityType", getattr(import_module(f"{__package__}.{row.module}"), row.class_name)())


def by_collection(collection: str) -> EntityType:
    """Return the type of `/api/{collection}`. Raises NotFound."""
    if collection not in _BY_COLLECTION:
        raise NotFound(f"Unknown collection {collection!r}. Known collections: {', '.join(sorted(_BY_COLLECTION))}.")
    return by_name(_BY_COLLECTION[collection])


@cache
def all_types() -> tuple[EntityType, ...]:
    """Return all types."""
    return tuple(by_name(name) for name in TYPE_NAMES)


@cache
def listed_types() -> tuple[EntityType, ...]:
    """Return the types that are imported, polled and checked for drift."""
    return tuple(entity_type for entity_type in all_types() if entity_type.is_listed)


def by_related_subject(subject: str) -> list[tuple[EntityType, RelatedEvent]]:
    """Return the types with `related_events` of this subject."""
    return [(each, each.related_events[subject]) for each in all_types() if subject in each.related_events]


def by_event_subject(subject: str) -> EntityType | None:
    """Return the type of the entities that events with this subject are about, or None."""
    return next((each for each in all_types() if subject in each.event_subjects), None)


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
            waiting += [by_name(name) for name in (*current.reference_fields.values(), *current.linked_types)]
    return tuple(found)
