import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from buildium_sync.api.event_service import EventService
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.errors import (
    BuildiumRejected,
    BuildiumUnavailable,
    CredentialsRejected,
    NotFound,
    OutOfScope,
    RateLimited,
    ReferenceUnknown,
    RetryLater,
)
from buildium_sync.inbound.event_processor import EventProcessor
from buildium_sync.observability import logger
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import EventQueue
from tests.aws import CONTROL, EVENTS
from tests.unit.webhooks.test_publisher import event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SQS_LONGEST = 900
RETRIES = 3
NOW = 1_795_356_000.0
SQS_BYTES = 262_144


class Scripted:
    """Fake of the inbound flow with a scripted outcome."""

    def __init__(self) -> None:
        self.end: Exception | EventStatus = EventStatus.PROCESSED
        self.got: list[dict[str, Any]] = []
        self.deferrals: list[int] = []

    def process_event(self, worked_on: dict[str, Any], deferrals: int) -> EventStatus:
        self.got.append(worked_on)
        self.deferrals.append(deferrals)
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


class World:
    """The event processor on moto, with a scripted inbound flow and its queue."""

    def __init__(self, dynamodb: "DynamoDBClient") -> None:
        self.inbound = Scripted()
        self.events = EventStore(dynamodb, EVENTS)
        self.queued: list[dict[str, Any]] = []
        policy = RetryPolicy(RETRIES, 1.0, jitter=lambda _low, high: high)
        recording: Any = EventQueue(self, "url")  # type: ignore[arg-type]
        self.retry = EventService(self.events, recording, self.now)
        self.control = ControlStateStore(dynamodb, CONTROL, start_mode="normal", clock=self.now)
        self.counts = MetricCounts(self.now)
        self.processing = EventProcessor(
            self.inbound,  # type: ignore[arg-type]
            self.events,
            recording,
            self.control,
            policy,
            self.counts,
            self.now,
        )

    def now(self) -> float:
        return NOW

    def send_message(self, **arguments: Any) -> None:
        self.queued.append(arguments)

    def work(self, **message: Any) -> None:
        self.processing.process(json.dumps({"detail": event("e"), **message}))

    def state(self) -> tuple[str, str | None]:
        stored = self.events.get("e")
        assert stored is not None
        return stored["status"], stored["error"]


@pytest.fixture
def world(dynamodb: "DynamoDBClient") -> World:
    made = World(dynamodb)
    made.events.store([event("e")])
    return made


OWN = [BuildiumUnavailable("Broken.", is_outage=False, status=500), KeyError("a fault in the code")]
ABOUT_ALL = [
    BuildiumUnavailable("Away.", is_outage=True),
    RateLimited("Slow down."),
    CredentialsRejected("Wrong key."),
]


