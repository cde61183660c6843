"""The status of the system, and the immediate response of writes while nothing is sent to Buildium."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRejected
from buildium_sync.reconcile.imports.state import ImportState
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.webhook_rejections import RejectionStore
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.flows.system import PROPERTY
from tests.functions.api import Api, deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = "2026-11-22T14:00:00.000Z"


def open_circuit(error: BuildiumError, name: str = "POST /rentals") -> Callable[[Api], None]:
    def act(api: Api) -> None:
        circuits = CircuitBreakers(api.dynamodb, CONTROL, clock=VirtualClock(4_000_000_000.0), probe=1.0)
        names = ("outage", "address", "key", name)
        for _ in range(5):
            circuits.after_call(names, error)

    return act


def reject(times: int) -> Callable[[Api], None]:
    def act(api: Api) -> None:
        RejectionStore(api.dynamodb, CONTROL).add(times, AT)

    return act


def pause(direction: str) -> Callable[[Api], None]:
    return lambda api: pause_type(api, direction)


def pause_type(api: Api, direction: str, **scope: str) -> None:
    body = {"direction": direction, "reason": "wrong names", **scope}
    assert api.request("POST", "/api/buildium/pause", body).status == 200


def run_import(api: Api) -> None:
    types = {"property": ImportState.waiting_type()}
    assert JobStore(api.dynamodb, CONTROL).start("import", ImportState.start(1.0, types=types).to_state())


OUTAGE = BuildiumUnavailable("No response", is_outage=True)
WRONG_KEY, NO_PERMISSION = CredentialsRejected("No", status=401), CredentialsRejected("No", status=403)
CASES: list[Any] = [
    (open_circuit(OUTAGE), "buildium_outage", None),
    (open_circuit(WRONG_KEY), "key_rejected", None),
    (open_circuit(NO_PERMISSION, "WRITE /rentals"), "permission_missing", "property"),
    (reject(3), "webhooks_rejected", None),
    (reject(20), "subscription_suspended", None),
    (pause("outbound"), "outbound_paused", None),
    (pause("inbound"), "inbound_paused", None),
    (run_import, "import_running", None),
]


def test_a_healthy_system_has_no_conditions(api: Api) -> None:
    status = api.get("/api/buildium/status").body

    assert (status["conditions"], status["buildiumHost"], status["isProduction"]) == ([], "api.buildium.com", True)
    assert (status["stack"], status["version"]) == ("AWS::StackName", "0.1.0")


@pytest.mark.parametrize(("act", "code", "entity_type"), CASES)
def test_a_condition_has_its_consequence_and_action(
    api: Api, act: Callable[[Api], None], code: str, entity_type: str | None
) -> None:
    act(api)

    [found] = api.get("/api/buildium/status").body["conditions"]
    assert (found["code"], found["entityType"]) == (code, entity_type)
    assert found["since"]
    assert found["consequence"].endswith(".")
    assert found["action"].endswith(".")


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
def test_the_pause_of_a_type_names_its_plural(api: Api, direction: str) -> None:
    pause_type(api, direction, entityType="bank-account")

    [found] = api.get("/api/buildium/status").body["conditions"]
    assert found["consequence"].startswith("Changes of bank accounts ")


def test_the_sandbox_is_not_production(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    base_url = "https://apisandbox.buildium.com/v1"
    with deployed(dynamodb, monkeypatch, BUILDIUM_BASE_URL=base_url, BUILDIUM_SYNC_ENABLED="false") as api:
        status = api.get("/api/buildium/status").body

    assert (status["buildiumHost"], status["isProduction"]) == ("apisandbox.buildium.com", False)
    assert [each["code"] for each in status["conditions"]] == ["sync_off"]


@pytest.mark.parametrize(("url", "shown"), [("", None), ("https://a.example/", "https://a.example")])
def test_the_status_has_the_address_of_buildiums_application(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, url: str, shown: str | None
) -> None:
    with deployed(dynamodb, monkeypatch, BUILDIUM_APP_URL=url) as api:
        assert api.get("/api/buildium/status").body["buildiumAppUrl"] == shown


def test_the_status_has_the_pages_of_known_and_added_paths(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    with deployed(dynamodb, monkeypatch, BUILDIUM_PAGE_PATHS="property=/p/{id}") as api:
        pages = {page["entityType"]: page for page in api.get("/api/buildium/status").body["buildiumPages"]}

    assert pages["property"] == {"entityType": "property", "path": "/p/{id}", "reference": None}
    assert pages["lease-payment"]["reference"] == "leaseId"
    assert pages["lease-payment"]["path"] == pages["lease"]["path"]
    assert "owner" not in pages


@pytest.mark.parametrize(("act", "code"), [(act, code) for act, code, _ in (*CASES[:3], CASES[5])])
def test_a_write_returns_at_once_while_nothing_is_sent(api: Api, act: Callable[[Api], None], code: str) -> None:
    act(api)

    response = api.request("POST", "/api/properties", PROPERTY, headers={"Prefer": "wait=20"})

    sync = response.body["buildiumSync"]
    assert (response.status, sync["success"], sync["status"], sync["errorCode"]) == (201, None, "pending", code)
    assert sync["error"]


def test_writes_return_at_once_while_sync_is_off(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(dynamodb, monkeypatch, BUILDIUM_SYNC_ENABLED="false") as api:
        created = api.request("POST", "/api/properties", PROPERTY, headers={"Prefer": "wait=20"}).body
        path = f"/api/properties/{created['property']['id']}"
        updated = api.request("PUT", path, {"name": "Renamed"}, headers={"Prefer": "wait=20"}).body

    syncs = [body["buildiumSync"] for body in (created, updated)]
    assert [(sync["success"], sync["errorCode"]) for sync in syncs] == [(None, "sync_off")] * 2


def test_a_pause_of_one_type_leaves_other_writes_alone(api: Api) -> None:
    pause_type(api, "outbound", entityType="owner")

    sync = api.request("POST", "/api/properties", PROPERTY).body["buildiumSync"]

    assert (sync["error"], "errorCode" in sync) == (None, False)
