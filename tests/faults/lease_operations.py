"""The entity types whose entities Buildium keeps below a lease. Ledger entries of all types share one list."""

from fnmatch import fnmatchcase
from typing import Any

from buildium_sync.entity_types.registry import by_name
from tests.faults.buildium import Buildium
from tests.flows.schedule import NAMES
from tests.simulator.general_ledger import GENERAL_LEDGER
from tests.simulator.ledger import CHARGE, CREDIT, NAME, PAYMENT, REVERSAL, kind_of
from tests.simulator.model import Json, Record

ENTRY_COLLECTIONS = {
    "lease-charge": "lease-charges",
    "lease-payment": "lease-payments",
    "lease-credit": "lease-credits",
}
"""The types of ledger entries that can be created without another one, and their collections."""
OPERATION_COLLECTIONS = {
    **ENTRY_COLLECTIONS,
    "lease-payment-reversal": "lease-payment-reversals",
    "lease-rent-schedule": "lease-rent-schedules",
    "lease-renewal": "lease-renewals",
    "lease-move-out": "lease-move-outs",
}
"""Every type below a lease, and its collection."""
KINDS = {
    "lease-charge": CHARGE,
    "lease-payment": PAYMENT,
    "lease-credit": CREDIT,
    "lease-payment-reversal": REVERSAL,
}
"""The `TransactionTypeEnum` of each type of ledger entries."""
BUILDIUM_TYPES = {
    **NAMES,
    **dict.fromkeys(KINDS, NAME),
    "lease-rent-schedule": "rents",
    "lease-renewal": "renewals",
    "lease-move-out": "moveouts",
}
"""The simulator's name of every entity type. All ledger entries have one."""


def records(buildium: Buildium, entity_type: str) -> dict[int, Record]:
    """Return what the account has of a local entity type, by Buildium id.

    Ledger entries are also lease transactions. A move-out has the id of its tenant.
    """
    key, kind = by_name(entity_type).id_field, KINDS.get(entity_type)
    found = buildium.entities.state.all(BUILDIUM_TYPES[entity_type])
    return {record.public.get(key, record.id): record for record in found if kind is None or kind_of(record) == kind}


def payload(buildium: Buildium, entity_type: str, buildium_id: int) -> Json:
    """Return what Buildium shows of an entity where the local type reads it."""
    record = records(buildium, entity_type)[buildium_id]
    return buildium.entities.present(record, GENERAL_LEDGER if entity_type == "lease-transaction" else None)


def edit(buildium: Buildium, entity_type: str, buildium_id: int, fields: Json) -> None:
    """Have a person edit an entity."""
    buildium.edit(BUILDIUM_TYPES[entity_type], records(buildium, entity_type)[buildium_id].id, fields)


def posted(buildium: Buildium, entity_type: str) -> set[int]:
    """Return the Buildium ids that responses to creates of a type below a lease contained."""
    path = f"/v1{create_pattern(entity_type)}"
    posts = [each for each in buildium.requests() if each.method == "POST" and fnmatchcase(each.path, path)]
    return {found for each in posts if (found := created_id(entity_type, each.response)) is not None}


def created_id(entity_type: str, response: Any) -> int | None:
    """Return the Buildium id in the response to a create. Charges are returned as a list of one."""
    entity = response[0] if isinstance(response, list) and response else response
    return entity.get(by_name(entity_type).id_field) if isinstance(entity, dict) else None


def create_pattern(entity_type: str) -> str:
    """Return a shell pattern of the path that creates an entity, with any parent."""
    kind = by_name(entity_type)
    return (kind.write_path or kind.path).format(parent="*")
