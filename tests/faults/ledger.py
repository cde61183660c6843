"""The entity types that share Buildium's ledger of a lease."""

from typing import Any

from buildium_sync.entity_types.registry import by_name
from tests.faults.buildium import Buildium
from tests.flows.schedule import NAMES
from tests.simulator.general_ledger import GENERAL_LEDGER
from tests.simulator.ledger import CHARGE, CREDIT, NAME, PAYMENT, kind_of
from tests.simulator.model import Json, Record

LEDGER_COLLECTIONS = {
    "lease-charge": "lease-charges",
    "lease-payment": "lease-payments",
    "lease-credit": "lease-credits",
}
"""The types of ledger entries and their collections."""
_KINDS = {"lease-charge": CHARGE, "lease-payment": PAYMENT, "lease-credit": CREDIT}
BUILDIUM_TYPES = NAMES | dict.fromkeys(LEDGER_COLLECTIONS, NAME)
"""The simulator's name of every entity type. All ledger entries have one."""


def records(buildium: Buildium, entity_type: str) -> list[Record]:
    """Return what the account has of a local entity type. Ledger entries are also lease transactions."""
    found = buildium.entities.state.all(BUILDIUM_TYPES[entity_type])
    kind = _KINDS.get(entity_type)
    return [record for record in found if kind is None or kind_of(record) == kind]


def payload(buildium: Buildium, entity_type: str, buildium_id: int) -> Json:
    """Return what Buildium shows of an entity where the local type reads it."""
    record = buildium.entities.find(BUILDIUM_TYPES[entity_type], buildium_id)
    return buildium.entities.present(record, GENERAL_LEDGER if entity_type == "lease-transaction" else None)


def posted_entries(buildium: Buildium) -> set[int]:
    """Return the ids of the ledger entries that API calls created, also if their responses were lost."""
    posts = [each for each in buildium.requests() if each.method == "POST" and each.path.startswith("/v1/leases/")]
    return {entity["Id"] for each in posts if isinstance(entity := created(each.response), dict) and "Id" in entity}


def created(response: Any) -> Any:
    """Return the entity in the response to a create. Charges are returned as a list of one."""
    return response[0] if isinstance(response, list) and response else response


def create_pattern(entity_type: str) -> str:
    """Return a shell pattern of the path that creates an entity, with any parent."""
    kind = by_name(entity_type)
    return (kind.write_path or kind.path).format(parent="*")
