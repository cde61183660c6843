"""Valid payloads for Buildium, to be varied by tests."""

from typing import Any

from tests.simulator.model import Json


def address(**changes: Any) -> Json:
    """An address in Texas."""
    written = {
        "AddressLine1": "100 Main Street",
        "City": "Austin",
        "State": "TX",
        "PostalCode": "78701",
        "Country": "UnitedStates",
    }
    return {**written, **changes}


def rental(**changes: Any) -> Json:
    """A single-family home on bank account 1."""
    written = {
        "Name": "Sunset Villa",
        "RentalSubType": "SingleFamily",
        "OperatingBankAccountId": 1,
        "Address": address(),
    }
    return {**written, **changes}


def unit(property_id: int, **changes: Any) -> Json:
    """Unit 2A of a property."""
    return {"PropertyId": property_id, "UnitNumber": "2A", "Address": address(), **changes}


def owner(*property_ids: int, **changes: Any) -> Json:
    """A person who owns these properties."""
    written = {
        "IsCompany": False,
        "FirstName": "Ada",
        "LastName": "Moreno",
        "Address": address(),
        "PropertyIds": list(property_ids),
    }
    return {**written, **changes}


def unit_update(**changes: Any) -> Json:
    """The PUT payload of a unit."""
    return {"UnitNumber": "2A", "Address": address(), **changes}


def vendor(**changes: Any) -> Json:
    """A person of vendor category 101."""
    return {"IsCompany": False, "FirstName": "Rosa", "LastName": "Lind", "CategoryId": 101, **changes}


def task(**changes: Any) -> Json:
    """A new to-do of user 201 without a related entity. Without `Description` it is also a PUT payload."""
    written = {"Title": "Fix the tap", "AssignedToUserId": 201, "TaskStatus": "New", "Priority": "Normal"}
    return {**written, **changes}


def line(property_id: int, **changes: Any) -> Json:
    """A line of a bill, on a property and ledger account 301."""
    entity = {"Id": property_id, "AccountingEntityType": "Rental"}
    return {"AccountingEntity": entity, "GlAccountId": 301, "Amount": 120.5, **changes}


def bill(vendor_id: int, *lines: Json, **changes: Any) -> Json:
    """A bill of a vendor. Without `WorkOrderId` it is also a PUT payload."""
    dates = {"Date": "2026-01-05", "DueDate": "2026-02-05"}
    return {**dates, "VendorId": vendor_id, "Lines": list(lines), **changes}


def bank_account(**changes: Any) -> Json:
    """The POST payload of a checking account in the United States."""
    written = {
        "Name": "Escrow",
        "BankAccountType": "Checking",
        "Country": "UnitedStates",
        "AccountNumber": "9876543210",
        "RoutingNumber": "011000015",
    }
    return {**written, **changes}


def check_printing(**changes: Any) -> Json:
    """The check settings that the PUT payload of a bank account requires."""
    written = {
        "EnableRemoteCheckPrinting": False,
        "EnableLocalCheckPrinting": True,
        "CheckLayoutType": "Voucher2StubsPrePrintedLayout",
    }
    return {**written, **changes}


def bank_account_update(**changes: Any) -> Json:
    """The PUT payload of the same account."""
    return bank_account(CheckPrintingInfo=check_printing(), **changes)


def tenant(**changes: Any) -> Json:
    """A tenant who is created with a lease."""
    return {"FirstName": "Noor", "LastName": "Haddad", "Address": address(), **changes}


def lease(unit_id: int, **changes: Any) -> Json:
    """The POST payload of a lease of one year."""
    return {**_lease(unit_id), "SendWelcomeEmail": False, **changes}


def lease_update(unit_id: int, **changes: Any) -> Json:
    """The PUT payload of the same lease."""
    return {**_lease(unit_id), "IsEvictionPending": False, **changes}


def _lease(unit_id: int) -> Json:
    dates = {"LeaseFromDate": "2026-01-01", "LeaseToDate": "2026-12-31"}
    return {"LeaseType": "Fixed", "UnitId": unit_id, **dates}


def rent(**changes: Any) -> Json:
    """Monthly rent of one charge, on ledger account 301."""
    charge = {"Amount": 1500.0, "GlAccountId": 301, "NextDueDate": "2026-02-03"}
    return {"Cycle": "Monthly", "Charges": [charge], **changes}


def rent_schedule(**changes: Any) -> Json:
    """The POST payload of monthly rent; without `StartDate` it is also a PUT payload."""
    return {"RentCycle": "Monthly", "BackdateCharges": False, "Charges": rent()["Charges"], **changes}


def renewal(**changes: Any) -> Json:
    """The POST payload of a renewal by a year, of a lease until the end of 2026."""
    written = {"LeaseType": "Fixed", "LeaseToDate": "2027-12-31", "Rent": rent(), "SendWelcomeEmail": False}
    return {**written, **changes}


def move_out(tenant_id: int, **changes: Any) -> Json:
    """The move-out of a tenant at the end of January."""
    return {"TenantId": tenant_id, "MoveOutDate": "2026-01-31", **changes}


def work_order(vendor_id: int, **changes: Any) -> Json:
    """A work order for a vendor, without a task. It is also a PUT payload."""
    return {"VendorId": vendor_id, "EntryAllowed": "Unknown", **changes}


def work_order_task(**changes: Any) -> Json:
    """The task that is created with a work order."""
    return {"Title": "Fix the tap", "AssignedToUserId": 201, "Status": "New", "Priority": "Normal", **changes}


def ledger_line(amount: float = 1500.0, **changes: Any) -> Json:
    """A line of a charge or payment, on ledger account 301."""
    return {"Amount": amount, "GLAccountId": 301, **changes}


def charge(*lines: Json, **changes: Any) -> Json:
    """The payload of a charge of a lease. Without `BillId` it is also a PUT payload."""
    return {"Date": "2026-01-05", "Memo": "January rent", "Lines": list(lines or [ledger_line()]), **changes}


def payment(*lines: Json, **changes: Any) -> Json:
    """The POST payload of a check payment of a lease."""
    return {**payment_update(*lines), "SendEmailReceipt": False, **changes}


def payment_update(*lines: Json, **changes: Any) -> Json:
    """The PUT payload of the same payment."""
    written = {"Date": "2026-01-06", "PaymentMethod": "Check", "Lines": list(lines or [ledger_line()])}
    return {**written, "ReferenceNumber": "1017", **changes}


def credit(account_id: int, amount: float = 50.0, **changes: Any) -> Json:
    """The payload of a credit that waives unpaid charges of an income or liability account."""
    lines = [{"Amount": amount, "GlAccountId": account_id}]
    return {"Date": "2026-01-07", "CreditType": "WaiveUnpaid", "Lines": lines, **changes}


def ledger_entry(lease_id: int, kind: str, *amounts: float, **changes: Any) -> Json:
    """An entry that a person adds to a lease's ledger, on ledger account 301."""
    lines = [{"GLAccount": {"Id": 301}, "Amount": amount} for amount in amounts]
    return {"LeaseId": lease_id, "TransactionTypeEnum": kind, "Journal": {"Memo": None, "Lines": lines}, **changes}
