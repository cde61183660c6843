from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import InvalidFields, MalformedRequest, NotFound
from buildium_sync.outbound.manual_retry import SyncRetrier
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.queues import SyncMessage
from buildium_sync.store.writes import TableWrite
from tests.aws import ENTITIES
from tests.clocks import VirtualClock
from tests.harness.sqs import InMemorySyncQueue

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TIME = "2026-11-22T14:00:00.000Z"
FAILED = EntityRef("property", "failed")


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


@pytest.fixture
def queue(clock: VirtualClock) -> InMemorySyncQueue:
    return InMemorySyncQueue(clock)


def retry(store: EntityStore, queue: InMemorySyncQueue, time_left: float = 10) -> SyncRetrier:
    return SyncRetrier(store, queue, queue.clock, lambda: time_left)


def keep(
    store: EntityStore, status: Status, ref: EntityRef = FAILED, updated_at: str = TIME, not_before: float = 0
) -> EntityRef:
    record = SyncRecord(
        ref, 1, status, TIME, updated_at, "earlier",
        requested_at=TIME, attempts=3, error_message="no", not_before=not_before,
    )  # fmt: skip
    store.write(store.writes.put_sync(record))
    return ref


def queued(queue: InMemorySyncQueue) -> list[EntityRef]:
    return [message.ref for _, message in queue.waiting]


class Racing(EntityStore):
    """A store in which another writer comes first, a number of times."""

    def __init__(self, store: EntityStore, act: Callable[[], None], times: int) -> None:
        super().__init__(store._client, store._table)
        self.left = times
        self._act = act

    def write(self, *changes: TableWrite) -> None:
        if self.left:
            self.left -= 1
            self._act()
        super().write(*changes)


def touch(store: EntityStore) -> None:
    item = {"pk": {"S": FAILED.pk}, "sk": {"S": "sync"}}
    one = {":one": {"N": "1"}}
    store._client.update_item(
        TableName=ENTITIES, Key=item, UpdateExpression="ADD revision :one", ExpressionAttributeValues=one
    )


class Unasked(EntityStore):
    """A store that must not be read: DynamoDB rejects a key of more than 2048 bytes."""

    def sync_record(self, ref: EntityRef) -> SyncRecord | None:
        raise AssertionError(f"asked for {ref}")


