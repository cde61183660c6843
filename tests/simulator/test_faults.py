"""Scripted faults."""

import threading
import time

import pytest
import requests

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.model import Json
from tests.simulator.payloads import rental


def test_a_status_fault_responds_without_any_effect(call: Caller, buildium: Simulator) -> None:
    body: Json = {"UserMessage": "Busy.", "ErrorCode": None, "Errors": []}
    buildium.fault("status", "POST", "/rentals", status=429, body=body, headers={"Retry-After": "1"}, times=2)
    for _ in range(2):
        response = call("POST", "/rentals", rental())
        assert (response.status_code, response.json(), response.headers["Retry-After"]) == (429, body, "1")
    assert buildium.state()["rentals"] == []
    call.created("/rentals", rental())


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_closes_the_connection(call: Caller, buildium: Simulator, kind: str, made: int) -> None:
    buildium.fault(kind, "POST")
    with pytest.raises(requests.ConnectionError):
        call("POST", "/rentals", rental())
    assert len(buildium.state()["rentals"]) == made
    assert buildium.requests()[0].status == 0


def test_a_delayed_response_is_sent_after_the_commit(call: Caller, buildium: Simulator) -> None:
    buildium.fault("delay_after", "POST", seconds=30)
    with pytest.raises(requests.Timeout):
        call("POST", "/rentals", rental(), timeout=0.2)
    assert len(buildium.state()["rentals"]) == 1
    assert len(buildium.requests()) == 1


def test_a_fault_for_one_body_ignores_different_bodies(call: Caller, buildium: Simulator) -> None:
    buildium.fault("status", "POST", "/rentals", naming="Sunset Villa", status=422)
    call.created("/rentals", rental(Name="Sunrise Villa"))
    assert call("POST", "/rentals", rental(Name="Sunset Villa")).status_code == 422
    call.created("/rentals", rental(Name="Sunset Villa"))


def test_stopping_does_not_wait_for_delays() -> None:
    buildium = Simulator()
    buildium.start()
    buildium.fault("delay_after", "POST", seconds=90)
    with pytest.raises(requests.Timeout):
        Caller(buildium)("POST", "/rentals", rental(), timeout=0.2)
    stopping = threading.Thread(target=buildium.stop, daemon=True)
    stopping.start()
    stopping.join(timeout=30)
    assert not stopping.is_alive()


def test_an_error_after_the_commit_keeps_the_entity(call: Caller, buildium: Simulator) -> None:
    buildium.fault("error_after", "POST", status=503)
    assert call("POST", "/rentals", rental()).status_code == 503
    assert len(buildium.state()["rentals"]) == 1


def test_garbage_after_the_commit_keeps_the_entity(call: Caller, buildium: Simulator) -> None:
    buildium.fault("garbage_after", "POST")
    response = call("POST", "/rentals", rental())
    assert response.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert len(buildium.state()["rentals"]) == 1


def test_a_hidden_entity_is_readable_by_id_before_listing(
    call: Caller, buildium: Simulator, clock: VirtualClock
) -> None:
    buildium.fault("hidden", "POST", "/rentals", seconds=20)
    made = call.created("/rentals", rental())
    assert call("GET", "/rentals").json() == call("GET", "/rentals/units").json() == []
    assert call("GET", f"/rentals/{made['Id']}").status_code == 200
    clock.now += 20
    assert call("GET", "/rentals").json() == [made]


def test_a_latency_fault_only_delays_calls(call: Caller, buildium: Simulator) -> None:
    buildium.fault("latency", seconds=0.1)
    started = time.monotonic()
    call.created("/rentals", rental())
    assert time.monotonic() - started >= 0.1


def test_a_fault_matches_by_method_and_path_pattern(call: Caller, buildium: Simulator) -> None:
    buildium.fault("status", "GET", "/rentals/10*", times=None)
    call.created("/rentals", rental())
    assert call("GET", "/rentals").status_code == 200
    assert [call("GET", "/rentals/1001").status_code for _ in range(3)] == [500] * 3
    buildium.clear_faults()
    assert call("GET", "/rentals/1001").status_code == 200


def test_a_fault_may_skip_the_first_calls(call: Caller, buildium: Simulator) -> None:
    buildium.fault("status", skip=1)
    assert [call("GET", "/rentals").status_code for _ in range(3)] == [200, 500, 200]
    assert buildium.faults()[0]["applied"] == 1


def test_an_unknown_fault_kind_is_rejected(buildium: Simulator) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        buildium.fault("explode")
