"""Entries of a ledger are created with an `Idempotency-Key`."""

import pytest

from tests.functions.api import Api
from tests.functions.test_api_errors import is_problem

PAYMENT = {
    "leaseId": 89012,
    "date": "2026-11-03",
    "paymentMethod": "Check",
    "lines": [{"glAccountId": 12, "amount": 1850.0}],
}
KEY = {"Idempotency-Key": "rent-2026-11"}


class TestCreate:
    @pytest.mark.parametrize("case", ["create-lease-payment", "create-tenant"])
    def test_the_sample_event_creates_an_entity(self, case: str, api: Api) -> None:
        assert api.file(case).status == 201

    def test_an_entry_without_a_key_is_rejected(self, api: Api) -> None:
        response = api.request("POST", "/api/lease-payments", PAYMENT)

        assert is_problem(response, 400)
        assert "Idempotency-Key" in response.body["detail"]
        assert response.fields == ["Idempotency-Key"]

    def test_a_repeated_key_returns_the_first_entry(self, api: Api) -> None:
        first, second = (api.request("POST", "/api/lease-payments", PAYMENT, headers=KEY) for _ in range(2))

        assert (first.status, second.status, second.headers["Idempotent-Replayed"]) == (201, 201, "true")
        assert second.body["leasePayment"]["id"] == first.body["leasePayment"]["id"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"lines": []}, "lines"),
            ({"lines": [{"glAccountId": 12, "amount": 0}]}, "lines.0.amount"),
            ({"lines": [{"glAccountId": 12, "amount": 1.001}]}, "lines.0.amount"),
            ({"lines": [{"glAccountId": 12, "amount": "1.00"}]}, "lines.0.amount"),
            ({"lines": [{"amount": 1}]}, "lines.0.glAccountId"),
            ({"memo": "m" * 66}, "memo"),
            ({"referenceNumber": "r" * 31}, "referenceNumber"),
            ({"paymentMethod": "Barter"}, "paymentMethod"),
            ({"date": "2026-02-30"}, "date"),
            ({"leaseId": "unknown"}, "leaseId"),
        ],
    )
    def test_an_invalid_value_names_its_field(self, change: dict[str, object], field: str, api: Api) -> None:
        response = api.request("POST", "/api/lease-payments", {**PAYMENT, **change}, headers=KEY)

        assert is_problem(response, response.status)
        assert response.status in (400, 422)
        assert field in [each["field"] for each in response.body["errors"]]
