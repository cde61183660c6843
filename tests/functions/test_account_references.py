"""Reference lists: the choices of the account, cached for some minutes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.domain.operator import Role
from tests.functions.account import Account, deployed_account
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GL_ACCOUNTS = "/api/reference/gl-accounts"
KEY = "key-of-ann"


@pytest.fixture
def account(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with Simulator(rate_limit=0) as buildium, deployed_account(dynamodb, buildium, monkeypatch) as account:
        yield account


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("gl-accounts", {"id": 301, "name": "Repairs", "number": "5000", "type": "Expense"}),
        ("users", {"id": 201, "name": "Sam Okafor"}),
        ("vendor-categories", {"id": 101, "name": "Contractors"}),
        ("task-categories", {"id": 401, "name": "Maintenance"}),
        ("bank-accounts", {"id": 1, "name": "Operating account"}),
    ],
)
def test_a_list_has_ids_and_names(account: Account, name: str, item: dict[str, object]) -> None:
    status, body = account.get(f"/api/reference/{name}")
    assert status == 200
    assert body["items"] == [item]


def pass_seconds(seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = runtime.clock()
    monkeypatch.setattr(runtime, "clock", lambda: now + seconds)


def test_a_list_is_read_once_within_minutes(account: Account) -> None:
    first = account.get(GL_ACCOUNTS)
    assert account.get(GL_ACCOUNTS) == first
    assert account.calls == ["GET /v1/glaccounts"]


def test_an_old_list_is_read_again(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.get(GL_ACCOUNTS)
    pass_seconds(601, monkeypatch)
    account.get(GL_ACCOUNTS)
    assert len(account.calls) == 2


def test_a_refresh_reads_the_list_again(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.get(GL_ACCOUNTS)
    account.buildium.create("glaccounts", {"Name": "Utilities"})
    pass_seconds(2, monkeypatch)
    _, body = account.get(GL_ACCOUNTS, refresh="true")
    assert [item["name"] for item in body["items"]] == ["Repairs", "Utilities"]


def test_refreshes_within_two_seconds_share_one_read(account: Account) -> None:
    for _ in range(3):
        account.get(GL_ACCOUNTS, refresh="true")
    assert account.calls == ["GET /v1/glaccounts"]


def test_inactive_items_are_left_out(account: Account) -> None:
    account.buildium.create("glaccounts", {"Name": "Closed", "IsActive": False})
    _, body = account.get(GL_ACCOUNTS)
    assert [item["name"] for item in body["items"]] == ["Repairs"]


@pytest.mark.parametrize(("role", "key_can_operate"), [(Role.READ, "true"), (None, "false")])
def test_a_refresh_needs_the_role_operate(account: Account, role: Role | None, key_can_operate: str) -> None:
    account.set(APPLICATION_KEY_CAN_OPERATE=key_can_operate)
    if role:
        account.add_operator(role, KEY)
    status, body = account.get(GL_ACCOUNTS, KEY, refresh="true")
    assert (status, body["errorCode"], account.calls) == (403, "operator_required", [])
    assert account.get(GL_ACCOUNTS, KEY)[0] == 200


def test_an_operator_may_refresh_a_list(account: Account) -> None:
    account.set(APPLICATION_KEY_CAN_OPERATE="false")
    account.add_operator(Role.OPERATE, KEY)
    assert account.get(GL_ACCOUNTS, KEY, refresh="true")[0] == 200


def test_an_old_list_is_returned_during_an_outage(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    first = account.get(GL_ACCOUNTS)
    account.buildium.fault("status", "GET", "/glaccounts", status=503, times=None)
    pass_seconds(601, monkeypatch)
    assert account.get(GL_ACCOUNTS) == first


def test_a_refresh_during_an_outage_is_a_problem(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.get(GL_ACCOUNTS)
    account.buildium.fault("status", "GET", "/glaccounts", status=503, times=None)
    pass_seconds(2, monkeypatch)
    status, body = account.get(GL_ACCOUNTS, refresh="true")
    assert (status, body["errorCode"]) == (503, "outage")


def test_a_rejected_key_is_a_problem_with_its_code(account: Account) -> None:
    account.use_key("another")
    status, body = account.get(GL_ACCOUNTS)
    assert (status, body["errorCode"]) == (502, "credentials")


def test_an_unknown_list_is_not_found(account: Account) -> None:
    status, body = account.get("/api/reference/planets")
    assert status == 404
    assert "gl-accounts" in body["detail"]
    assert account.calls == []


@pytest.mark.parametrize("query", [{"colour": "red"}, {"refresh": "1"}])
def test_an_invalid_query_is_rejected(account: Account, query: dict[str, str]) -> None:
    status, body = account.get(GL_ACCOUNTS, **query)
    assert (status, [error["field"] for error in body["errors"]]) == (400, list(query))


def test_an_unexpected_error_is_an_internal_problem(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildium_sync.account.reference_lists.payload_name", lambda _payload: 1 / 0)
    status, body = account.get(GL_ACCOUNTS)
    assert (status, body["requestId"]) == (500, "request-1")
