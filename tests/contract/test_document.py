"""The validation rejects invalid requests and responses and accepts valid ones."""

from typing import Any

import pytest

from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.simulator.model import Json
from tests.simulator.payloads import (
    address,
    bank_account,
    bank_account_update,
    bill,
    charge,
    credit,
    lease,
    lease_update,
    line,
    owner,
    payment,
    payment_update,
    rent,
    rental,
    task,
    tenant,
    unit,
    unit_update,
    vendor,
    work_order,
    work_order_task,
)

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/v1/rentals", "", rental(YearBuilt=None, Units=None)),
        ("PUT", "/v1/rentals/7", "", rental()),
        ("POST", "/v1/rentals/owners", "", owner(7, DateOfBirth="1980-02-29", PhoneNumbers=None)),
        ("POST", "/v1/rentals/units", "", unit(7)),
        ("PUT", "/v1/rentals/units/7", "", unit_update()),
        ("POST", "/v1/vendors", "", vendor()),
        ("PUT", "/v1/vendors/7", "", vendor()),
        ("POST", "/v1/tasks/todorequests", "", task(Description="It drips")),
        ("PUT", "/v1/tasks/todorequests/7", "", task(Message="New washer")),
        ("POST", "/v1/bills", "", bill(7, line(7))),
        ("PUT", "/v1/bills/7", "", bill(7, line(7, Id=7))),
        ("PATCH", "/v1/bills/7", "", {"Lines": [{"Id": 7, "Amount": 1}]}),
        ("POST", "/v1/bankaccounts", "", bank_account()),
        ("PUT", "/v1/bankaccounts/7", "", bank_account_update()),
        ("POST", "/v1/leases", "", lease(7, Tenants=[tenant()], Rent=rent())),
        ("POST", "/v1/leases/7/charges", "", charge(BillId=7)),
        ("PUT", "/v1/leases/7/charges/7", "", charge()),
        ("POST", "/v1/leases/7/payments", "", payment(PayeeUserId=7)),
        ("PUT", "/v1/leases/7/payments/7", "", payment_update()),
        ("POST", "/v1/leases/7/credits", "", credit(7)),
        ("PUT", "/v1/leases/7", "", lease_update(7)),
        ("POST", "/v1/workorders", "", work_order(7, Task=work_order_task())),
        ("PUT", "/v1/workorders/7", "", work_order(7)),
        ("GET", "/v1/tasks", "lastupdatedfrom=2026-01-05", None),
        ("GET", "/v1/leases", "createddatetimefrom=2026-01-05T09:00:00Z", None),
        ("GET", "/v1/rentals", "propertyids=1&propertyids=2&limit=1000&offset=0&orderby=Id", None),
        ("GET", "/v1/rentals/owners", "lastupdatedfrom=2026-01-05T09:00:00Z&status=Inactive", None),
        ("GET", "/v1/bankaccounts", "bankaccountstatus=Active", None),
    ],
)
def test_a_valid_request_passes(method: str, path: str, query: str, body: Any) -> None:
    validate_request(method, path, query, body)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "named"),
    [
        ("GET", "/v1/Rentals", "", None, "no such operation"),
        ("DELETE", "/v1/rentals/7", "", None, "no such operation"),
        ("GET", "/v1/rentals", "Status=Active", None, "query.Status"),
        ("GET", "/v1/rentals", "status=active", None, "query.status"),
        ("GET", "/v1/rentals", "limit=many", None, "query.limit"),
        ("GET", "/v1/rentals", "limit=1&limit=2", None, "query.limit"),
        ("GET", "/v1/rentals", "propertyids=1,2", None, "query.propertyids"),
        ("GET", "/v1/rentals", "lastupdatedfrom=2026-01-05", None, "query.lastupdatedfrom"),
        ("GET", "/v1/rentals", "", {}, "body"),
        ("POST", "/v1/rentals", "", None, "body"),
        ("POST", "/v1/rentals", "", rental(Adress=address()), "Adress"),
        ("POST", "/v1/rentals", "", {"Name": "A"}, "OperatingBankAccountId"),
        ("POST", "/v1/rentals", "", rental(OperatingBankAccountId=1.0), "body.OperatingBankAccountId"),
        ("POST", "/v1/rentals", "", rental(OperatingBankAccountId=2**31), "body.OperatingBankAccountId"),
        ("POST", "/v1/rentals", "", rental(Address=address(Country="US")), "body.Address.Country"),
        ("POST", "/v1/rentals", "", rental(Units=[{"UnitNumber": "1"}]), "body.Units.0"),
        ("PUT", "/v1/rentals/7", "", rental(Units=[]), "Units"),
        ("POST", "/v1/rentals/owners", "", owner(7, DateOfBirth="1980-02-30"), "body.DateOfBirth"),
        ("POST", "/v1/rentals/owners", "", owner(7, PhoneNumbers={"Cell": "1"}), "body.PhoneNumbers"),
        ("POST", "/v1/rentals/owners", "", owner(7, IsCompany=None), "body.IsCompany"),
        ("POST", "/v1/tasks", "", task(), "no such operation"),
        ("PUT", "/v1/rentals/units/7", "", unit(7), "PropertyId"),
        ("POST", "/v1/vendors", "", vendor(ExpenseGLAccountId=7), "ExpenseGLAccountId"),
        ("PUT", "/v1/tasks/todorequests/7", "", task(Description="x"), "Description"),
        ("POST", "/v1/bills", "", bill(7, line(7, Id=7)), "body.Lines.0"),
        ("PUT", "/v1/bills/7", "", bill(7, WorkOrderId=7), "WorkOrderId"),
        ("PUT", "/v1/bankaccounts/7", "", bank_account(), "CheckPrintingInfo"),
        ("PUT", "/v1/leases/7", "", lease(7), "SendWelcomeEmail"),
        ("PUT", "/v1/workorders/7", "", work_order(7, TaskId=7), "TaskId"),
        ("PUT", "/v1/leases/7/charges/7", "", charge(BillId=7), "BillId"),
        ("PUT", "/v1/leases/7/payments/7", "", payment(), "SendEmailReceipt"),
        ("GET", "/v1/leases/7/payments", "", None, "no such operation"),
        ("GET", "/v1/generalledger/transactions", "", None, "query.glaccountids: required"),
        ("GET", "/v1/tasks", "lastupdatedfrom=2026-01-05T09:00:00Z", None, "query.lastupdatedfrom"),
        ("GET", "/v1/bills", "lastupdatedfrom=2026-01-05", None, "query.lastupdatedfrom"),
    ],
)
def test_an_invalid_request_is_rejected_with_its_fault(
    method: str, path: str, query: str, body: Any, named: str
) -> None:
    with pytest.raises(AssertionError, match=named):
        validate_request(method, path, query, body)


def test_an_empty_error_response_passes() -> None:
    empty: Json = {"UserMessage": "No.", "ErrorCode": None, "Errors": []}
    validate_response("POST", "/v1/rentals", 422, empty)
    validate_response("POST", "/v1/rentals", 429, empty)


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (200, {"Id": 1}, "status 200"),
        (201, {"Id": "1"}, "body.Id"),
        (201, {"Id": 1, "RentalOwnerIds": []}, "RentalOwnerIds"),
        (429, {"message": "Slow down"}, "message"),
    ],
)
def test_an_invalid_response_is_rejected_with_its_fault(status: int, body: Any, named: str) -> None:
    with pytest.raises(AssertionError, match=named):
        validate_response("POST", "/v1/rentals", status, body)
