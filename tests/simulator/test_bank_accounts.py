"""Rules of bank accounts."""

import pytest

from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import bank_account, bank_account_update, check_printing

pytestmark = pytest.mark.sends_invalid_requests


def test_an_account_number_is_masked_in_responses(call: Caller) -> None:
    made = call.created("/bankaccounts", bank_account())
    assert (made["AccountNumber"], made["AccountNumberUnmasked"]) == ("******3210", "9876543210")
    assert call("GET", f"/bankaccounts/{made['Id']}").json() == made


def test_a_masked_account_number_is_rejected(call: Caller) -> None:
    made = call.created("/bankaccounts", bank_account())
    body = bank_account_update(AccountNumber=made["AccountNumber"])
    assert call.rejected_keys("PUT", f"/bankaccounts/{made['Id']}", body) == ["AccountNumber"]


def test_a_put_sets_omitted_fields_to_null(call: Caller) -> None:
    made = call.created("/bankaccounts", bank_account(Description="For deposits"))
    body = bank_account_update(Name="Deposits")
    del body["AccountNumber"]
    put = call("PUT", f"/bankaccounts/{made['Id']}", body).json()
    assert (put["Name"], put["Description"]) == ("Deposits", None)
    assert (put["AccountNumber"], put["AccountNumberUnmasked"]) == (None, None)


@pytest.mark.parametrize("lacking", ["EnableRemoteCheckPrinting", "EnableLocalCheckPrinting", "CheckLayoutType"])
def test_only_a_put_requires_complete_check_printing_info(call: Caller, lacking: str) -> None:
    made = call.created("/bankaccounts", bank_account())
    path = f"/bankaccounts/{made['Id']}"
    assert made["CheckPrintingInfo"] is None
    assert call.rejected_keys("PUT", path, bank_account()) == ["CheckPrintingInfo"]
    partly = check_printing(**{lacking: None})
    assert call.rejected_keys("PUT", path, bank_account(CheckPrintingInfo=partly)) == [f"CheckPrintingInfo.{lacking}"]
    assert call("PUT", path, bank_account_update()).json()["CheckPrintingInfo"]["EnableLocalCheckPrinting"] is True


def test_a_new_account_has_a_default_check_layout(call: Caller) -> None:
    made = call.created("/bankaccounts", bank_account(CheckPrintingInfo={"BankInformationLine1": "First Bank"}))
    printing = made["CheckPrintingInfo"]
    assert printing["CheckLayoutType"] == "Voucher2StubsPrePrintedLayout"
    assert (printing["SignatureHeading"], printing["BankInformationLine1"]) == ("VOID AFTER 90 DAYS", "First Bank")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"Name": ""}, "Name"),
        ({"Country": "US"}, "Country"),
        ({"Country": None}, "Country"),
        ({"BankAccountType": "checking"}, "BankAccountType"),
        ({"AccountNumber": 9876543210}, "AccountNumber"),
        ({"AccountNumberUnmasked": "9876543210"}, "AccountNumberUnmasked"),
        ({"IsActive": True}, "IsActive"),
        ({"CheckPrintingInfo": {"CheckLayoutType": "Plain"}}, "CheckPrintingInfo.CheckLayoutType"),
    ],
)
def test_an_invalid_bank_account_is_rejected(call: Caller, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", "/bankaccounts", bank_account(**changes)) == [key]


def test_accounts_are_filtered_by_name_but_not_by_update_time(call: Caller, buildium: Simulator) -> None:
    made = call.created("/bankaccounts", bank_account())["Id"]
    buildium.edit("bankaccounts", 1, {"AccountNumberUnmasked": "5555"})
    assert call.ids("/bankaccounts", bankname="escrow") == [made]
    assert buildium.get("bankaccounts", 1)["AccountNumber"] == "5555"
    assert call.rejected_keys("GET", "/bankaccounts?lastupdatedfrom=2026-01-05T09:00:00Z", {}) == ["lastupdatedfrom"]
