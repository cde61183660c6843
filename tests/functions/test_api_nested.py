"""Creates below another entity: POST /api/{collection}/{id}/{action}."""

from buildium_sync.composition.api import ApiComposition

import pytest

from buildium_sync.entity_types.registry import by_name
from tests.flows.ledger_bodies import ENTRIES, REVERSALS
from tests.functions.api import Api

PAYMENT = {**ENTRIES["lease-payment"][0], "leaseId": 89}


@pytest.fixture
def payment(api: Api) -> str:
    """The local id of a payment."""
    stored = ApiComposition.current().entities.create(by_name("lease-payment"), PAYMENT, "earlier")
    return stored.entity.ref.entity_id


def test_the_id_of_the_path_becomes_the_reference(api: Api, payment: str) -> None:
    response = api.request("POST", f"/api/lease-payments/{payment}/reversal", REVERSALS[1])

    reversal = response.body["leasePaymentReversal"]
    assert (response.status, reversal["id"], reversal["paymentId"]) == (201, payment, payment)
    assert (reversal["leaseId"], reversal["totalAmount"]) == (89, 1250.5)
    assert response.body["buildiumSync"]["status"] == "pending"
    assert api.get(f"/api/lease-payment-reversals/{payment}").body["leasePaymentReversal"] == reversal


def test_a_repeated_reversal_is_a_replay(api: Api, payment: str) -> None:
    path = f"/api/lease-payments/{payment}/reversal"
    first, again = api.request("POST", path, REVERSALS[0]), api.request("POST", path, REVERSALS[0])

    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


def test_a_second_reversal_with_other_values_returns_409(api: Api, payment: str) -> None:
    path = f"/api/lease-payments/{payment}/reversal"
    api.request("POST", path, REVERSALS[0])

    assert api.request("POST", path, REVERSALS[1]).status == 409
    assert api.request("POST", "/api/lease-payment-reversals", {**REVERSALS[1], "paymentId": payment}).status == 409


def test_a_reversal_of_an_unknown_payment_returns_404(api: Api) -> None:
    assert api.request("POST", "/api/lease-payments/unknown/reversal", REVERSALS[0]).status == 404


@pytest.mark.parametrize("named", ["another", 7, None, []])
def test_another_payment_in_the_body_is_rejected(named: object, api: Api, payment: str) -> None:
    response = api.request("POST", f"/api/lease-payments/{payment}/reversal", {**REVERSALS[0], "paymentId": named})

    assert (response.status, response.fields) == (422, ["paymentId"])


def test_a_nested_route_accepts_only_post(api: Api, payment: str) -> None:
    response = api.get(f"/api/lease-payments/{payment}/reversal")

    assert (response.status, response.headers["Allow"]) == (405, "POST")
