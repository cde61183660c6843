from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failure_policy import RetryPolicy
from buildium_sync.domain.metric_counts import MetricCounts
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import BuildiumRejected, BuildiumUnavailable, ErrorCode
from buildium_sync.outbound.attempt_recorder import AttemptRecorder
from buildium_sync.store.entities import EntityStore
from tests.aws import ENTITIES
from tests.clocks import VirtualClock
from tests.harness.sqs import InMemorySyncQueue

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN = EntityRef("property", "7")
BROKEN = BuildiumUnavailable("Broken.", is_outage=False, status=500)


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


@pytest.fixture
def queue(clock: VirtualClock) -> InMemorySyncQueue:
    return InMemorySyncQueue(clock)


@pytest.fixture
def drawn() -> Iterator[float]:
    return count(30.0, 1.0)


@pytest.fixture
def counts(clock: VirtualClock) -> MetricCounts:
    return MetricCounts(clock)


@pytest.fixture
def attempts(
    store: EntityStore, queue: InMemorySyncQueue, counts: MetricCounts, clock: VirtualClock, drawn: Iterator[float]
) -> AttemptRecorder:
    policy = RetryPolicy(3, 60.0, jitter=lambda _low, _high: next(drawn))
    return AttemptRecorder(store, queue, policy, counts, visibility_delay=60.0, clock=clock)


@pytest.fixture
def leased(store: EntityStore, clock: VirtualClock) -> SyncRecord:
    created = SyncRecord.created_by_client(SEVEN, "c", clock())
    leased = created.leased("worker", clock(), clock() + 100)
    for record in (created, leased):
        store.write(store.writes.put_sync(record))
    return leased


def stored(store: EntityStore) -> SyncRecord:
    record = store.sync_record(SEVEN)
    assert record is not None
    return record


def test_a_failure_is_classified_once_despite_a_concurrent_write(
    attempts: AttemptRecorder, store: EntityStore, queue: InMemorySyncQueue, leased: SyncRecord, drawn: Iterator[float]
) -> None:
    store.write(store.writes.put_sync(leased.with_conflicts([])))

    assert attempts.record_failure(leased, BROKEN) is Status.PENDING
    assert next(drawn) == 31.0
    assert stored(store).not_before == queue.clock() + 30
    assert [due for due, _ in queue.waiting] == [queue.clock() + 30]


def test_the_record_keeps_the_code_of_the_error(
    attempts: AttemptRecorder, store: EntityStore, leased: SyncRecord
) -> None:
    attempts.record_failure(leased, BuildiumRejected("No.", status=422))

    assert (stored(store).error_code, stored(store).error_message) == (ErrorCode.REJECTED, "No.")


@pytest.mark.parametrize(("error", "result"), [(BuildiumRejected("No.", status=422), "failed"), (BROKEN, "deferred")])
def test_a_failed_attempt_is_counted_by_its_result(
    attempts: AttemptRecorder, counts: MetricCounts, leased: SyncRecord, error: Exception, result: str
) -> None:
    attempts.record_failure(leased, error)

    assert counts.names() == {f"syncs_{result}"}


def test_a_failure_after_a_lost_lease_writes_nothing(
    attempts: AttemptRecorder, store: EntityStore, queue: InMemorySyncQueue, counts: MetricCounts, leased: SyncRecord
) -> None:
    taken = leased.leased("another", queue.clock(), queue.clock() + 100)
    store.write(store.writes.put_sync(taken))

    assert attempts.record_failure(leased, BROKEN) is None
    assert (stored(store), list(queue.waiting)) == (taken, [])
    assert counts.names() == set()
