from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS, MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.failure_policy import BLOCKED_RECHECK_SECONDS
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.outbound import dead_letters
from buildium_sync.reconcile import sweeper as sweep_module
from buildium_sync.reconcile.sweeper import Sweeper, SweepResult
from buildium_sync.store.control_state import ControlStateStore
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.events import EventStore
from buildium_sync.store.queues import SyncMessage
from buildium_sync.webhooks.publisher import EventPublisher
from tests.aws import CONTROL, ENTITIES, EVENTS
from tests.clocks import VirtualClock
from tests.harness.rounds import rounds_while
from tests.harness.sqs import DEAD_LETTERS, InMemorySyncQueue
from tests.unit.webhooks.test_publisher import Bus, event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class World:
    """A sweep on moto's tables, with its messages and metrics."""

    def __init__(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        self.clock = clock
        self.dynamodb = dynamodb
        self.store = EntityStore(dynamodb, ENTITIES)
        self.events = EventStore(dynamodb, EVENTS, clock=clock)
        self.queue = InMemorySyncQueue(clock)
        self.bus = Bus()
        self.measured: dict[str, float] = {}

    def run(self, *, enabled: bool = True) -> SweepResult:
        publisher = EventPublisher(self.bus, "bus")  # type: ignore[arg-type]
        control = ControlStateStore(self.dynamodb, CONTROL, start_mode="normal", clock=self.clock)
        parts: Any = (self.store, self.events, self.queue, publisher, control)
        return Sweeper(*parts, enabled=enabled, clock=self.clock).run()

    def keep(self, entity_id: str, status: Status, *, due: float | None, age: float = 0.0) -> EntityRef:
        ref = EntityRef("property", entity_id)
        then = format_iso(self.clock() - age)
        due_at = None if due is None else format_iso(self.clock() + due)
        record = SyncRecord(ref, 1, status, then, then, "request-1", requested_at=then, due=due_at)
        self.store.write(self.store.writes.put_sync(record))
        return ref

    def sent(self) -> list[str]:
        return [message.ref.entity_id for _, message in self.queue.waiting]


@pytest.fixture
def swept(dynamodb: "DynamoDBClient", clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> World:
    one = World(dynamodb, clock)

    def measure(name: str, value: float, _unit: object) -> None:
        one.measured[name] = value

    monkeypatch.setattr(sweep_module, "record_metric", measure)
    monkeypatch.setattr(dead_letters, "record_metric", measure)
    return one


def _fields(record: SyncRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in SyncRecord.__slots__}


def state(swept: World, event_id: str) -> tuple[str, str | None]:
    stored = swept.events.get(event_id)
    assert stored is not None
    return stored["status"], stored["error"]


def _has_moved(swept: World, published: int) -> bool:
    return len(swept.bus.calls) > published or state(swept, "e")[0] == EventStatus.FAILED


def sweeps_until(swept: World, happens: Callable[[], bool]) -> int:
    """Sweep once a minute until a condition holds, and return the number of sweeps."""
    for minutes in range(1, 100):
        swept.run()
        if happens():
            return minutes
        swept.clock.sleep(60)
    raise AssertionError("nothing happens")


def letter(swept: World, entity_id: str, version: int = 1) -> None:
    swept.queue.send_to_dlq(SyncMessage(EntityRef("property", entity_id), version, "request-1"), "rejected-422")


def edit(swept: World, ref: EntityRef) -> SyncRecord:
    """Store the record after a client's second version."""
    stored = swept.store.sync_record(ref)
    assert stored is not None
    edited = stored.edited(2, "request-2", swept.clock())
    swept.store.write(swept.store.writes.put_sync(edited))
    return edited


class TestOverdueSyncs:
    @pytest.mark.parametrize("status", [Status.PENDING, Status.SYNCING, Status.BLOCKED])
    def test_an_overdue_sync_is_enqueued(self, swept: World, status: Status) -> None:
        swept.keep("over", status, due=-1)
        swept.keep("on-its-way", status, due=1)

        assert swept.run() == SweepResult(1, 0, 0)
        assert swept.sent() == ["over"]

    @pytest.mark.parametrize("status", [Status.FAILED, Status.NEEDS_REVIEW, Status.SYNCED])
    def test_failed_synced_and_review_syncs_are_not_enqueued(self, swept: World, status: Status) -> None:
        swept.keep("a", status, due=None, age=86_400)

        assert swept.run() == SweepResult(0, 0, 0)
        assert swept.sent() == []

    def test_the_sweep_sends_the_regular_sync_message(self, swept: World) -> None:
        ref = swept.keep("a", Status.PENDING, due=-1)
        swept.run()

        assert [message for _, message in swept.queue.waiting] == [SyncMessage(ref, 1, "request-1")]

    @pytest.mark.parametrize("status", [Status.PENDING, Status.SYNCING, Status.BLOCKED])
    def test_an_enqueued_sync_is_not_enqueued_again_too_early(self, swept: World, status: Status) -> None:
        swept.keep("a", status, due=-1)
        swept.run()

        swept.clock.sleep(60)
        assert swept.run() == SweepResult(0, 0, 0)
        swept.clock.sleep(MAX_SQS_DELAY_SECONDS)
        assert swept.run() == SweepResult(1, 0, 0)

    def test_the_sweep_changes_only_the_due_time(self, swept: World) -> None:
        ref = swept.keep("a", Status.SYNCING, due=-1)
        before = swept.store.sync_record(ref)
        swept.run()
        after = swept.store.sync_record(ref)

        assert before is not None
        assert after is not None
        assert (after.status, after.lease_token, after.updated_at) == (
            before.status,
            before.lease_token,
            before.updated_at,
        )
        assert (after.revision, after.due) == (before.revision + 1, format_iso(swept.clock() + MAX_SQS_DELAY_SECONDS))

    def test_a_failed_send_is_repeated_by_the_next_sweep(self, swept: World, monkeypatch: pytest.MonkeyPatch) -> None:
        swept.keep("a", Status.PENDING, due=-1)

        def rejecting(_message: SyncMessage) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs")

        with monkeypatch.context() as patch:
            patch.setattr(swept.queue, "send", rejecting)
            with pytest.raises(EndpointConnectionError):
                swept.run()

        assert swept.run() == SweepResult(1, 0, 0)

    def test_a_concurrently_claimed_record_is_not_changed(self, swept: World, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = (swept.keep(name, Status.PENDING, due=-1) for name in "ab")
        taken: list[SyncRecord] = []

        def send(message: SyncMessage) -> None:
            found = swept.store.sync_record(first)
            if message.ref == first and found is not None:
                taken.append(SyncRecord(**{**_fields(found), "revision": found.revision + 1, "status": Status.SYNCED}))
                swept.store.write(swept.store.writes.put_sync(taken[0]))

        monkeypatch.setattr(swept.queue, "send", send)
        swept.run()

        assert swept.store.sync_record(first) == taken[0]
        other = swept.store.sync_record(second)
        assert other is not None
        assert other.revision == 1

    def test_disabled_sync_enqueues_nothing_but_publishes_events(self, swept: World) -> None:
        swept.keep("a", Status.PENDING, due=-1)
        swept.events.store([event("e", receivedAt=format_iso(swept.clock() - 121))])

        assert swept.run(enabled=False) == SweepResult(0, 1, 0)
        assert swept.sent() == []


class TestOverdueEvents:
    def test_an_event_that_stayed_received_is_published_once(self, swept: World) -> None:
        swept.events.store([event("old", receivedAt=format_iso(swept.clock() - 121))])
        swept.events.store([event("new", receivedAt=format_iso(swept.clock() - 60))])

        assert swept.run() == SweepResult(0, 1, 0)
        assert swept.run() == SweepResult(0, 0, 0)
        assert state(swept, "old") == (EventStatus.PUBLISHED, None)

    def test_a_repeatedly_killed_event_is_republished_with_growing_delays(self, swept: World) -> None:
        swept.events.store([event("e", receivedAt=format_iso(swept.clock() - 121))])

        waits = []
        for _ in rounds_while(lambda: state(swept, "e")[0] != EventStatus.FAILED):
            before = len(swept.bus.calls)
            waits.append(sweeps_until(swept, partial(_has_moved, swept, before)))

        assert len(swept.bus.calls) == 8
        assert waits == sorted(waits)
        assert waits[1] <= 4, "minutes"
        assert "8 times without an outcome" in str(state(swept, "e")[1])
        assert swept.run() == SweepResult(0, 0, 0)

    @pytest.mark.parametrize("status", [EventStatus.PROCESSED, EventStatus.IGNORED, EventStatus.FAILED])
    def test_a_finished_event_is_not_published_again(self, swept: World, status: EventStatus) -> None:
        swept.events.store([event("e", receivedAt=format_iso(swept.clock() - 121))])
        swept.run()
        swept.events.set_status("e", status)
        swept.clock.sleep(86_400)

        assert swept.run() == SweepResult(0, 0, 0)
        assert state(swept, "e")[0] == status

    def test_a_deferred_event_is_not_published_before_its_time(self, swept: World) -> None:
        swept.events.store([event("e", receivedAt=format_iso(swept.clock() - 86_400))])
        swept.events.mark_published("e", due=swept.clock() + 900)

        assert swept.run() == SweepResult(0, 0, 0)
        swept.clock.sleep(901)
        assert swept.run() == SweepResult(0, 1, 0)

    def test_an_unpublished_event_stays_for_the_next_sweep(self, swept: World) -> None:
        swept.events.store([event("e", receivedAt=format_iso(swept.clock() - 121))])
        swept.bus = Bus(frozenset("e"))
        assert swept.run() == SweepResult(0, 0, 0)

        swept.bus = Bus()
        assert swept.run() == SweepResult(0, 1, 0)


class TestSyncAge:
    def test_the_sync_age_is_that_of_the_oldest_unfinished(self, swept: World) -> None:
        swept.keep("old", Status.PENDING, due=-1, age=3000)
        swept.keep("young", Status.SYNCING, due=-1, age=10)
        swept.run()

        assert swept.measured["OldestPendingSyncAge"] == 3000

    def test_the_sync_age_includes_deferred_syncs(self, swept: World) -> None:
        """Buildium is down for a day: every record's next attempt is in the future, and the alarm must still fire."""
        swept.keep("a", Status.PENDING, due=MAX_SQS_DELAY_SECONDS + DELIVERY_GRACE_SECONDS, age=86_400)

        assert swept.run() == SweepResult(0, 0, 0)
        assert swept.measured["OldestPendingSyncAge"] == 86_400

    def test_the_sync_age_does_not_drop_after_a_sweep(self, swept: World) -> None:
        swept.keep("a", Status.PENDING, due=-1, age=1000)
        swept.run()
        swept.clock.sleep(60)
        swept.run()

        assert swept.measured["OldestPendingSyncAge"] == 1060

    def test_the_sync_age_is_reported_while_sync_is_off(self, swept: World) -> None:
        swept.keep("a", Status.PENDING, due=-1, age=1000)
        swept.run(enabled=False)

        assert swept.measured["OldestPendingSyncAge"] == 1000

    def test_blocked_and_failed_syncs_have_no_age(self, swept: World) -> None:
        swept.keep("blocked", Status.BLOCKED, due=BLOCKED_RECHECK_SECONDS, age=9000)
        swept.keep("failed", Status.FAILED, due=None, age=9000)
        swept.run()

        assert swept.measured["OldestPendingSyncAge"] == 0


class TestDeadLetters:
    @pytest.mark.parametrize("enabled", [True, False])
    def test_dead_letters_of_synced_and_deleted_entities_are_removed(self, swept: World, enabled: bool) -> None:
        for entity_id, status, synced in (
            ("ok", Status.SYNCED, 1),
            ("gone", Status.DELETED, 1),
            ("bad", Status.FAILED, 0),
        ):
            ref = swept.keep(entity_id, status, due=None)
            found = swept.store.sync_record(ref)
            assert found is not None
            swept.store.write(swept.store.writes.put_sync(replace(found, revision=1, synced_version=synced)))
            letter(swept, entity_id)
        letter(swept, "unknown")

        assert swept.run(enabled=enabled) == SweepResult(0, 0, 3)
        assert [each.ref.entity_id for each in swept.queue.dead_lettered] == ["bad"]
        assert swept.run(enabled=enabled) == SweepResult(0, 0, 0)

    def test_a_dead_letter_of_a_pending_retry_is_kept(self, swept: World) -> None:
        swept.keep("again", Status.PENDING, due=60)
        letter(swept, "again")

        assert swept.run().dead_letters == 0
        assert len(swept.queue.dead_lettered) == 1

    @pytest.mark.parametrize("status", [Status.BLOCKED, Status.NEEDS_REVIEW])
    def test_a_dead_letter_of_a_waiting_sync_is_removed(self, swept: World, status: Status) -> None:
        swept.keep("waits", status, due=None)
        letter(swept, "waits")

        assert swept.run().dead_letters == 1

    def test_a_dead_letter_of_a_corrected_version_is_removed(self, swept: World) -> None:
        edit(swept, swept.keep("corrected", Status.FAILED, due=None))
        letter(swept, "corrected", version=1)
        letter(swept, "corrected", version=2)

        assert swept.run().dead_letters == 1
        assert [each.version for each in swept.queue.dead_lettered] == [2]

    def test_a_dead_letter_stays_after_a_change_of_the_external_id(self, swept: World) -> None:
        ref = swept.keep("named", Status.FAILED, due=None)
        stored = swept.store.sync_record(ref)
        assert stored is not None
        swept.store.write(swept.store.writes.put_sync(stored.with_external_id_changed(2)))
        letter(swept, "named", version=1)

        assert swept.run().dead_letters == 0

    def test_dead_letters_without_a_failed_sync_are_orphaned(self, swept: World) -> None:
        swept.keep("failed", Status.FAILED, due=None)
        swept.keep("again", Status.PENDING, due=60)
        letter(swept, "failed")
        letter(swept, "again")
        swept.queue.sqs.send_message(QueueUrl=DEAD_LETTERS, MessageBody='{"requestContext": {}}')
        swept.run()

        assert swept.measured["OrphanedDeadLetters"] == 2
