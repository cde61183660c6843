import itertools
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from buildium_sync.buildium.rate_limiter.limiter import RateLimiter, Slot
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.errors import RateLimited
from tests.aws import CONTROL, REGION, create_tables
from tests.clocks import VirtualClock
from tests.simulator.journal import most_in_a_second
from tests.simulator.rate_limit import RateLimit as BuildiumLimit
from tests.unit.buildium.limiter_fleet import LIMIT, LimiterClient, LimiterFleet, SlowDynamoDB

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUILDIUM_LIMIT = 10
SLOWEST = 1 / (0.94 * LIMIT)
RESTART_MARGIN_SECONDS = 0.03
"""The second call after an idle time keeps this distance in addition."""
"""Seconds between two calls at the initial rate, and a little more."""


@pytest.fixture
def fleet(dynamodb: "DynamoDBClient", clock: VirtualClock) -> LimiterFleet:
    return LimiterFleet(dynamodb, clock)


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(sorted(times))]


def writes(dynamodb: "DynamoDBClient") -> list[str]:
    seen: list[str] = []
    dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: seen.append(model.name))
    return seen


class UnavailableDynamoDB:
    """A DynamoDB client whose every call fails."""

    def __init__(self, client: "DynamoDBClient", error: Exception) -> None:
        self.exceptions = client.exceptions
        self._error = error

    def update_item(self, **_arguments: Any) -> None:
        raise self._error

    get_item = update_item


# --- the pace -------------------------------------------------------------------------------------


class Backlog:
    """A backlog of calls and the instances that process it; a throttled call is repeated."""

    def __init__(self, fleet: LimiterFleet, server: BuildiumLimit, calls: int, jitter: float) -> None:
        self.fleet, self.server, self.left, self.jitter = fleet, server, calls, jitter
        self.made: list[float] = []
        self.rejected: list[float] = []
        self._random = random.Random(1)

    def function(self, caller: LimiterClient) -> Callable[[], None]:
        def function() -> None:
            while self.left > 0:
                self.left -= 1
                self._call(caller)

        return function

    def _call(self, caller: LimiterClient) -> None:
        pause = 0.2
        while True:
            slot = caller.call()
            self.fleet.threads.sleep(self._random.uniform(0, self.jitter))
            passed = self.server.allows()
            (self.made if passed else self.rejected).append(self.fleet.clock())
            self.fleet.threads.sleep(self._random.uniform(0.1, 0.2))
            if passed:
                return
            caller.limit.report_throttled(slot, pause)
            pause *= 2


def pace_of(fleet: LimiterFleet) -> float:
    """The rate of the next calls, in calls a second."""
    caller = fleet.caller()
    fleet.run([fleet.one_after_another(caller, 3)])
    return 2 / (caller.calls[2] - caller.calls[1]) / 2


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    """Tables for many examples, each of which deletes the item first."""
    with mock_aws():
        made = boto3.client("dynamodb", region_name=REGION)
        create_tables(made)
        yield made


INSTANCES = st.lists(
    st.tuples(
        st.sampled_from(Priority),
        st.sampled_from([0.0, 0.003, 0.5, 1.0, 2.0]),
        st.booleans(),
        st.lists(st.sampled_from([0.0, 0.0, 0.05, 0.3, 1.2, 12.0]), min_size=1, max_size=15),
    ),
    min_size=1,
    max_size=6,
)


