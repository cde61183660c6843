"""Checks that reject a request before its payload is validated."""

import pytest

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import rental

pytestmark = pytest.mark.sends_invalid_requests


@pytest.mark.parametrize("header", ["x-buildium-client-id", "x-buildium-client-secret"])
@pytest.mark.parametrize("value", [None, "wrong", "ключ".encode().decode("latin-1")])
def test_both_keys_are_required(call: Caller, header: str, value: str | None) -> None:
    call.session.headers[header] = value  # type: ignore[assignment]
    assert call("GET", "/rentals").status_code == 401


@pytest.mark.parametrize("path", ["/Rentals", "/rentals/", "/rentals/x", "/rentals/9", "/houses"])
def test_a_path_must_match_exactly(call: Caller, path: str) -> None:
    assert call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/rentals/1001", "GET, PUT"),
        ("PUT", "/rentals", "GET, POST"),
        ("POST", "/glaccounts", "GET"),
    ],
)
def test_a_method_not_allowed_for_the_path_is_rejected(call: Caller, method: str, path: str, allowed: str) -> None:
    response = call(method, path, {})
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)


def test_a_body_requires_the_json_content_type(call: Caller) -> None:
    assert call("POST", "/rentals", data="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert call("POST", "/rentals").status_code == 415


@pytest.mark.parametrize("body", ["{", "[]", "null"])
def test_a_body_must_be_a_json_object(call: Caller, body: str) -> None:
    response = call("POST", "/rentals", data=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert response.status_code == 400


def test_a_query_longer_than_4096_is_a_server_error(call: Caller) -> None:
    assert call("GET", "/rentals?location=" + "x" * 4096).status_code == 500


def test_a_token_bucket_allows_a_burst_and_refills(clock: VirtualClock) -> None:
    with Simulator(rate_limit=10, clock=clock) as buildium:
        call = Caller(buildium)
        assert [call("GET", "/rentals").status_code for _ in range(12)] == [200] * 10 + [429] * 2
        clock.now += 0.15
        assert [call("GET", "/rentals").status_code for _ in range(2)] == [200, 429]
        stats = buildium.stats()
    assert (stats["calls"], stats["throttled"], stats["max_calls_in_a_second"]) == (14, 3, 14)


def test_a_sliding_window_frees_calls_after_one_second(clock: VirtualClock) -> None:
    with Simulator(rate_limit=10, sliding_window=True, clock=clock) as buildium:
        call = Caller(buildium)
        assert [call("GET", "/rentals").status_code for _ in range(11)] == [200] * 10 + [429]
        clock.now += 0.99
        assert call("GET", "/rentals").status_code == 429
        clock.now += 0.01
        assert call("GET", "/rentals").status_code == 200


def test_a_misspelt_key_is_a_violation_when_strict(call: Caller, buildium: Simulator) -> None:
    call("POST", "/rentals", rental(Adress={}))
    call("GET", "/rentals?Location=x")
    assert buildium.stats()["contract_violations"] == [
        "POST /v1/rentals: Adress",
        "GET /v1/rentals: Location",
    ]


def test_a_misspelt_key_is_ignored_when_not_strict() -> None:
    with Simulator(strict_keys=False) as buildium:
        assert Caller(buildium)("POST", "/rentals", rental(Adress={})).status_code == 201


def test_the_request_log_omits_only_the_api_key(call: Caller, buildium: Simulator) -> None:
    call("POST", "/rentals", rental())
    (exchange,) = buildium.requests()
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/v1/rentals", 201)
    assert (exchange.body, exchange.response["Id"]) == (rental(), 1001)
    assert buildium.api_key not in str(exchange)
