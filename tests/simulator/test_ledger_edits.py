"""Ledger entries that people add, edit and delete, their events, and the ledger in cents."""

from tests.simulator import Simulator
from tests.simulator.conftest import Caller, Receiver
from tests.simulator.payloads import charge, ledger_entry, ledger_line, payment


def test_a_person_adds_edits_and_deletes_an_entry(call: Caller, buildium: Simulator, lease_id: int) -> None:
    made = buildium.create("leasetransactions", ledger_entry(lease_id, "Charge", 0.1, 0.2))
    path = f"/leases/{lease_id}/transactions/{made['Id']}"
    assert call("GET", path).json() == made
    assert (made["TransactionType"], made["TotalAmount"]) == ("Charge", 0.3)
    lines = ledger_entry(lease_id, "Charge", 7)["Journal"]["Lines"]
    edited = buildium.edit("leasetransactions", made["Id"], {"Date": "2026-01-06", "Journal": {"Lines": lines}})
    assert (edited["Date"], edited["TotalAmount"]) == ("2026-01-06", 7.0)
    assert call("GET", f"/leases/{lease_id}/charges/{made['Id']}").json()["TotalAmount"] == 7.0
    buildium.delete("leasetransactions", made["Id"])
    assert call("GET", path).status_code == 404


def test_ledger_events_name_the_transaction_and_no_lease(
    call: Caller, buildium: Simulator, receiver: Receiver, lease_id: int
) -> None:
    buildium.configure_webhooks(url=receiver.url)
    [entry] = call("POST", f"/leases/{lease_id}/charges", charge()).json()
    call("PUT", f"/leases/{lease_id}/charges/{entry['Id']}", charge(ledger_line(7)))
    paid = call.created(f"/leases/{lease_id}/payments", payment())["Id"]
    buildium.deposit(paid)
    reversal = buildium.reverse(paid, "2026-01-09")["Id"]
    buildium.edit("leasetransactions", entry["Id"], {"Date": "2026-01-06"})
    buildium.delete("leasetransactions", entry["Id"])
    assert buildium.wait_for_webhooks()
    sent = [delivery.body for delivery in buildium.deliveries() if delivery.outcome == "delivered"]
    events = [event for event in sent if event["EventName"].startswith("LeaseTransaction.")]
    assert [(e["EventName"], e["TransactionId"], e["TransactionType"]) for e in events] == [
        ("LeaseTransaction.Created", entry["Id"], "Charge"),
        ("LeaseTransaction.Updated", entry["Id"], "Charge"),
        ("LeaseTransaction.Created", paid, "Payment"),
        ("LeaseTransaction.Created", reversal, "ReversePayment"),
        ("LeaseTransaction.Updated", entry["Id"], "Charge"),
        ("LeaseTransaction.Deleted", entry["Id"], "Charge"),
    ]
    assert {key for event in events for key in event} == {
        "EventName",
        "EventDateTime",
        "AccountId",
        "TransactionId",
        "TransactionType",
    }


def test_the_ledger_is_read_by_lease_in_cents(call: Caller, buildium: Simulator, lease_id: int) -> None:
    assert buildium.ledger() == {}
    buildium.fault("hidden", "POST", "/leases/*", seconds=20)
    lines = (ledger_line(19.99, ReferenceNumber="R-7"), ledger_line(0.01))
    [entry] = call("POST", f"/leases/{lease_id}/charges", charge(*lines)).json()
    assert call.ids(f"/leases/{lease_id}/transactions") == []
    assert buildium.ledger() == {
        lease_id: [
            {
                "Id": entry["Id"],
                "Type": "Charge",
                "Date": "2026-01-05",
                "PaymentMethod": None,
                "PayeeTenantId": None,
                "Memo": "January rent",
                "Cents": 2000,
                "Lines": [
                    {"GLAccountId": 301, "Cents": 1999, "ReferenceNumber": "R-7"},
                    {"GLAccountId": 301, "Cents": 1, "ReferenceNumber": None},
                ],
            }
        ]
    }