class TestSpacing:
    def test_the_first_call_does_not_wait(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        began, one = clock(), fleet.caller()
        fleet.run([one.call])

        assert one.calls == [began]

    def test_calls_of_all_instances_are_evenly_spaced(self, fleet: LimiterFleet) -> None:
        fleet.run([fleet.one_after_another(fleet.caller(), 40, took) for took in (0.0, 0.15, 0.4)])

        assert len(fleet.calls) == 120
        assert min(gaps(fleet.calls)) >= 1 / LIMIT - 0.001
        assert most_in_a_second(fleet.calls) <= BUILDIUM_LIMIT

    def test_threads_of_a_process_get_distinct_slots(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        limit = RateLimiter(dynamodb, CONTROL, rate=LIMIT, clock=clock, sleep=clock.sleep)
        with ThreadPoolExecutor(10) as threads:
            slots = list(threads.map(lambda _: limit.acquire(60.0).at / 1000, range(40)))

        assert min(gaps(slots)) >= 1 / LIMIT - 0.001

    def test_a_call_under_backlog_costs_one_write(self, fleet: LimiterFleet, dynamodb: "DynamoDBClient") -> None:
        one = fleet.caller()
        fleet.run([one.call])
        seen = writes(dynamodb)
        fleet.run([fleet.one_after_another(one, 20)])

        assert seen == ["UpdateItem"] * 20

    def test_an_idle_limiter_starts_now_without_a_burst(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        one = fleet.caller()
        fleet.run([one.call])
        clock.sleep(3600)
        later = clock()
        fleet.run([fleet.one_after_another(one, 20)])

        assert one.calls[1] == later
        assert most_in_a_second(one.calls) <= BUILDIUM_LIMIT

    def test_a_new_instance_does_not_wait_for_an_idle_limiter(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        fleet.run([fleet.caller().call])
        clock.sleep(11)
        later, new = clock(), fleet.caller()
        fleet.run([new.call])

        assert new.calls == [later]

    @pytest.mark.parametrize("meets", [False, True])
    def test_a_warm_up_saves_a_new_instance_its_first_wait(
        self, fleet: LimiterFleet, clock: VirtualClock, meets: bool
    ) -> None:
        fleet.run([fleet.one_after_another(fleet.caller(), 3)])
        new, waited = fleet.caller(), []

        def begin() -> None:
            if meets:
                new.limit.warm_up()
            fleet.threads.sleep(0.25)
            asked = clock()
            new.call()
            waited.append(clock() - asked)

        fleet.run([begin])

        assert waited == [0.0] if meets else waited[0] > 0.09

    def test_a_new_instance_respects_slots_taken_after_its_warm_up(self, fleet: LimiterFleet) -> None:
        one, new = fleet.caller(), fleet.caller()
        fleet.run([one.call])
        fleet.run([new.limit.warm_up])
        fleet.clock.sleep(0.5)
        fleet.run([fleet.one_after_another(one, 3), new.call])

        assert min(gaps(fleet.calls)) >= 1 / LIMIT - 0.001

    def test_alternating_instances_wait_at_most_one_slot(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        callers = [fleet.caller() for _ in range(3)]
        waited: list[float] = []

        def taking_turns() -> None:
            for turn in range(12):
                fleet.threads.sleep(0.4)
                asked = clock()
                callers[turn % 3].call()
                waited.append(clock() - asked)

        fleet.run([taking_turns])

        assert max(waited) <= 1 / (LIMIT * 0.94) + RESTART_MARGIN_SECONDS


class TestWaitLimit:
    def test_a_call_that_would_wait_too_long_takes_no_slot(self, fleet: LimiterFleet) -> None:
        one, other = fleet.caller(), fleet.caller()
        fleet.run([lambda: one.limit.report_throttled(one.call(), 5.0)])

        def too_long() -> None:
            with pytest.raises(RateLimited):
                other.call(longest=1.0)

        fleet.run([too_long])
        fleet.run([one.call])

        assert gaps(one.calls) == [pytest.approx(5.0, abs=0.001)]
        assert other.calls == []

    @pytest.mark.parametrize("idle", [False, True])
    def test_a_call_without_time_left_takes_no_slot(
        self, fleet: LimiterFleet, dynamodb: "DynamoDBClient", clock: VirtualClock, idle: bool
    ) -> None:
        one = fleet.caller()
        if idle:
            fleet.run([one.call])
            clock.sleep(3600)
        seen = writes(dynamodb)

        with pytest.raises(RateLimited):
            one.call(longest=-0.001)

        assert seen == []
        assert len(one.calls) == idle


class TestTable:
    @pytest.mark.parametrize(
        "error",
        [
            EndpointConnectionError(endpoint_url="http://127.0.0.1"),
            ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem"),
        ],
    )
    def test_no_call_is_made_while_the_table_is_unavailable(self, fleet: LimiterFleet, error: Exception) -> None:
        one = fleet.caller()
        slot = []
        fleet.run([lambda: slot.append(one.call())])
        one.limit._client = UnavailableDynamoDB(fleet.client, error)  # type: ignore[assignment]

        one.limit.warm_up()
        with pytest.raises(RateLimited):
            one.call()
        one.limit.report_throttled(slot[0], 1.0)

        assert len(one.calls) == 1

    def test_late_slots_of_a_slow_table_cause_no_burst(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        fleet = LimiterFleet(dynamodb, clock)
        fleet.client = table = SlowDynamoDB(dynamodb, fleet.threads.sleep)
        callers = [fleet.caller() for _ in range(14)]
        fleet.run([caller.call for caller in callers])
        table.latency = (1.5, 1.5)

        def call(caller: LimiterClient) -> None:
            with suppress(RateLimited):
                caller.call(longest=8.0)

        fleet.run([partial(call, caller) for caller in callers])

        assert most_in_a_second(fleet.calls) <= BUILDIUM_LIMIT


class TestRate:
    @pytest.mark.parametrize(("sliding", "jitter", "use", "rejections"), [(False, 0.0, 0.99, 0), (True, 0.05, 0.93, 6)])
    def test_a_backlog_uses_the_limit_under_bucket_and_sliding_window(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock, sliding: bool, jitter: float, use: float, rejections: int
    ) -> None:
        fleet = LimiterFleet(dynamodb, clock)
        fleet.client = SlowDynamoDB(dynamodb, fleet.threads.sleep)
        backlog = Backlog(fleet, BuildiumLimit(10, clock, sliding), 600, jitter)
        # Processes with one call at a time: more of them behave like threads of a process.
        fleet.run([backlog.function(fleet.caller()) for _ in range(9)])

        began, ended = min(backlog.made), max(backlog.made)
        assert len(backlog.made) == 600
        assert 600 / (ended - began) / 10 >= use
        assert len(backlog.rejected) <= rejections
        assert fleet.client.writes / 600 <= 1.1

    def test_a_lower_configured_limit_is_never_exceeded(self, fleet: LimiterFleet) -> None:
        one = fleet.caller(rate=5)
        fleet.run([fleet.one_after_another(one, 200)])

        assert most_in_a_second(one.calls) <= 5
        assert gaps(one.calls)[-1] == pytest.approx(0.2, abs=0.001)


class TestThrottling:
    def test_a_throttled_call_slows_every_instance_down(self, fleet: LimiterFleet) -> None:
        one = fleet.caller()
        fleet.run([fleet.one_after_another(one, 100)])
        assert pace_of(fleet) == pytest.approx(LIMIT, abs=0.01)

        fleet.run([lambda: one.limit.report_throttled(one.call(), 0.2)])

        assert pace_of(fleet) == pytest.approx(0.945 * LIMIT, abs=0.01)

    def test_throttled_calls_in_flight_reduce_the_rate_once(self, fleet: LimiterFleet) -> None:
        callers = [fleet.caller() for _ in range(5)]
        fleet.run([fleet.one_after_another(callers[0], 100)])
        slots: list[Any] = []
        fleet.run([lambda caller=caller: slots.append(caller.call()) for caller in callers])  # type: ignore[misc]
        for caller, slot in zip(callers, slots, strict=True):
            caller.limit.report_throttled(slot, 0.2)

        assert pace_of(fleet) == pytest.approx(0.945 * LIMIT, abs=0.01)

    def test_throttled_calls_in_one_second_reduce_the_rate_once(self, fleet: LimiterFleet) -> None:
        one = fleet.caller()

        def rejected_at_once_again() -> None:
            one.limit.report_throttled(one.call(), 0.2)
            for _ in range(5):
                one.limit.report_throttled(one.call(), 0.2)

        fleet.run([fleet.one_after_another(one, 100)])
        fleet.run([rejected_at_once_again])

        assert pace_of(fleet) == pytest.approx(0.945 * LIMIT, abs=0.01)

    def test_continuous_throttling_reduces_the_rate_which_then_recovers(self, fleet: LimiterFleet) -> None:
        one = fleet.caller()

        def rejected_again_and_again() -> None:
            for _ in range(15):
                for _ in range(13):
                    slot = one.call()
                one.limit.report_throttled(slot, 0.2)

        fleet.run([rejected_again_and_again])
        low = pace_of(fleet)
        assert 7 < low < 9

        fleet.run([fleet.one_after_another(one, 200)])
        assert pace_of(fleet) > low + 0.1


class TestPauses:
    def test_a_throttled_call_delays_every_instance(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        one, other = fleet.caller(), fleet.caller()
        fleet.run([lambda: one.limit.report_throttled(one.call(), 5.0)])
        fleet.run([other.call, one.call])

        assert gaps(fleet.calls)[0] == pytest.approx(5.0, abs=0.001)

    def test_a_pause_delays_every_instance_and_keeps_the_rate(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        one, other = fleet.caller(), fleet.caller()
        fleet.run([one.call])
        one.limit.pause(7.0)
        until = clock() + 7
        fleet.run([fleet.one_after_another(caller, 3) for caller in (one, other)])

        assert min(one.calls[1:] + other.calls) >= until - 0.001
        assert max(gaps([*one.calls[1:], *other.calls])) <= SLOWEST + RESTART_MARGIN_SECONDS

    def test_a_slot_within_a_pause_is_replaced(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        limit = RateLimiter(dynamodb, CONTROL, rate=LIMIT, clock=clock, sleep=clock.sleep)
        limit.acquire(60.0)
        ask, until = limit._acquire_slot, clock() + 7

        def ask_before_a_pause(*arguments: Any) -> Slot:
            limit._acquire_slot = ask  # type: ignore[method-assign]
            slot = ask(*arguments)
            limit.pause(7.0)
            return slot

        limit._acquire_slot = ask_before_a_pause  # type: ignore[method-assign, assignment]

        assert limit.acquire(60.0).at / 1000 >= until - 0.001
        assert clock() >= until - 0.001

    def test_no_call_is_made_when_a_pause_exceeds_its_time(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        limit = RateLimiter(dynamodb, CONTROL, rate=LIMIT, clock=clock, sleep=clock.sleep)
        limit.acquire(60.0)
        limit.pause(7.0)

        with pytest.raises(RateLimited):
            limit.acquire(6.0)

    def test_a_later_throttled_call_shortens_no_wait(self, fleet: LimiterFleet) -> None:
        one = fleet.caller()

        def rejected_twice() -> None:
            slot = one.call()
            one.limit.report_throttled(slot, 5.0)
            one.limit.report_throttled(slot, 0.2)
            one.call()

        fleet.run([rejected_twice])

        assert gaps(one.calls) == [pytest.approx(5.0, abs=0.001)]


class TestPriorities:
    # --- lanes ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("first", "second", "share"),
        [
            (Priority.INTERACTIVE, Priority.RETRY, 0.12),
            (Priority.INTERACTIVE, Priority.BACKGROUND, 0.05),
            (Priority.RETRY, Priority.BACKGROUND, 0.05),
        ],
    )
    def test_a_higher_priority_goes_first_without_starving_the_lower(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock, first: Priority, second: Priority, share: float
    ) -> None:
        """`share` is the maximum part of the calls for each instance with the lower priority."""
        fleet, end = LimiterFleet(dynamodb, clock), clock() + 25
        busy = [fleet.caller(first) for _ in range(6)]
        yielding = fleet.caller(second)
        fleet.run([fleet.until(caller, end) for caller in [*busy, yielding]])

        assert len(fleet.calls) >= 25 * 0.94 * LIMIT, "nothing of the limit is lost"
        assert 1 <= len(yielding.calls) <= share * len(fleet.calls)
        assert max(gaps(yielding.calls)) <= second.value.max_yield_seconds + 2, "it waits for a bounded time"

    def test_background_calls_use_all_free_slots(self, fleet: LimiterFleet, clock: VirtualClock) -> None:
        end = clock() + 10
        fleet.run([fleet.until(fleet.caller(Priority.BACKGROUND), end)])

        assert len(fleet.calls) >= 10 * 0.94 * LIMIT

    def test_an_interactive_call_is_not_delayed_by_endless_retries(
        self, fleet: LimiterFleet, clock: VirtualClock
    ) -> None:
        end, person = clock() + 10, fleet.caller()
        waited = []

        def now_and_then() -> None:
            while clock() < end:
                fleet.threads.sleep(1.7)
                asked = clock()
                person.call()
                waited.append(clock() - asked)

        retries = [fleet.until(fleet.caller(Priority.RETRY), end) for _ in range(10)]
        fleet.run([*retries, now_and_then])

        assert max(waited) <= Priority.RETRY.value.lookahead_seconds + 3 * SLOWEST

    def test_a_yielding_call_without_a_timely_slot_takes_none(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        fleet, end = LimiterFleet(dynamodb, clock), clock() + 4
        low = fleet.caller(Priority.BACKGROUND)
        began = clock()

        def rejected() -> None:
            with pytest.raises(RateLimited):
                low.call(longest=0.1)
            assert clock() - began <= 0.1 + SLOWEST

        fleet.run([*(fleet.until(fleet.caller(), end) for _ in range(10)), rejected])

        assert low.calls == []

    def test_a_yielding_call_costs_reads_but_few_writes(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        fleet, end = LimiterFleet(dynamodb, clock), clock() + 15
        fleet.client = SlowDynamoDB(dynamodb, fleet.threads.sleep)
        fleet.run([fleet.until(fleet.caller(), end) for _ in range(6)])
        alone = fleet.client.writes / len(fleet.calls)
        low, end = fleet.caller(Priority.BACKGROUND), clock() + 15
        fleet.run([fleet.until(caller, end) for caller in [*fleet.callers[:6], low]])

        assert alone <= 1.1
        assert fleet.client.writes / len(fleet.calls) <= 1.1


class TestClocks:
    # --- clocks ---------------------------------------------------------------------------------------

    def test_instances_with_clocks_two_seconds_apart_keep_the_limit(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock
    ) -> None:
        fleet, end = LimiterFleet(dynamodb, clock), clock() + 15
        many = [fleet.caller() for _ in range(3)] + [fleet.caller(ahead=2.0) for _ in range(3)]
        fleet.run([fleet.until(caller, end) for caller in many])

        assert most_in_a_second(fleet.calls) <= BUILDIUM_LIMIT
        assert len(fleet.calls) >= 15 * 0.85 * LIMIT, "and no caller waits for a clock that is behind"

    @pytest.mark.parametrize("ahead", [2.0, 0.4, -0.4, -2.0])
    def test_an_instance_with_a_wrong_clock_joins_a_busy_limiter(
        self, dynamodb: "DynamoDBClient", clock: VirtualClock, ahead: float
    ) -> None:
        fleet, end = LimiterFleet(dynamodb, clock), clock() + 12
        wrong = fleet.caller(ahead=ahead)

        def joins() -> None:
            fleet.threads.sleep(4.03)
            fleet.until(wrong, end)()

        fleet.run([*(fleet.until(fleet.caller(), end) for _ in range(5)), joins])

        assert most_in_a_second(fleet.calls) <= BUILDIUM_LIMIT
        assert len(fleet.calls) >= 12 * 0.94 * LIMIT - 2 * BUILDIUM_LIMIT
        assert wrong.calls

    @settings(max_examples=15)
    @given(INSTANCES)
    def test_no_second_has_more_than_ten_calls_with_any_clocks(
        self, client: "DynamoDBClient", instances: list[tuple[Priority, float, bool, list[float]]]
    ) -> None:
        client.delete_item(TableName=CONTROL, Key={"pk": {"S": "rate#buildium"}})
        fleet = LimiterFleet(client, VirtualClock())

        def function(caller: LimiterClient, meets: bool, pauses: list[float]) -> Callable[[], None]:
            def calls() -> None:
                if meets:
                    caller.limit.warm_up()
                for pause in pauses:
                    fleet.threads.sleep(pause)
                    caller.call()

            return calls

        fleet.run(
            [
                function(fleet.caller(priority, ahead=ahead), meets, pauses)
                for priority, ahead, meets, pauses in instances
            ]
        )

        assert len(fleet.calls) == sum(len(pauses) for *_, pauses in instances)
        assert most_in_a_second(fleet.calls) <= BUILDIUM_LIMIT
