"""The entity types that the simulator knows. A new one is a file of its own and its line here."""

from tests.simulator.bank_accounts import BANK_ACCOUNTS
from tests.simulator.entity_type import EntityType
from tests.simulator.owners import OWNERS
from tests.simulator.rentals import RENTALS
from tests.simulator.units import UNITS

ENTITY_TYPES: dict[str, EntityType] = {
    entity_type.name: entity_type for entity_type in (RENTALS, UNITS, OWNERS, BANK_ACCOUNTS)
}
