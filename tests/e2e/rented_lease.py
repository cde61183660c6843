"""A lease with a tenant and entries in its ledger, created through the API."""

import uuid
from dataclasses import dataclass

from tests.e2e.account import ADDRESS
from tests.e2e.api import PATIENTLY, Api, Json, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator


@dataclass(frozen=True)
class RentedLease:
    """The local ids of a synced lease, its tenant, and a charge that Buildium's ledger has."""

    lease: str
    tenant: str
    charge: str
    account: int


def _created(api: Api, collection: str, envelope: str, body: Json) -> str:
    headers = {"Prefer": PATIENTLY, "Idempotency-Key": str(uuid.uuid4())}
    response = api.send("POST", f"/api/{collection}", body, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()[envelope]["id"])


def post_entry(api: Api, name: str, body: Json) -> str:
    """Post a `payment` or a `credit` to a ledger. Returns its local id when the ledger shows it."""
    entry = _created(api, f"lease-{name}s", f"lease{name.title()}", {"date": "2026-01-06", **body})
    status_becomes(api, f"lease-{name}", entry, "synced")
    ledger_shows(api, body["leaseId"], entry)
    return entry


def create_charge(api: Api, lease: str, account: int, amount: float, memo: str) -> str:
    """Create a charge, and return its local id."""
    body = {"leaseId": lease, "date": "2026-01-05", "memo": memo}
    return _created(
        api, "lease-charges", "leaseCharge", {**body, "lines": [{"glAccountId": account, "amount": amount}]}
    )


def create_rented_lease(api: Api, simulator: RemoteSimulator) -> RentedLease:
    """Create a lease with rent, a tenant and a charge. Returns when the ledger shows the charge."""
    account = int(simulator.create("glaccounts", {"Name": "Rent", "Type": "Income", "SubType": "Income"})["Id"])
    home = api.create_property(unique("Maple Court"))["property"]["id"]
    unit = _created(api, "units", "unit", {"propertyId": home, "unitNumber": "2A", **ADDRESS})
    rent = {"cycle": "Monthly", "charges": [{"amount": 1500.5, "glAccountId": account, "nextDueDate": "2026-01-05"}]}
    term = {"leaseType": "Fixed", "leaseFromDate": "2026-01-01", "leaseToDate": "2099-12-31"}
    deposit = {"amount": 900, "dueDate": "2026-01-01"}
    lease = _created(api, "leases", "lease", {**term, "unitId": unit, "rent": rent, "securityDeposit": deposit})
    status_becomes(api, "lease", lease, "synced")
    home_address = {f"primary{name[0].upper()}{name[1:]}": value for name, value in ADDRESS.items()}
    person = {"firstName": "Grace", "lastName": "Okafor", "email": "grace@example.com", **home_address}
    tenant = _created(api, "tenants", "tenant", {**person, "leaseId": lease})
    status_becomes(api, "tenant", tenant, "synced")
    charge = create_charge(api, lease, account, 1234.5, "January rent")
    status_becomes(api, "lease-charge", charge, "synced")
    ledger_shows(api, lease, charge)
    return RentedLease(lease, tenant, charge, account)


def reverse_payment(api: Api, simulator: RemoteSimulator, payment: str) -> None:
    """Deposit a payment in Buildium, and reverse it through the API. Returns when the ledger shows the reversal."""
    simulator.deposit(api.sync_status("lease-payment", payment)["buildiumId"])
    response = api.send("POST", f"/api/lease-payments/{payment}/reversal", {"date": "2026-01-07"})
    assert response.status_code == 201, response.text
    reversal = response.json()["leasePaymentReversal"]
    status_becomes(api, "lease-payment-reversal", reversal["id"], "synced")
    ledger_shows(api, reversal["leaseId"], reversal["id"])


def ledger_shows(api: Api, lease: str, entry: str) -> None:
    """Wait until the list of the ledger has the transaction of a local entry."""
    eventually(
        lambda: api.rows("/api/lease-transactions", "items", leaseId=lease),
        lambda rows: entry in [(row["postedBy"] or {}).get("entityId") for row in rows],
    )


def balance_becomes(api: Api, lease: str, total: float) -> None:
    """Wait for a balance."""
    eventually(lambda: api.get(f"/api/leases/{lease}/balance"), lambda shown: shown["total"] == total)
