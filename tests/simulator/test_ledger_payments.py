"""Payments, credits and reversals of leases."""

import pytest

from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import credit, lease, ledger_entry, ledger_line, payment, payment_update, tenant

pytestmark = pytest.mark.sends_invalid_requests


@pytest.fixture
def payments(lease_id: int) -> str:
    """The path of the lease's payments."""
    return f"/leases/{lease_id}/payments"


@pytest.fixture
def reversals(lease_id: int) -> str:
    """The path of the reversals of the lease's payments."""
    return f"/leases/{lease_id}/reversepayments"


@pytest.fixture
def accounts(buildium: Simulator) -> dict[str, int]:
    """The ids of ledger accounts by type."""
    kinds = ("Income", "Liability", "Equity", "Expense")
    return {kind: buildium.create("glaccounts", {"Type": kind})["Id"] for kind in kinds}


def reversal(payment_id: int, **changes: object) -> Json:
    return {"EntryDate": "2026-01-09", "PaymentTransactionId": payment_id, **changes}


def test_a_payment_responds_with_its_ledger_entry(call: Caller, lease_id: int, payments: str) -> None:
    response = call("POST", payments, payment(ledger_line(20.1), ledger_line(0.2), Memo="January"))
    entry = response.json()
    assert response.headers["Location"].endswith(f"/leases/{lease_id}/transactions/{entry['Id']}")
    assert (entry["TransactionTypeEnum"], entry["TotalAmount"], entry["PaymentMethod"]) == ("Payment", 20.3, "Check")
    assert (entry["CheckNumber"], entry["PayeeTenantId"], entry["Journal"]["Memo"]) == ("1017", None, "January")
    assert [written["ReferenceNumber"] for written in entry["Journal"]["Lines"]] == ["1017", "1017"]
    assert call.ids(f"/leases/{lease_id}/transactions", transactiontypes="Payment") == [entry["Id"]]
    assert call.ids(f"/leases/{lease_id}/charges") == []


def test_payments_are_neither_listed_nor_read(call: Caller, payments: str) -> None:
    made = call.created(payments, payment())
    assert call("GET", payments).headers["Allow"] == "POST"
    assert call("GET", f"{payments}/{made['Id']}").headers["Allow"] == "PUT"


def test_two_equal_payments_are_two_entries(call: Caller, payments: str) -> None:
    first, second = (call.created(payments, payment()) for _ in range(2))
    assert first["Id"] != second["Id"]
    assert {**first, "Id": 0} == {**second, "Id": 0}


def test_a_put_replaces_a_payment(call: Caller, payments: str) -> None:
    made = call.created(payments, payment())
    put = call("PUT", f"{payments}/{made['Id']}", payment_update(ledger_line(7), PaymentMethod="Cash")).json()
    assert (put["Id"], put["TotalAmount"], put["PaymentMethod"], put["CheckNumber"]) == (made["Id"], 7.0, "Cash", None)
    twice = payment_update(ledger_line(1), ledger_line(2))
    assert call.rejected_keys("PUT", f"{payments}/{made['Id']}", twice) == ["Lines"]


def test_a_processed_payment_keeps_method_date_memo_and_total(
    call: Caller, buildium: Simulator, lease_id: int, payments: str
) -> None:
    fields = ledger_entry(lease_id, "Payment", 5, PaymentMethod="BuildiumEFT")
    path = f"{payments}/{buildium.create('leasetransactions', fields)['Id']}"
    fixed = {"Date": "2026-01-05", "PaymentMethod": "BuildiumEFT"}
    assert call("PUT", path, payment_update(ledger_line(5), **fixed)).status_code == 200
    assert call.rejected_keys("PUT", path, payment_update(ledger_line(6), **fixed)) == ["TotalAmount"]
    changed = payment_update(ledger_line(5), Memo="New")
    assert call.rejected_keys("PUT", path, changed) == ["PaymentMethod", "Date", "Memo"]


