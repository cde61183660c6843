"""The entity types of the simulator. A new type is one file and one line here."""

from tests.simulator.bank_accounts import BANK_ACCOUNTS
from tests.simulator.bills import BILLS
from tests.simulator.entity_type import EntityType
from tests.simulator.general_ledger import GENERAL_LEDGER
from tests.simulator.gl_accounts import GL_ACCOUNTS
from tests.simulator.lease_charges import LEASE_CHARGES
from tests.simulator.lease_credits import LEASE_CREDITS
from tests.simulator.lease_payments import LEASE_PAYMENTS
from tests.simulator.lease_reversals import LEASE_REVERSALS
from tests.simulator.lease_transactions import LEASE_TRANSACTIONS
from tests.simulator.leases import LEASES
from tests.simulator.move_outs import MOVE_OUTS
from tests.simulator.outstanding_balances import OUTSTANDING_BALANCES
from tests.simulator.owners import OWNERS
from tests.simulator.renewals import RENEWALS
from tests.simulator.rent_schedules import RENT_SCHEDULES
from tests.simulator.rentals import RENTALS
from tests.simulator.task_categories import TASK_CATEGORIES
from tests.simulator.tasks import TASKS, TO_DO_REQUESTS
from tests.simulator.tenants import TENANTS
from tests.simulator.units import UNITS
from tests.simulator.users import USERS
from tests.simulator.vendor_categories import VENDOR_CATEGORIES
from tests.simulator.vendors import VENDORS
from tests.simulator.work_orders import WORK_ORDERS

ENTITY_TYPES: dict[str, EntityType] = {
    entity_type.name: entity_type
    for entity_type in (
        RENTALS,
        UNITS,
        OWNERS,
        BANK_ACCOUNTS,
        VENDORS,
        VENDOR_CATEGORIES,
        TASKS,
        TASK_CATEGORIES,
        USERS,
        BILLS,
        GL_ACCOUNTS,
        LEASES,
        LEASE_TRANSACTIONS,
        TENANTS,
        RENT_SCHEDULES,
        RENEWALS,
        MOVE_OUTS,
        WORK_ORDERS,
    )
}
VIEWS = (
    TO_DO_REQUESTS,
    LEASE_CHARGES,
    LEASE_PAYMENTS,
    LEASE_CREDITS,
    LEASE_REVERSALS,
    GENERAL_LEDGER,
    OUTSTANDING_BALANCES,
)
