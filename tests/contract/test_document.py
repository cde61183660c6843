"""The judge itself: what it must refuse, and what it must let pass."""

from typing import Any

import pytest

from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.simulator.messages import address, owner, rental
from tests.simulator.model import Json

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/v1/rentals", "", rental(YearBuilt=None, Units=None)),
        ("PUT", "/v1/rentals/7", "", rental()),
        ("POST", "/v1/rentals/owners", "", owner(7, DateOfBirth="1980-02-29", PhoneNumbers=None)),
        ("GET", "/v1/rentals", "propertyids=1&propertyids=2&limit=1000&offset=0&orderby=Id", None),
        ("GET", "/v1/rentals/owners", "lastupdatedfrom=2026-01-05T09:00:00Z&status=Inactive", None),
        ("GET", "/v1/bankaccounts", "bankaccountstatus=Active", None),
    ],
)
def test_a_request_passes(method: str, path: str, query: str, body: Any) -> None:
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
    ],
)
def test_a_request_is_refused_and_the_message_names(method: str, path: str, query: str, body: Any, named: str) -> None:
    with pytest.raises(AssertionError, match=named):
        validate_request(method, path, query, body)


def test_an_error_answer_passes_with_nothing_in_it() -> None:
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
def test_an_answer_is_refused_and_the_message_names(status: int, body: Any, named: str) -> None:
    with pytest.raises(AssertionError, match=named):
        validate_response("POST", "/v1/rentals", status, body)
