import json
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.observability import metrics
from buildium_sync.store.events import EventStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.webhooks.rejection_monitor import RejectionCounter, RejectionMonitor
from tests.aws import CONTROL, EVENTS
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1000.0
LATER = 1e12


class Webhooks:
    """The tables, several webhook processes and the rejection monitor."""

    def __init__(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        self.clock = clock
        self.rejections = RejectionStore(dynamodb, CONTROL)
        self.events = EventStore(dynamodb, EVENTS, clock=clock)
        self.guard = RejectionMonitor(self.rejections, self.events)
        self.jobs = JobStore(dynamodb, CONTROL)

    def process(self) -> RejectionCounter:
        return RejectionCounter(lambda: self.rejections, self.clock)

    def reject(self, times: int) -> str:
        """Reject requests one second apart, each in a new process, and return the time of the first rejection."""
        first = format_iso(self.clock())
        for _ in range(times):
            self.process().record_rejection()
            self.clock.sleep(1)
        return first

    def take(self, status: EventStatus = EventStatus.RECEIVED) -> None:
        event: dict[str, Any] = {"eventId": f"at {self.clock()}", "receivedAt": format_iso(self.clock())}
        self.events.store([{**event, "ids": {}, "payload": {}}])
        if status is not EventStatus.RECEIVED:
            self.events.set_status(event["eventId"], status)
        self.clock.sleep(1)


@pytest.fixture
def webhooks(dynamodb: "DynamoDBClient", clock: VirtualClock) -> Webhooks:
    metrics.clear_metrics()
    return Webhooks(dynamodb, clock)


def test_rejections_of_all_processes_are_counted(webhooks: Webhooks) -> None:
    webhooks.reject(12)

    assert webhooks.guard.report() == 12


def test_a_flood_writes_once_a_second_and_loses_no_count(webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    add = webhooks.rejections.add
    writes: list[int] = []

    def counted(count: int, at: str) -> None:
        writes.append(count)
        add(count, at)

    monkeypatch.setattr(webhooks.rejections, "add", counted)
    process = webhooks.process()
    for _ in range(1_000):
        process.record_rejection()
        webhooks.clock.sleep(0.005)
    webhooks.clock.sleep(1)
    process.record_rejection()

    assert (len(writes), sum(writes), webhooks.guard.report()) == (6, 1_001, 1_001)


def test_no_rejections_mean_no_streak_and_no_gap(webhooks: Webhooks) -> None:
    webhooks.take()

    assert (webhooks.guard.report(), webhooks.jobs.requested_rewind(LATER)) == (0, None)


def test_every_check_records_the_streak_metric(webhooks: Webhooks, capsys: pytest.CaptureFixture[str]) -> None:
    for rejections in (0, 2):
        webhooks.reject(rejections)
        webhooks.guard.report()
        metrics.flush_metrics()
        assert json.loads(capsys.readouterr().out)["WebhookConsecutiveRejections"] == [float(rejections)]


@pytest.mark.parametrize("status", list(EventStatus))
def test_an_event_after_the_last_rejection_ends_the_streak(status: EventStatus, webhooks: Webhooks) -> None:
    since = webhooks.reject(3)
    webhooks.take(status)

    assert (webhooks.guard.report(), webhooks.jobs.requested_rewind(LATER)) == (0, since)
    assert webhooks.guard.report() == 0


def test_an_event_before_the_last_rejection_keeps_the_streak(webhooks: Webhooks) -> None:
    webhooks.take()
    webhooks.reject(3)

    assert (webhooks.guard.report(), webhooks.jobs.requested_rewind(LATER)) == (3, None)


def test_a_rejecting_process_ends_the_streak_with_its_next_event(webhooks: Webhooks) -> None:
    since = webhooks.reject(2)
    process = webhooks.process()
    process.record_rejection()
    process.record_acceptance()

    assert (webhooks.guard.report(), webhooks.jobs.requested_rewind(LATER)) == (0, since)


def test_an_unhandled_gap_is_not_shortened_by_the_next_streak(webhooks: Webhooks) -> None:
    since = webhooks.reject(1)
    webhooks.take()
    webhooks.guard.report()

    webhooks.reject(1)
    webhooks.take()
    webhooks.guard.report()

    assert webhooks.jobs.requested_rewind(LATER) == since


def test_a_streak_after_a_closed_gap_starts_a_new_gap(webhooks: Webhooks) -> None:
    webhooks.jobs.finish_rewind(webhooks.reject(1), NOW)
    webhooks.take()
    webhooks.guard.report()
    webhooks.jobs.finish_rewind(str(webhooks.jobs.requested_rewind(LATER)), NOW)
    assert webhooks.jobs.requested_rewind(LATER) is None

    since = webhooks.reject(1)
    webhooks.take()
    webhooks.guard.report()
    assert webhooks.jobs.requested_rewind(LATER) == since


def test_a_rejection_during_the_check_is_counted(webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    webhooks.reject(2)
    webhooks.take()
    has_events_after = webhooks.events.has_events_after

    def overtaken(at: str) -> bool:
        webhooks.reject(1)
        return has_events_after(at)

    monkeypatch.setattr(webhooks.events, "has_events_after", overtaken)
    webhooks.guard.report()

    assert webhooks.rejections.read().count == 3