def test_the_payer_is_a_tenant_of_the_lease(call: Caller, flat: int) -> None:
    leases = [call.created("/leases", lease(flat, Tenants=[tenant()])) for _ in range(2)]
    named, other = (made["CurrentTenants"][0]["Id"] for made in leases)
    path = f"/leases/{leases[0]['Id']}/payments"
    assert call.created(path, payment(PayeeUserId=named))["PayeeTenantId"] == named
    assert call.rejected_keys("POST", path, payment(PayeeUserId=other)) == ["PayeeUserId"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"Date": None}, "Date"),
        ({"SendEmailReceipt": None}, "SendEmailReceipt"),
        ({"PaymentMethod": None}, "PaymentMethod"),
        ({"PaymentMethod": "BuildiumEFT"}, "PaymentMethod"),
        ({"PayeeUserId": 99}, "PayeeUserId"),
        ({"Memo": "x" * 66}, "Memo"),
        ({"ReferenceNumber": "x" * 31}, "ReferenceNumber"),
        ({"Lines": []}, "Lines"),
        ({"Lines": [ledger_line(GLAccountId=99)]}, "Lines[0].GLAccountId"),
        ({"Lines": [ledger_line(ReferenceNumber="7")]}, "Lines[0].ReferenceNumber"),
    ],
)
def test_an_invalid_payment_is_rejected(call: Caller, payments: str, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", payments, {**payment(), **changes}) == [key]


def test_a_credit_is_an_entry_on_income_or_liability(call: Caller, lease_id: int, accounts: dict[str, int]) -> None:
    path = f"/leases/{lease_id}/credits"
    made = call.created(path, credit(accounts["Income"], 12.5, Memo="Late key"))
    assert (made["TransactionTypeEnum"], made["TotalAmount"]) == ("Credit", 12.5)
    assert call.ids(f"/leases/{lease_id}/transactions") == [made["Id"]]
    assert call.rejected_keys("POST", path, credit(accounts["Expense"])) == ["Lines[0].GlAccountId"]
    assert call("PUT", f"{path}/{made['Id']}", credit(accounts["Income"])).status_code == 404


@pytest.mark.parametrize(("credit_type", "kind"), [("Exchange", "Expense"), ("PreviouslyDeposited", "Equity")])
def test_a_credit_type_may_require_an_offsetting_account(
    call: Caller, lease_id: int, accounts: dict[str, int], credit_type: str, kind: str
) -> None:
    path, body = f"/leases/{lease_id}/credits", credit(accounts["Liability"], CreditType=credit_type)
    assert call.rejected_keys("POST", path, body) == ["OffsettingGLAccountId"]
    wrong = {**body, "OffsettingGLAccountId": accounts["Income"]}
    assert call.rejected_keys("POST", path, wrong) == ["OffsettingGLAccountId"]
    call.created(path, {**body, "OffsettingGLAccountId": accounts[kind]})


def test_only_a_deposited_payment_is_reversed_once(
    call: Caller, buildium: Simulator, payments: str, reversals: str
) -> None:
    made = call.created(payments, payment())
    body = reversal(made["Id"])
    assert call.rejected_keys("POST", reversals, body) == ["PaymentTransactionId"]
    buildium.deposit(made["Id"])
    reversed_entry = call.created(reversals, body)
    assert reversed_entry["TransactionTypeEnum"] == "ReversePayment"
    assert (reversed_entry["Date"], reversed_entry["TotalAmount"]) == ("2026-01-09", made["TotalAmount"])
    assert reversed_entry["Journal"] == made["Journal"]
    assert call.rejected_keys("POST", reversals, body) == ["PaymentTransactionId"]
    assert call.rejected_keys("POST", reversals, reversal(99)) == ["PaymentTransactionId"]


def test_a_reversal_may_charge_the_tenant(
    call: Caller, buildium: Simulator, lease_id: int, payments: str, reversals: str, accounts: dict[str, int]
) -> None:
    made = call.created(payments, payment())["Id"]
    buildium.deposit(made)
    fees = {"NSFCharge": {"GLAccountId": accounts["Income"], "TotalAmount": 25}}
    wrong = {**fees, "BankFee": {"GLAccountId": accounts["Income"], "TotalAmount": 5}}
    assert call.rejected_keys("POST", reversals, reversal(made, **wrong)) == ["BankFee.GLAccountId"]
    call.created(reversals, reversal(made, **fees))
    [charge] = call("GET", f"/leases/{lease_id}/charges").json()
    assert (charge["Date"], charge["TotalAmount"]) == ("2026-01-09", 25.0)
