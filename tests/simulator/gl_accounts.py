"""General ledger accounts, read-only. Buildium: /v1/glaccounts."""

from tests.simulator.entity_type import EntityType
from tests.simulator.filters import any_of
from tests.simulator.model import Json

KINDS = ("Asset", "Liability", "Equity", "Income", "Expense")
BLANK: Json = {
    "AccountNumber": "5000",
    "Name": "Repairs",
    "Description": None,
    "Type": "Expense",
    "SubType": "OperatingExpenses",
    "IsDefaultGLAccount": False,
    "DefaultAccountName": None,
    "IsContraAccount": False,
    "IsBankAccount": False,
    "CashFlowClassification": "OperatingActivities",
    "ExcludeFromCashBalances": False,
    "SubAccounts": [],
    "IsActive": True,
    "ParentGLAccountId": None,
}

GL_ACCOUNTS = EntityType(
    name="glaccounts",
    path="/glaccounts",
    first_id=301,
    blank=BLANK,
    seeds=(BLANK,),
    filters={"accounttypes": any_of("Type", KINDS)},
)
