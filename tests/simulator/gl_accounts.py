"""General ledger accounts, read-only. Buildium: /v1/glaccounts."""

from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem
from tests.simulator.filters import any_of
from tests.simulator.model import Json
from tests.simulator.state import State

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


def account_problems(state: State, account_id: int, key: str, *kinds: str) -> list[Problem]:
    """An account must be of one of these kinds."""
    account = state.find("glaccounts", account_id)
    if account is None or account.public["Type"] in kinds:
        return []
    return [Problem(key, f"{key} must name an account of type {' or '.join(kinds)}.")]


GL_ACCOUNTS = EntityType(
    name="glaccounts",
    path="/glaccounts",
    first_id=301,
    blank=BLANK,
    seeds=(BLANK,),
    filters={"accounttypes": any_of("Type", KINDS)},
)
