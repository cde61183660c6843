"""Bank accounts. Buildium: /v1/bankaccounts. They have no `lastupdatedfrom`."""

import re

from tests.simulator.contacts import country
from tests.simulator.entity_type import EntityType, copied
from tests.simulator.filters import active, contains
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import boolean, name, nested, one_of, optional, required, text

LAYOUTS = (
    "Voucher1StubBottomMemo1Signature",
    "Voucher2StubBottomMemo1Signature",
    "Voucher2StubBottomMemo2Signatures",
    "Voucher2StubTopMemo",
    "Voucher2StubsPrePrintedLayout",
)
SWITCHES = ("EnableRemoteCheckPrinting", "EnableLocalCheckPrinting")
LINES = (
    "FractionalNumber",
    *(f"BankInformationLine{line}" for line in range(1, 6)),
    *(f"CompanyInformationLine{line}" for line in range(1, 6)),
)
HEADING = "VOID AFTER 90 DAYS"

PRINTED = {"SignatureHeading": optional(text()), **dict.fromkeys(LINES, optional(text()))}
NEW_PRINTING = {
    **dict.fromkeys(SWITCHES, optional(boolean())),
    "CheckLayoutType": optional(one_of(*LAYOUTS)),
    **PRINTED,
}
PRINTING = {
    **dict.fromkeys(SWITCHES, required(boolean())),
    "CheckLayoutType": required(one_of(*LAYOUTS)),
    **PRINTED,
}
ACCOUNT = {
    "Name": required(name(None)),
    "Description": optional(text()),
    "BankAccountType": required(one_of("Checking", "Savings")),
    "Country": required(country()),
    # A masked number in a payload is rejected instead of stored, so that the mistake is visible.
    "AccountNumber": optional(text(pattern=r"[^*]*")),
    "RoutingNumber": optional(text(pattern=r"[^*]*")),
}
POST = {**ACCOUNT, "CheckPrintingInfo": optional(nested(NEW_PRINTING))}
PUT = {**ACCOUNT, "CheckPrintingInfo": required(nested(PRINTING))}
BLANK: Json = {
    "GLAccount": None,
    "CheckPrintingInfo": None,
    "ElectronicPayments": None,
    "Name": "Operating account",
    "Description": None,
    "BankAccountType": "Checking",
    "Country": "UnitedStates",
    "RoutingNumber": "011000015",
    "IsActive": True,
    "Balance": 0.0,
    "AccountNumberUnmasked": "0123456789",
}
ONLY_READ = ("GLAccount", "ElectronicPayments", "IsActive", "Balance")


def _read(body: Json, current: Json | None) -> Json:
    written = body.get("CheckPrintingInfo")
    return {
        **copied(current or BLANK, *ONLY_READ),
        **copied(body, "Name", "Description", "BankAccountType", "Country", "RoutingNumber"),
        "AccountNumberUnmasked": body.get("AccountNumber"),
        "CheckPrintingInfo": written and _read_printing(written, new=current is None),
    }


def _read_printing(written: Json, new: bool) -> Json:
    return {
        **{key: bool(written.get(key)) for key in SWITCHES},
        "CheckLayoutType": written.get("CheckLayoutType") or LAYOUTS[-1],
        "SignatureHeading": written.get("SignatureHeading") or (HEADING if new else None),
        **copied(written, *LINES),
    }


def _masked(_state: State, record: Record) -> Json:
    number = record.public["AccountNumberUnmasked"]
    return {"AccountNumber": number and re.sub(r".", "*", number[:-4]) + number[-4:]}


BANK_ACCOUNTS = EntityType(
    name="bankaccounts",
    path="/bankaccounts",
    first_id=1,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    computed=_masked,
    seeds=(BLANK,),
    event="BankAccount",
    id_field="BankAccountId",
    filters={
        "bankaccountstatus": active({"Active": True, "InActive": False}),
        "bankname": contains(lambda record: [record.public["Name"]]),
        "routingnumbers": contains(lambda record: [record.public["RoutingNumber"]]),
    },
)
