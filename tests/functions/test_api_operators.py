"""Operators: roles of API keys, and names in timelines."""

from collections.abc import Iterator

import pytest

from buildium_sync.domain.operator import Role
from buildium_sync.domain.sync_status import Status
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.operator_items import name_key, operator_key
from tests.aws import CONTROL
from tests.flows.system import PROPERTY
from tests.functions.api import PROPERTY_ID, Api, Response
from tests.harness.events import api_request
from tests.harness.runtime import clear_compositions

KEY = "key-of-ann"
REVIEW = {"entityType": "property", "entityId": PROPERTY_ID, "buildiumId": None}


@pytest.fixture(autouse=True)
def untrusted_application(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The default: only operators may do what operators do."""
    monkeypatch.setenv("APPLICATION_KEY_CAN_OPERATE", "false")
    clear_compositions()
    yield
    clear_compositions()


def add_operator(api: Api, role: Role, key: str = KEY) -> None:
    item = {**operator_key(key), "name": "Ann", "role": role.value, "apiKeyId": "k3y1d"}
    for each in (item, {**name_key("k3y1d"), "name": "Ann"}):
        api.dynamodb.put_item(TableName=CONTROL, Item=to_attributes(each))


def ask(api: Api, method: str, path: str, body: object = None, key: str = KEY) -> Response:
    return api.request(method, path, body, headers={"x-api-key": key})


def test_a_reader_reads_and_writes_nothing(api: Api) -> None:
    add_operator(api, Role.READ)
    api.keep()
    assert ask(api, "GET", f"/api/properties/{PROPERTY_ID}").status == 200
    for method, path, body in (
        ("PUT", f"/api/properties/{PROPERTY_ID}", {"name": "Changed"}),
        ("POST", "/api/properties", PROPERTY),
        ("POST", "/api/buildium/sync", {}),
        ("POST", "/api/buildium/review", REVIEW),
    ):
        response = ask(api, method, path, body)
        assert (response.status, response.body["errorCode"]) == (403, "operator_required"), path
    stored = api.get(f"/api/properties/{PROPERTY_ID}").body["property"]
    assert stored["name"] == PROPERTY["name"]


def test_only_the_key_that_api_gateway_checked_has_a_role(api: Api) -> None:
    add_operator(api, Role.READ)
    event = api_request("POST", "/api/properties", PROPERTY, headers={"x-api-key": "another"})
    event["requestContext"]["identity"]["apiKey"] = KEY
    assert api.send(event).status == 403


def test_an_operator_may_do_everything(api: Api) -> None:
    add_operator(api, Role.OPERATE)
    api.keep()
    assert ask(api, "PUT", f"/api/properties/{PROPERTY_ID}", {"name": "Changed"}).status == 200
    assert ask(api, "POST", "/api/buildium/review", REVIEW).status == 409
    assert ask(api, "POST", "/api/buildium/drift").status == 202


def test_the_application_cannot_act_as_an_operator(api: Api) -> None:
    api.keep()
    assert ask(api, "POST", "/api/buildium/sync", {}).status == 200
    assert ask(api, "POST", "/api/buildium/import").status == 202
    for path, body in (("review", REVIEW), ("drift", None), ("drift/repair", {"dryRun": True})):
        response = ask(api, "POST", f"/api/buildium/{path}", body)
        assert (response.status, response.body["errorCode"]) == (403, "operator_required"), path


def test_the_application_can_operate_if_it_is_enabled(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPLICATION_KEY_CAN_OPERATE", "true")
    clear_compositions()
    assert ask(api, "POST", "/api/buildium/drift").status == 202


@pytest.mark.parametrize(
    ("role", "can_write", "can_operate"), [(Role.READ, False, False), (Role.OPERATE, True, True), (None, True, False)]
)
def test_a_key_shows_its_permissions(api: Api, role: Role | None, *, can_write: bool, can_operate: bool) -> None:
    if role:
        add_operator(api, role)
    shown = ask(api, "GET", "/api/buildium/operator").body["operator"]
    assert shown == {
        "name": "Ann" if role else None,
        "role": role.value if role else "application",
        "canWrite": can_write,
        "canOperate": can_operate,
    }


def test_permissions_of_the_application_are_in_the_event_file(api: Api) -> None:
    assert api.file("operator").body["operator"]["role"] == "application"


def test_an_operators_write_stores_the_id_of_the_key(api: Api) -> None:
    add_operator(api, Role.OPERATE)
    ref = api.keep()
    assert ask(api, "PUT", f"/api/properties/{PROPERTY_ID}", {"name": "Changed"}).status == 200
    loaded = api.store.load(ref)
    assert loaded is not None
    assert loaded.entity.api_key_id == "k3y1d"


def test_the_change_history_names_the_operator(api: Api) -> None:
    add_operator(api, Role.OPERATE)
    api.keep()
    path = f"/api/properties/{PROPERTY_ID}"
    assert ask(api, "PUT", path, {"name": "By Ann"}).status == 200
    assert ask(api, "PUT", path, {"name": "By the application"}, key="of-the-application").status == 200
    entries = api.get(f"{path}/history").body["items"]
    assert [(each["apiKeyId"], each["operator"]) for each in entries] == [(None, None), ("k3y1d", "Ann")]


@pytest.mark.parametrize("several", [False, True])
def test_a_retry_stores_the_id_of_the_key(api: Api, *, several: bool) -> None:
    add_operator(api, Role.OPERATE)
    ref = api.keep(status=Status.FAILED)
    named = {"entityType": "property", "entityId": PROPERTY_ID}
    assert ask(api, "POST", "/api/buildium/sync", {"entities": [named]} if several else named).body["retried"] == 1
    record = api.store.sync_record(ref)
    assert record is not None
    assert record.retried_by == "k3y1d"


def test_a_review_decision_names_the_operator(api: Api) -> None:
    add_operator(api, Role.OPERATE)
    api.keep(status=Status.NEEDS_REVIEW, candidates=[501], intent_at=1.0)
    assert ask(api, "POST", "/api/buildium/review", REVIEW).status == 200
    [decision] = api.file("review-decisions").body["items"]
    assert (decision["decidedBy"], decision["operator"]) == ("k3y1d", "Ann")
    query = {"entityType": "property", "entityId": PROPERTY_ID}
    assert api.request("GET", "/api/buildium/review", query=query).body["review"]["decision"]["operator"] == "Ann"


def test_an_operator_is_named_in_the_control_state(api: Api) -> None:
    add_operator(api, Role.OPERATE)
    body = {"direction": "outbound", "reason": "Migration"}
    response = ask(api, "POST", "/api/buildium/pause", body)
    assert response.status == 200
    assert '"Ann"' in response.text
    assert ask(api, "POST", "/api/buildium/pause", body, key="of-the-application").status == 403
