from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from buildium_sync.buildium.call_classifier import circuits_for
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    BuildiumUnavailable,
    CredentialsRejected,
    OutcomeUnknown,
    RateLimited,
    WrongBaseUrl,
)
from tests.aws import CONTROL
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTAGE = BuildiumUnavailable("Buildium returned 503: Away", is_outage=True, status=503)
WRONG_KEY = CredentialsRejected("Buildium returned 401: Unknown key", status=401)
FORBIDDEN = CredentialsRejected("Buildium returned 403: Not yours", status=403)
MOVED = WrongBaseUrl("BUILDIUM_BASE_URL is not it: 308", status=308)
REJECTED = BuildiumRejected("Buildium returned 422: Name", status=422)
THROTTLED = RateLimited("Buildium returned 429: Slow down", status=429)
NO_SLOT = RateLimited("No slot")
READ, WRITE, OTHER = (
    circuits_for("GET", "/rentals/5"),
    circuits_for("PUT", "/rentals/5"),
    circuits_for("GET", "/leases"),
)
PROBE = 60.0
SEEN = 5.1
"""Seconds after which every process has read what another wrote."""

MakeCircuits = Callable[[], CircuitBreakers]


@pytest.fixture
def process(dynamodb: "DynamoDBClient", clock: VirtualClock) -> MakeCircuits:
    return lambda: CircuitBreakers(dynamodb, CONTROL, clock=clock, probe=PROBE)


def fail(circuits: CircuitBreakers, error: BuildiumError, times: int = 1, names: tuple[str, ...] = READ) -> None:
    for _ in range(times):
        circuits.after_call(names, error)


def is_load(circuits: CircuitBreakers, names: tuple[str, ...] = READ) -> bool:
    try:
        circuits.before_call(names)
    except (BuildiumUnavailable, CredentialsRejected):
        return True
    return False


