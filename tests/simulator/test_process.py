"""The simulator as a process, and its control API."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.simulator import RemoteSimulator, Simulator
from tests.simulator.conftest import Caller, Receiver
from tests.simulator.payloads import payment, rental


@pytest.fixture
def remote(buildium: Simulator) -> RemoteSimulator:
    return RemoteSimulator(buildium.origin)


@pytest.fixture
def process() -> Iterator[str]:
    """The origin of a simulator process with keys X and Y."""
    command = [sys.executable, "-m", "tests.simulator", "--client-id", "X", "--api-key", "Y", "--no-seed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own
        assert running.stdout is not None
        line = running.stdout.readline()
        yield line.split()[2].removesuffix("/v1,")
        running.terminate()
        assert running.wait(timeout=10) == 0


def test_the_simulator_process_serves_its_apis(process: str) -> None:
    keys = {"x-buildium-client-id": "X", "x-buildium-client-secret": "Y"}
    assert requests.get(f"{process}/v1/bankaccounts", headers=keys, timeout=10).json() == []
    remote = RemoteSimulator(process)
    assert remote.health() == {"status": "ok"}
    assert remote.stats()["calls"] == 1


def test_a_person_edits_entities_over_the_control_api(
    call: Caller, buildium: Simulator, remote: RemoteSimulator
) -> None:
    made = call.created("/rentals", rental())
    edited = remote.edit("rentals", made["Id"], {"Address": {"City": "Dallas"}})
    assert edited == remote.get("rentals", made["Id"]) == call("GET", f"/rentals/{made['Id']}").json()
    assert edited["Address"] == {**made["Address"], "City": "Dallas"}
    assert remote.create("owners", {"FirstName": "Eva"})["Id"] == 3001
    remote.delete("rentals", made["Id"])
    assert remote.state() == buildium.state()
    assert remote.state()["rentals"] == []


def test_a_payment_is_reversed_over_the_control_api(
    call: Caller, buildium: Simulator, remote: RemoteSimulator, lease_id: int
) -> None:
    made = call.created(f"/leases/{lease_id}/payments", payment())
    with pytest.raises(requests.HTTPError):
        remote.reverse(made["Id"], "2026-01-09")
    remote.deposit(made["Id"])
    reversal = remote.reverse(made["Id"], "2026-01-09")
    assert call("GET", f"/leases/{lease_id}/transactions/{reversal['Id']}").json() == reversal
    assert remote.ledger() == buildium.ledger()
    assert [entry["Id"] for entry in remote.ledger()[lease_id]] == [made["Id"], reversal["Id"]]


@pytest.mark.parametrize(
    ("type_name", "entity_id", "fields", "status"),
    [("rentals", 9, {}, 404), ("houses", 1, {}, 404), ("bankaccounts", 1, {"Nmae": "x"}, 422)],
)
def test_an_invalid_edit_is_rejected(
    remote: RemoteSimulator, type_name: str, entity_id: int, fields: dict[str, str], status: int
) -> None:
    with pytest.raises(requests.HTTPError) as rejection:
        remote.edit(type_name, entity_id, fields)
    assert rejection.value.response.status_code == status


def test_faults_and_request_log_work_over_the_control_api(
    call: Caller, buildium: Simulator, remote: RemoteSimulator
) -> None:
    remote.fault("status", "GET", "/rentals", status=503)
    assert call("GET", "/rentals").status_code == 503
    assert remote.faults()[0]["applied"] == 1
    assert remote.requests() == buildium.requests()
    remote.clear_faults()
    remote.clear_requests()
    assert (remote.faults(), remote.requests()) == ([], [])


def test_a_fault_with_unknown_options_is_rejected(remote: RemoteSimulator) -> None:
    with pytest.raises(requests.HTTPError):
        remote.fault("status", tmies=2)


def test_webhooks_work_over_the_control_api(remote: RemoteSimulator, receiver: Receiver) -> None:
    remote.configure_webhooks(url=receiver.url)
    assert remote.send_event({"EventName": "Rental.Updated"}).outcome == "delivered"
    assert remote.send_batch([{"EntityId": 1}]).outcome == "delivered"
    assert [delivery.outcome for delivery in remote.deliveries()] == ["delivered"] * 2


def test_a_reset_restores_the_initial_state(call: Caller, remote: RemoteSimulator) -> None:
    first = call.created("/rentals", rental())
    remote.reset()
    assert call.created("/rentals", rental()) == first
    remote.reset(seed=False)
    assert remote.state()["bankaccounts"] == []


def test_an_unknown_control_route_is_not_found(buildium: Simulator) -> None:
    assert requests.get(f"{buildium.control_url}/nothing", timeout=10).status_code == 404
