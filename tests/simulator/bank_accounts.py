"""Bank accounts, reading only. Buildium: /v1/bankaccounts. They have no `lastupdatedfrom`."""

from tests.simulator.entity_type import EntityType
from tests.simulator.filters import active, contains
from tests.simulator.model import Json

BLANK: Json = {
    "GLAccount": None,
    "CheckPrintingInfo": None,
    "ElectronicPayments": None,
    "Name": "Operating account",
    "Description": None,
    "BankAccountType": "Checking",
    "Country": "UnitedStates",
    "AccountNumber": "******6789",
    "RoutingNumber": "011000015",
    "IsActive": True,
    "Balance": 0.0,
    "AccountNumberUnmasked": "0123456789",
}

BANK_ACCOUNTS = EntityType(
    name="bankaccounts",
    path="/bankaccounts",
    first_id=1,
    blank=BLANK,
    read=lambda body, current: {**(current or BLANK), **body},
    event="BankAccount",
    id_field="BankAccountId",
    filters={
        "bankaccountstatus": active({"Active": True, "InActive": False}),
        "bankname": contains(lambda record: [record.public["Name"]]),
        "routingnumbers": contains(lambda record: [record.public["RoutingNumber"]]),
    },
)