class TestRetryOfOneSync:
    @pytest.mark.parametrize("status", [Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW])
    def test_a_failed_blocked_or_review_sync_is_retried(
        self, status: Status, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        keep(store, status)

        assert retry(store, queue).retry("property", "failed").count == 1

        record = retry(store, queue).status(FAILED)
        assert (record.status, record.attempts, record.error_message) == (Status.PENDING, 0, None)
        assert queued(queue) == [FAILED]

    @pytest.mark.parametrize("status", [Status.PENDING, Status.SYNCING, Status.SYNCED])
    def test_a_sync_in_progress_or_synced_is_not_retried(
        self, status: Status, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        keep(store, status)

        assert retry(store, queue).retry("property", "failed").count == 0
        assert queued(queue) == []

    @pytest.mark.parametrize("several", [False, True])
    def test_a_deferred_sync_is_retried_at_once(
        self, several: bool, store: EntityStore, queue: InMemorySyncQueue, clock: VirtualClock
    ) -> None:
        keep(store, Status.PENDING, not_before=clock() + 900)

        again = retry(store, queue)
        assert (again.retry_many([FAILED]) if several else again.retry_one(FAILED)).count == 1

        record = again.status(FAILED)
        assert (record.status, record.not_before, record.due) == (
            Status.PENDING,
            0,
            format_iso(clock() + DELIVERY_GRACE_SECONDS),
        )
        assert (record.requested_at, record.attempts, record.error_message) == (TIME, 3, "no")
        assert queued(queue) == [FAILED]

    def test_a_due_sync_is_not_enqueued_again(
        self, store: EntityStore, queue: InMemorySyncQueue, clock: VirtualClock
    ) -> None:
        keep(store, Status.PENDING, not_before=clock())
        assert retry(store, queue).retry_one(FAILED).count == 0


class TestRetryOfAllFailedSyncs:
    def test_retry_all_includes_only_failed_syncs(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        for status in Status:
            keep(store, status, EntityRef("property", status.value), not_before=queue.clock() + 900)

        assert retry(store, queue).retry(None, None).count == 1
        assert queued(queue) == [EntityRef("property", "failed")]

    def test_retry_all_of_a_type_includes_only_that_type(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        keep(store, Status.FAILED)
        owner = keep(store, Status.FAILED, EntityRef("owner", "failed"))

        assert retry(store, queue).retry("owner", None).count == 1
        assert queued(queue) == [owner]

    def test_one_failed_retry_does_not_stop_the_rest(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        refs = [keep(store, Status.FAILED, EntityRef("property", str(place))) for place in range(20)]

        class Away(EntityStore):
            def write(self, *changes: TableWrite) -> None:
                if "'property#7'" in str(changes[0]) or "'property#17'" in str(changes[0]):
                    raise EndpointConnectionError(endpoint_url="dynamodb")
                super().write(*changes)

        retried = retry(Away(store._client, ENTITIES), queue).retry_many(refs)

        assert [error["entityId"] for error in retried.errors] == ["7", "17"]
        assert retried.results is not None
        assert [result.ref for result in retried.results] == refs
        assert sorted(queued(queue), key=str) == sorted((r for r in refs if "7" not in r.entity_id), key=str)


class TestRejectedRequests:
    def test_an_id_requires_an_entity_type(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        with pytest.raises(InvalidFields, match="entityType"):
            retry(store, queue).retry(None, "failed")

    @pytest.mark.parametrize(
        ("entity_type", "entity_id"), [("planet", None), ("planet", "x"), ("property", "x"), ("property", "a" * 3_000)]
    )
    def test_an_unknown_type_or_entity_is_not_found(
        self, entity_type: str, entity_id: str | None, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        with pytest.raises(NotFound):
            retry(store, queue).retry(entity_type, entity_id)

    @pytest.mark.parametrize(
        ("status", "entity_type"), [(Status.SYNCED, None), (Status.SYNCED, "property"), (Status.PENDING, "property")]
    )
    def test_a_status_that_cannot_be_listed_is_rejected(
        self, status: Status, entity_type: str | None, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        with pytest.raises(MalformedRequest):
            retry(store, queue).list_syncs(status, entity_type, limit=10, cursor=None)

    @pytest.mark.parametrize("entity_id", ["", "a" * 65, "é", "\ud800"])
    def test_an_invalid_id_causes_no_dynamodb_read(
        self, entity_id: str, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        with pytest.raises(NotFound):
            retry(Unasked(store._client, ENTITIES), queue).status(EntityRef("property", entity_id))


class TestFailedSyncs:
    def test_syncs_are_listed_newest_first(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        for hour in (13, 15, 14):
            ref = EntityRef("property", str(hour))
            keep(store, Status.FAILED, ref, updated_at=f"2026-11-22T{hour}:00:00.000Z")

        for entity_type in (None, "property"):
            found, _ = retry(store, queue).list_syncs(Status.FAILED, entity_type, limit=10, cursor=None)
            assert [record.ref.entity_id for record in found] == ["15", "14", "13"]


class TestDeadLetters:
    def test_dead_letters_of_retried_and_unknown_syncs_are_deleted(
        self, store: EntityStore, queue: InMemorySyncQueue
    ) -> None:
        other = keep(store, Status.FAILED, EntityRef("owner", "failed"))
        keep(store, Status.FAILED)
        for ref in (FAILED, other, EntityRef("property", "gone")):
            queue.send_to_dlq(SyncMessage(ref, 1, "earlier"), "reason")

        retry(store, queue).retry("property", "failed")

        assert [letter.ref for letter in queue.dead_lettered] == [other]


class TestConcurrentChanges:
    def test_a_concurrently_changed_record_is_read_again(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        keep(store, Status.FAILED)

        retried = retry(Racing(store, lambda: touch(store), times=1), queue).retry("property", "failed")

        assert (retried.count, retried.errors) == (1, [])

    def test_a_record_that_keeps_changing_is_reported(self, store: EntityStore, queue: InMemorySyncQueue) -> None:
        keep(store, Status.FAILED)

        retried = retry(Racing(store, lambda: touch(store), times=99), queue).retry(None, None)

        [error] = retried.errors
        assert (retried.count, error["entityType"], error["entityId"]) == (0, "property", "failed")
        assert error["error"]
        assert queued(queue) == []
