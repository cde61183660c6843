"""Creates and deletions below another entity: /api/{collection}/{id}/{action}."""

from buildium_sync.composition.api import ApiComposition

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.entity_types.registry import by_name
from tests.flows.ledger_bodies import ENTRIES, REVERSALS
from tests.functions.api import Api

MOVE_OUT = {"tenantId": 501, "moveOutDate": "2026-05-31"}
PAYMENT = {**ENTRIES["lease-payment"][0], "leaseId": 89}


@pytest.fixture
def payment(api: Api) -> str:
    """The local id of a payment."""
    stored = ApiComposition.current().entities.create(by_name("lease-payment"), PAYMENT, Author("earlier"))
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

    response = api.request("POST", path, REVERSALS[1])
    assert (response.status, response.fields) == (409, ["bankFee", "date", "nsfCharge"])
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


def create_lease() -> str:
    """Store a lease, and return its local id."""
    body = {"leaseType": "AtWill", "unitId": 5, "leaseFromDate": "2026-01-01"}
    return ApiComposition.current().entities.create(by_name("lease"), body, Author("earlier")).entity.ref.entity_id


@pytest.fixture
def move_out(api: Api) -> str:
    """The path of a move-out of a lease."""
    lease = create_lease()
    made = api.request("POST", f"/api/leases/{lease}/move-outs", MOVE_OUT)
    return f"/api/leases/{lease}/move-outs/{made.body['leaseMoveOut']['id']}"


def test_a_deletion_is_stored_and_pending(api: Api, move_out: str) -> None:
    response = api.request("DELETE", move_out)

    shown = response.body["leaseMoveOut"]
    assert (response.status, response.body["buildiumSync"]["status"]) == (200, "pending")
    assert shown["deletionRequestedAt"] is not None
    assert "deletedAt" not in shown
    assert api.get(f"/api/lease-move-outs/{shown['id']}").body["leaseMoveOut"] == shown


def test_a_repeated_deletion_returns_the_same(api: Api, move_out: str) -> None:
    first, again = api.request("DELETE", move_out), api.request("DELETE", move_out)

    assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, first.headers["ETag"])


def test_an_update_after_a_deletion_returns_409(api: Api, move_out: str) -> None:
    path = f"/api/lease-move-outs/{move_out.rpartition('/')[2]}"
    api.request("DELETE", move_out)

    assert api.request("PUT", path, {"moveOutDate": "2031-12-31"}).status == 409


def test_a_move_out_of_another_lease_is_not_found(api: Api, move_out: str) -> None:
    lease, entity_id = move_out.split("/")[3], move_out.split("/")[5]
    paths = [(create_lease(), entity_id), ("unknown", entity_id), (lease, "unknown")]

    assert [api.request("DELETE", f"/api/leases/{one}/move-outs/{other}").status for one, other in paths] == [404] * 3


def test_a_nested_entity_accepts_only_delete(api: Api, move_out: str) -> None:
    response = api.get(move_out)

    assert (response.status, response.headers["Allow"]) == (405, "DELETE")