class Away:
    def __init__(self, client: "DynamoDBClient") -> None:
        self.exceptions = client.exceptions

    def get_item(self, **_arguments: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    update_item = get_item


class TestScopes:
    @pytest.mark.parametrize(
        ("method", "path", "permission"),
        [
            ("GET", "/rentals/5", "GET /rentals"),
            ("POST", "/rentals", "WRITE /rentals"),
            ("PUT", "/rentals/units/7", "WRITE /rentals/units"),
        ],
    )
    def test_read_and_write_permissions_of_a_type_are_separate(self, method: str, path: str, permission: str) -> None:
        assert circuits_for(method, path)[-1] == permission

    def test_a_missing_permission_stops_only_calls_that_need_it(self, process: MakeCircuits) -> None:
        fail(process(), FORBIDDEN, 3)

        other = process()
        assert is_load(other, READ)
        assert not is_load(other, WRITE)
        assert not is_load(other, OTHER)


class TestOpening:
    def test_an_outage_opens_the_circuit_for_every_process(self, process: MakeCircuits) -> None:
        one = process()
        fail(one, OUTAGE, 4)
        assert not is_load(one)
        fail(one, OUTAGE)

        for circuits in (one, process()):
            with pytest.raises(BuildiumUnavailable, match="503: Away") as caught:
                circuits.before_call(OTHER)
            assert caught.value.is_outage
            assert type(caught.value) is BuildiumUnavailable, "nothing was sent"

    def test_failures_that_are_not_in_a_row_load_nothing(self, process: MakeCircuits) -> None:
        one = process()
        for _ in range(10):
            fail(one, OUTAGE, 4)
            one.after_call(READ, None)

        assert not is_load(one)

    def test_a_rejected_key_stops_every_call_at_once(self, process: MakeCircuits) -> None:
        fail(process(), WRONG_KEY)

        with pytest.raises(CredentialsRejected, match="401: Unknown key") as caught:
            process().before_call(OTHER)
        assert caught.value.status == 401

    def test_a_wrong_base_url_stops_every_call(self, process: MakeCircuits) -> None:
        fail(process(), MOVED, 3)

        with pytest.raises(WrongBaseUrl, match="BUILDIUM_BASE_URL") as caught:
            process().before_call(OTHER)
        assert caught.value.status == 308


class TestProbes:
    def test_only_one_process_probes_an_open_circuit(self, process: MakeCircuits, clock: VirtualClock) -> None:
        processes = [process() for _ in range(5)]
        fail(processes[0], WRONG_KEY)
        clock.sleep(29)
        assert all(map(is_load, processes))
        clock.sleep(2)

        assert [is_load(each) for each in processes].count(False) == 1

    def test_a_successful_probe_closes_the_circuit_for_every_process(
        self, process: MakeCircuits, clock: VirtualClock
    ) -> None:
        one, other = process(), process()
        fail(one, WRONG_KEY)
        assert is_load(other)
        clock.sleep(31)
        one.before_call(READ)
        one.after_call(READ, None)
        clock.sleep(SEEN)

        assert not is_load(one)
        assert not is_load(other)

    def test_a_failed_probe_doubles_the_pause_up_to_five_minutes(
        self, process: MakeCircuits, clock: VirtualClock
    ) -> None:
        one = process()
        fail(one, WRONG_KEY)
        for pause in (30, 60, 120, 240, 300, 300):
            clock.sleep(pause - 1)
            assert is_load(one)
            clock.sleep(1.1)
            one.before_call(READ)
            fail(one, WRONG_KEY)

    def test_a_probe_of_a_dead_process_is_repeated_by_another(self, process: MakeCircuits, clock: VirtualClock) -> None:
        one, other = process(), process()
        fail(one, WRONG_KEY)
        clock.sleep(31)
        one.before_call(READ)
        clock.sleep(PROBE - 1)
        assert is_load(other)
        clock.sleep(1 + SEEN)

        assert not is_load(other)


class TestClosing:
    @pytest.mark.parametrize(
        ("opened_by", "then", "closed"),
        [
            (OUTAGE, REJECTED, True),
            (OUTAGE, BuildiumNotFound("Buildium returned 404", status=404), True),
            (OUTAGE, THROTTLED, True),
            (OUTAGE, FORBIDDEN, True),
            (OUTAGE, WRONG_KEY, True),
            (OUTAGE, OutcomeUnknown("Buildium returned 500", is_outage=False, status=500), True),
            (OUTAGE, NO_SLOT, False),
            (OUTAGE, OUTAGE, False),
            (WRONG_KEY, REJECTED, True),
            (WRONG_KEY, FORBIDDEN, True),
            (WRONG_KEY, THROTTLED, False),
            (WRONG_KEY, OUTAGE, False),
            (FORBIDDEN, REJECTED, True),
            (FORBIDDEN, WRONG_KEY, False),
            (FORBIDDEN, MOVED, False),
            (WRONG_KEY, MOVED, False),
            (OUTAGE, MOVED, True),
            (MOVED, REJECTED, True),
            (MOVED, WRONG_KEY, True),
            (MOVED, THROTTLED, True),
            (MOVED, OUTAGE, False),
            (MOVED, MOVED, False),
        ],
    )
    def test_a_result_that_disproves_the_cause_closes_the_circuit(
        self, process: MakeCircuits, clock: VirtualClock, opened_by: BuildiumError, then: BuildiumError, closed: bool
    ) -> None:
        one = process()
        fail(one, opened_by, 5)
        clock.sleep(31)
        one.before_call(READ)
        one.after_call(READ, then)

        names = {id(OUTAGE): "outage", id(WRONG_KEY): "key", id(MOVED): "address", id(FORBIDDEN): READ[-1]}
        assert (names[id(opened_by)] in one._load()) is not closed

    def test_failures_of_calls_in_flight_do_not_reload_it(
        self, process: MakeCircuits, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        one = process()
        fail(one, WRONG_KEY)
        clock.sleep(1)
        before = one._load()["key"]
        fail(one, WRONG_KEY, 9)
        fail(process(), WRONG_KEY, 9)

        assert one._load()["key"] == before


class TestTable:
    def test_a_closed_circuit_costs_one_read_in_five_seconds(
        self, process: MakeCircuits, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        seen: list[str] = []
        dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: seen.append(model.name))
        one = process()
        for _ in range(49):
            one.before_call(READ)
            one.after_call(READ, None)
            clock.sleep(0.1)

        assert seen == ["GetItem"]

    def test_circuits_are_closed_while_the_table_is_unavailable(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        away: Any = Away(dynamodb)
        one = CircuitBreakers(away, CONTROL, clock=clock, probe=PROBE)
        fail(one, OUTAGE, 9)

        assert not is_load(one)


class TestReport:
    def test_the_report_counts_what_is_load_and_still_needed(self, process: MakeCircuits, clock: VirtualClock) -> None:
        one = process()
        assert one.emit_metrics() == 0
        fail(one, FORBIDDEN, 3)
        fail(one, WRONG_KEY)

        assert process().emit_metrics() == 2
        clock.sleep(2000)
        assert process().emit_metrics() == 0
