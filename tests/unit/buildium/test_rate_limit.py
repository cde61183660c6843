import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from buildium_sync.buildium.rate_limit import RateLimit
from buildium_sync.errors import RateLimited
from tests.aws import CONTROL
from tests.clocks import VirtualClock
from tests.simulator.journal import most_in_a_second

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RATE = 9.3
INTERVAL = 1 / RATE
BUILDIUMS_LIMIT = 10


class Caller:
    """One function instance: takes slots, and keeps the times at which it would call.

    It does not sleep, so that callers at the same time can be played by one thread. `ahead` is by how much its
    clock is wrong.
    """

    def __init__(self, client: Any, clock: VirtualClock, *, ahead: float = 0.0, rate: float = RATE) -> None:
        self._clock = clock
        self._ahead = ahead
        self.calls: list[float] = []
        self._lock = threading.Lock()
        self.limit = RateLimit(client, CONTROL, rate=rate, clock=lambda: clock() + ahead, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self.calls.append(self._clock() + seconds)

    def wait(self, longest: float = 60.0) -> float:
        self.limit.wait(longest)
        return self.calls[-1]


class Atomic:
    """DynamoDB updates an item in one step; moto's updates from several threads overlap."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._lock = threading.Lock()

    def update_item(self, **arguments: Any) -> Any:
        with self._lock:
            return self._client.update_item(**arguments)


MakeCaller = Callable[..., Caller]


@pytest.fixture
def caller(dynamodb: "DynamoDBClient", clock: VirtualClock) -> MakeCaller:
    return lambda **options: Caller(dynamodb, clock, **options)


def gaps(times: list[float]) -> list[float]:
    ordered = sorted(times)
    return [later - earlier for earlier, later in itertools.pairwise(ordered)]


def writes(dynamodb: "DynamoDBClient") -> list[str]:
    seen: list[str] = []
    dynamodb.meta.events.register("before-call.dynamodb.*", lambda model, **_: seen.append(model.name))
    return seen


def test_the_first_call_does_not_wait(caller: MakeCaller, clock: VirtualClock) -> None:
    assert caller().wait() == clock()


def test_one_callers_slots_are_an_interval_apart(caller: MakeCaller) -> None:
    one = caller()
    for _ in range(30):
        one.wait()

    assert gaps(one.calls) == pytest.approx([INTERVAL] * 29, abs=0.001)


def test_interleaved_callers_share_the_slots(caller: MakeCaller, clock: VirtualClock) -> None:
    callers = [caller(), caller(), caller()]
    for turn in range(30):
        callers[turn % 3].wait()
        clock.sleep(0.013)

    calls = [at for one in callers for at in one.calls]
    assert min(gaps(calls)) >= INTERVAL - 0.001
    assert most_in_a_second(calls) <= BUILDIUMS_LIMIT


def test_threads_at_the_same_time_get_no_slot_twice(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    table = Atomic(dynamodb)
    callers = [Caller(table, clock), Caller(table, clock)]
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda place: callers[place % 2].wait(), range(40)))

    calls = [at for one in callers for at in one.calls]
    assert len(calls) == 40
    assert min(gaps(calls)) >= INTERVAL - 0.001
    assert most_in_a_second(calls) <= BUILDIUMS_LIMIT


def test_a_call_under_backlog_costs_one_write(caller: MakeCaller, dynamodb: "DynamoDBClient") -> None:
    one = caller()
    one.wait()
    seen = writes(dynamodb)

    for _ in range(5):
        one.wait()

    assert seen == ["UpdateItem"] * 5


def test_a_limit_that_was_idle_begins_now_and_saves_no_burst_up(caller: MakeCaller, clock: VirtualClock) -> None:
    one = caller()
    one.wait()
    clock.sleep(3600)
    later = clock()

    for _ in range(20):
        one.wait()

    assert one.calls[1] == later
    assert most_in_a_second(one.calls) <= BUILDIUMS_LIMIT


def test_a_call_that_would_wait_too_long_takes_no_slot(caller: MakeCaller) -> None:
    one = caller()
    for _ in range(11):
        one.wait()
    last = one.calls[-1]

    with pytest.raises(RateLimited):
        one.wait(longest=1.0)

    assert one.wait() - last == pytest.approx(INTERVAL, abs=0.001)


@pytest.mark.parametrize("idle", [False, True])
def test_a_call_for_which_no_time_is_left_takes_no_slot(
    caller: MakeCaller, dynamodb: "DynamoDBClient", clock: VirtualClock, idle: bool
) -> None:
    one = caller()
    if idle:
        one.wait()
        clock.sleep(3600)
    seen = writes(dynamodb)

    with pytest.raises(RateLimited):
        one.wait(longest=-0.001)

    assert seen == []
    assert len(one.calls) == idle


def test_a_penalty_holds_up_every_caller(caller: MakeCaller, clock: VirtualClock) -> None:
    one, other = caller(), caller()
    one.wait()

    one.limit.penalise(5.0)

    assert other.wait() - clock() == pytest.approx(5.0, abs=0.001)
    assert one.wait() - clock() == pytest.approx(5.0 + INTERVAL, abs=0.001)


def test_a_penalty_shortens_no_wait(caller: MakeCaller, clock: VirtualClock) -> None:
    one = caller()
    one.limit.penalise(5.0)
    one.limit.penalise(0.2)

    assert one.wait() - clock() == pytest.approx(5.0, abs=0.001)


class Away:
    """A DynamoDB client whose every write fails."""

    def __init__(self, client: "DynamoDBClient", error: Exception) -> None:
        self.exceptions = client.exceptions
        self._error = error

    def update_item(self, **_arguments: Any) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem"),
    ],
)
def test_without_the_table_no_call_is_made(dynamodb: "DynamoDBClient", clock: VirtualClock, error: Exception) -> None:
    one = Caller(Away(dynamodb, error), clock)

    with pytest.raises(RateLimited):
        one.wait()
    one.limit.penalise(1.0)

    assert one.calls == []


class Slow:
    """A DynamoDB client that does not answer before a time."""

    def __init__(self, client: "DynamoDBClient", clock: VirtualClock, until: float) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._clock = clock
        self._until = until

    def update_item(self, **arguments: Any) -> Any:
        self._clock.now = max(self._clock.now, self._until)
        return self._client.update_item(**arguments)


def test_slots_that_a_slow_table_gives_when_they_are_past_do_not_come_at_once(
    dynamodb: "DynamoDBClient", clock: VirtualClock
) -> None:
    Caller(dynamodb, clock).wait()
    asked = clock() + INTERVAL / 2
    calls = []
    for _ in range(20):
        clock.now = asked
        calls.append(Caller(Slow(dynamodb, clock, until=asked + 3), clock).wait())

    assert most_in_a_second(calls) <= BUILDIUMS_LIMIT


def test_a_call_of_low_priority_takes_no_slot_that_is_far_away(dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
    clients = Caller(dynamodb, clock)
    for _ in range(100):
        clients.wait()
    backlog_ends = clients.calls[-1]
    low = RateLimit(dynamodb, CONTROL, rate=RATE, clock=clock, sleep=clock.sleep, near=0.5)
    low.wait(60.0)

    assert backlog_ends - clock() <= 0.5
    assert clients.wait() - clock() <= 1.0, "whoever comes next waits for one call at most"


def test_a_call_of_low_priority_that_gets_no_slot_in_its_time_takes_none(
    dynamodb: "DynamoDBClient", clock: VirtualClock
) -> None:
    clients = Caller(dynamodb, clock)
    for _ in range(100):
        clients.wait()
    low = RateLimit(dynamodb, CONTROL, rate=RATE, clock=clock, sleep=clock.sleep, near=0.5)
    with pytest.raises(RateLimited):
        low.wait(5.0)

    assert clients.wait() - clients.calls[-2] == pytest.approx(INTERVAL, abs=0.001)


def rush(callers: list[Caller], clock: VirtualClock, seconds: float) -> list[float]:
    """Let every caller call as often as it may, one call after the other, and return the true times."""
    end = clock() + seconds
    free = dict.fromkeys(range(len(callers)), clock())
    while (now := min(free.values())) < end:
        place = min(free, key=lambda each: free[each])
        clock.now = now
        free[place] = callers[place].wait()
    return [at for one in callers for at in one.calls if at < end]


def test_clocks_a_few_milliseconds_apart_keep_the_limit(caller: MakeCaller, clock: VirtualClock) -> None:
    """Lambda's clocks agree that well (AWS: Amazon Time Sync)."""
    callers = [caller(), caller(ahead=0.005), caller(ahead=0.02)]

    assert most_in_a_second(rush(callers, clock, 20)) <= BUILDIUMS_LIMIT


def test_clocks_two_seconds_apart_give_each_clock_the_rate_at_most(caller: MakeCaller, clock: VirtualClock) -> None:
    """The limit is then broken: a slot means another moment to each clock, and two meet in one second.

    Which is why 429 is still answered with patience. No clock's callers get more than the rate, so two clocks
    together make at most twice the calls.
    """
    many, ahead = [caller() for _ in range(3)], [caller(ahead=2.0) for _ in range(3)]

    calls = rush([*many, *ahead], clock, 20)

    assert most_in_a_second(calls) <= 2 * BUILDIUMS_LIMIT
    assert len(calls) / 20 <= RATE * 1.15