class TestOutcomes:
    @pytest.mark.parametrize("status", [EventStatus.PROCESSED, EventStatus.IGNORED])
    def test_the_outcome_of_an_event_is_stored(self, world: World, status: EventStatus) -> None:
        world.inbound.end = status
        world.work()

        assert world.inbound.got == [event("e")]
        assert world.state() == (status, None)
        assert world.queued == []
        assert world.counts.names() == {f"events_{status.value}"}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"subject": "Moon", "eventName": "Moon.Landed"}, "No entity type has events named 'Moon.Landed'."),
            ({"operation": "", "eventName": "Rental.Sold"}, "neither Created, Updated nor Deleted"),
            ({"entityId": None}, "no entity id"),
        ],
    )
    def test_an_ignored_event_stores_the_reason(self, world: World, change: dict[str, Any], reason: str) -> None:
        world.inbound.end = EventStatus.IGNORED
        world.processing.process(json.dumps({"detail": event("e", **change)}))

        status, error = world.state()
        assert status == "ignored"
        assert reason in str(error)

    def test_an_event_out_of_scope_is_ignored_with_the_reason(self, world: World) -> None:
        world.inbound.end = OutOfScope("", "property", 7, can_be_listed=True)
        world.work()

        assert world.state() == (EventStatus.IGNORED, str(world.inbound.end))
        assert (world.queued, world.counts.names()) == ([], {"events_ignored"})

    def test_every_log_line_has_the_events_correlation_id(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        monkeypatch.setattr(logger.logger_handler, "stream", stream)
        world.work()

        assert {json.loads(line)["correlation_id"] for line in stream.getvalue().splitlines()} == {"request-1"}


class TestDeferral:
    @pytest.mark.parametrize(
        "error", [RetryLater("Held.", 2.0), *ABOUT_ALL, *OWN], ids=lambda error: type(error).__name__
    )
    def test_a_deferred_event_is_queued_again(self, world: World, error: Exception) -> None:
        world.inbound.end = error
        world.work()

        assert world.state() == ("published", None)
        [queued] = world.queued
        assert sum(json.loads(queued["MessageBody"])["waits"].values()) == 1
        assert 1 <= queued["DelaySeconds"] <= SQS_LONGEST

    def test_the_sweep_ignores_a_deferred_event_until_overdue(self, world: World) -> None:
        world.inbound.end = RetryLater("Held.", 300.0)
        world.work()

        assert world.events.stuck(NOW + 300, grace=0, limit=1) == []
        assert world.events.stuck(NOW + 600, grace=0, limit=1) != []

    @pytest.mark.parametrize(("wait", "delay"), [(0.0, 1), (1.2, 2), (2.0, 2), (5000.0, SQS_LONGEST)])
    def test_a_delay_is_at_least_the_wait_within_queue_limits(self, world: World, wait: float, delay: int) -> None:
        world.inbound.end = RetryLater("Held.", wait)
        world.work()

        assert [queued["DelaySeconds"] for queued in world.queued] == [delay]

    def test_a_deferred_event_is_requeued_without_its_payload(self, world: World) -> None:
        world.inbound.end = RetryLater("Held.", 2.0)
        world.work()
        world.inbound.end = EventStatus.PROCESSED
        world.processing.process(world.queued[0]["MessageBody"])

        first, again = world.inbound.got
        assert again == {name: value for name, value in first.items() if name != "payload"}
        assert world.state() == ("processed", None)

    def test_a_large_deferred_event_fits_into_a_queue_message(self, world: World) -> None:
        world.inbound.end = RetryLater("Held.", 2.0)
        world.processing.process(json.dumps({"detail": event("e", payload="ü" * 90_000, ids={"Name": "ü" * 50_000})}))

        assert len(world.queued[0]["MessageBody"].encode()) < SQS_BYTES


class TestBackoff:
    @pytest.mark.parametrize("error", ABOUT_ALL, ids=lambda error: type(error).__name__)
    def test_an_outage_deferral_doubles_its_delay(self, world: World, error: Exception) -> None:
        world.inbound.end = error
        for outages in (0, 1, 2, 50):
            world.work(waits={"outages": outages})

        assert [queued["DelaySeconds"] for queued in world.queued] == [1, 2, 4, SQS_LONGEST]

    def test_a_wait_with_a_deadline_doubles_delays_up_to_it(self, world: World) -> None:
        left = 104.5
        world.inbound.end = RetryLater("Held.", 2.0, deadline_in=left)
        for writes in (0, 1, 5, 6, 5000):
            world.work(waits={"writes": writes})

        assert [queued["DelaySeconds"] for queued in world.queued] == [2, 4, 64, 105, 105]

    @pytest.mark.parametrize(
        "waits", [{"outages": 20}, {"references": 4}, {"failures": 3}, {"writes": 0, "outages": 1}]
    )
    def test_each_deferral_cause_has_its_own_backoff(self, world: World, waits: dict[str, int]) -> None:
        world.inbound.end = RetryLater("Held.", 2.0, deadline_in=100.0)
        world.work(waits=waits)

        assert [queued["DelaySeconds"] for queued in world.queued] == [2]

    def test_the_write_backoff_restarts_after_an_outage(self, world: World) -> None:
        delays = []
        body = json.dumps({"detail": event("e")})
        for error in (
            (RetryLater("Held.", 2.0, deadline_in=100.0),) * 5
            + (ABOUT_ALL[0],) * 5
            + (RetryLater("Held.", 2.0, deadline_in=100.0),)
        ):
            world.inbound.end = error
            world.processing.process(body)
            body = world.queued[-1]["MessageBody"]
            delays.append(world.queued[-1]["DelaySeconds"])

        assert delays == [2, 4, 8, 16, 32, 1, 2, 4, 8, 16, 2]

    def test_unresolved_references_are_counted_separately(self, world: World) -> None:
        world.inbound.end = ReferenceUnknown("Unknown.", 2.0)
        world.work(waits={"outages": 7, "writes": 5})

        assert json.loads(world.queued[0]["MessageBody"])["waits"]["references"] == 1
        world.processing.process(world.queued[0]["MessageBody"])
        assert world.inbound.deferrals == [0, 1]


class TestFailures:
    @pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
    def test_a_failing_event_is_retried_before_it_fails(self, world: World, error: Exception) -> None:
        world.inbound.end = error
        body = json.dumps({"detail": event("e")})
        for _ in range(RETRIES):
            world.processing.process(body)
            assert world.state() == ("published", None)
            body = world.queued[-1]["MessageBody"]
        with pytest.raises(type(error)):
            world.processing.process(body)

        text = "KeyError" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
        assert world.state() == ("failed", text)
        assert [queued["DelaySeconds"] for queued in world.queued] == [1, 2, 4]

    def test_the_text_of_an_unexpected_error_is_not_stored(self, world: World) -> None:
        world.inbound.end = KeyError("Maria Gray")
        with pytest.raises(KeyError):
            world.work(waits={"failures": RETRIES})

        assert world.state() == ("failed", "KeyError")

    def test_an_event_that_buildium_rejects_fails_at_once(self, world: World) -> None:
        world.inbound.end = BuildiumRejected("No.", status=400)
        with pytest.raises(BuildiumRejected):
            world.work()

        assert world.state() == ("failed", "BuildiumRejected: No.")
        assert world.queued == []
        assert world.counts.names() == {"events_failed"}

    @pytest.mark.parametrize("code", ["ThrottlingException", "ValidationException"])
    def test_only_an_invalid_item_uses_up_an_attempt(self, world: World, code: str) -> None:
        world.inbound.end = ClientError({"Error": {"Code": code, "Message": ""}}, "PutItem")
        world.work()

        used = json.loads(world.queued[0]["MessageBody"])["waits"]["failures"]
        assert used == (1 if code == "ValidationException" else 0)


class TestRetries:
    def test_a_failed_event_that_succeeds_later_is_processed(self, world: World) -> None:
        world.inbound.end = BuildiumRejected("once", status=400)
        with pytest.raises(BuildiumRejected):
            world.work()
        world.inbound.end = EventStatus.PROCESSED
        world.work()

        assert world.state() == ("processed", None)

    @pytest.mark.parametrize("status", list(EventStatus))
    def test_every_event_can_be_processed_again(self, world: World, status: EventStatus) -> None:
        world.events.set_status("e", status)

        assert world.retry.retry("e")["status"] == "published"
        assert world.state() == ("published", None)
        [queued] = world.queued
        assert json.loads(queued["MessageBody"])["detail"]["eventId"] == "e"
        assert queued["DelaySeconds"] == 0

    def test_an_unknown_event_cannot_be_retried(self, world: World) -> None:
        with pytest.raises(NotFound):
            world.retry.retry("no-such-event")
