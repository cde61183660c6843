from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.entity_service import EntityService
from buildium_sync.api.stored_entity import StoredEntity, sync_summary
from buildium_sync.domain.entity import EntityRef, Origin
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import ConcurrentWrite, InvalidFields, NotFound, PreconditionFailed
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.writes import TableWrite
from tests.aws import ENTITIES
from tests.clocks import VirtualClock
from tests.flows.system import OWNER, PROPERTY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROPERTY_TYPE, OWNER_TYPE = by_name("property"), by_name("owner")


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


@pytest.fixture
def records(store: EntityStore, clock: VirtualClock) -> EntityService:
    return EntityService(store, clock, clock.sleep)


def conclude(store: EntityStore, ref: EntityRef, status: Status, **more: Any) -> None:
    record = store.sync_record(ref)
    assert record is not None
    store.write(store.writes.put_sync(replace(record, revision=record.revision + 1, status=status, **more)))


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


def _rename(records: EntityService, entity_id: str) -> None:
    records.update(PROPERTY_TYPE, entity_id, {"name": "Renamed"}, Author("other"))


class TestCreate:
    def test_a_create_stores_the_entity_with_its_sync_record(self, records: EntityService, store: EntityStore) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))

        loaded = store.load(kept.entity.ref)
        assert loaded is not None
        assert (loaded.entity, loaded.sync) == (kept.entity, kept.sync)
        assert (loaded.sync.status, loaded.entity.origin, loaded.sync.due is None) == (
            Status.PENDING,
            Origin.API,
            False,
        )

    def test_every_unknown_reference_is_reported_and_nothing_is_stored(self, records: EntityService) -> None:
        known = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).entity.ref.entity_id

        with pytest.raises(InvalidFields) as caught:
            records.create(OWNER_TYPE, {**OWNER, "propertyIds": [known, "one", "other"]}, Author("correlation"))

        assert [error.field for error in caught.value.errors] == ["propertyIds", "propertyIds"]
        assert records.page(OWNER_TYPE, limit=10, cursor=None) == ([], None)


class TestUpdate:
    def test_an_update_keeps_omitted_fields_and_clears_null_fields(self, records: EntityService) -> None:
        kept = records.create(PROPERTY_TYPE, {**PROPERTY, "structureDescription": "brick"}, Author("correlation"))

        entity_id = kept.entity.ref.entity_id
        changed = records.update(PROPERTY_TYPE, entity_id, {"structureDescription": None}, Author("later"))

        assert changed.entity.fields == {**kept.entity.fields, "structureDescription": None}
        assert (changed.entity.version, changed.sync.version, changed.sync.status) == (2, 2, Status.PENDING)

    def test_an_update_that_changes_nothing_writes_nothing(self, records: EntityService, store: EntityStore) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))

        same = records.update(PROPERTY_TYPE, kept.entity.ref.entity_id, PROPERTY, Author("later"))

        assert (same.entity, same.sync) == (kept.entity, kept.sync)

    def test_an_update_resets_the_sync_and_keeps_the_buildium_id(
        self, records: EntityService, store: EntityStore
    ) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))
        conclude(store, kept.entity.ref, Status.FAILED, buildium_id=501, error_message="no", attempts=3)

        changed = records.update(PROPERTY_TYPE, kept.entity.ref.entity_id, {"name": "New"}, Author("later"))

        sync = changed.sync
        assert (sync.status, sync.buildium_id, sync.error_message, sync.attempts) == (Status.PENDING, 501, None, 0)

    def test_a_new_version_keeps_lease_and_create_intent(self, records: EntityService, clock: VirtualClock) -> None:
        sync = replace(
            records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).sync, lease_token=4, lease_until=9.0
        )

        again = replace(sync, intent_at=1.0).reset_for_retry(clock())

        assert (again.lease_token, again.lease_until, again.intent_at) == (4, 9.0, 1.0)

    def test_an_update_of_another_version_is_rejected(self, records: EntityService) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))

        with pytest.raises(PreconditionFailed):
            records.update(PROPERTY_TYPE, kept.entity.ref.entity_id, {"name": "New"}, Author("later"), expected={2})


class TestConcurrentUpdates:
    def test_an_update_after_a_concurrent_write_merges_with_it(
        self, records: EntityService, store: EntityStore
    ) -> None:
        entity_id = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).entity.ref.entity_id
        clock = VirtualClock()
        racing = Racing(store, lambda: _rename(records, entity_id), times=1)

        changed = EntityService(racing, clock, clock.sleep).update(
            PROPERTY_TYPE, entity_id, {"city": "Venice"}, Author("later")
        )

        assert (changed.entity.fields["name"], changed.entity.fields["city"]) == ("Renamed", "Venice")
        assert changed.entity.version == 3

    def test_an_update_with_if_match_fails_after_a_concurrent_write(
        self, records: EntityService, store: EntityStore
    ) -> None:
        entity_id = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).entity.ref.entity_id
        clock = VirtualClock()
        racing = Racing(store, lambda: _rename(records, entity_id), times=1)

        with pytest.raises(PreconditionFailed):
            EntityService(racing, clock, clock.sleep).update(
                PROPERTY_TYPE, entity_id, {"city": "Venice"}, Author("later"), expected={1}
            )

    def test_an_update_reports_repeated_write_conflicts(self, records: EntityService, store: EntityStore) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))
        ref, clock = kept.entity.ref, VirtualClock()
        racing = Racing(store, lambda: conclude(store, ref, Status.SYNCED), times=99)

        with pytest.raises(ConcurrentWrite):
            EntityService(racing, clock, clock.sleep).update(
                PROPERTY_TYPE, ref.entity_id, {"city": "Venice"}, Author("later")
            )


class TestReads:
    @pytest.mark.parametrize("entity_id", ["unknown", "", "a" * 65, "é"])
    def test_an_unknown_id_is_not_found(self, entity_id: str, records: EntityService) -> None:
        with pytest.raises(NotFound):
            records.read(PROPERTY_TYPE, entity_id)

    def test_a_cursor_leads_to_the_next_page(self, records: EntityService, clock: VirtualClock) -> None:
        ids = []
        for _ in range(3):
            ids.append(records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).entity.ref.entity_id)
            clock.sleep(1)

        first, cursor = records.page(PROPERTY_TYPE, limit=2, cursor=None)
        second, end = records.page(PROPERTY_TYPE, limit=2, cursor=cursor)

        assert [kept.entity.ref.entity_id for kept in first + second] == ids
        assert end is None

    @pytest.mark.parametrize(
        ("status", "success", "error"),
        [
            (Status.PENDING, None, None),
            (Status.SYNCING, None, None),
            (Status.SYNCED, True, "why"),
            (Status.FAILED, False, "why"),
            (Status.BLOCKED, False, "why"),
            (Status.NEEDS_REVIEW, False, "why"),
        ],
    )
    def test_success_and_error_are_null_until_the_outcome_is_known(
        self, status: Status, success: bool | None, error: str | None, records: EntityService
    ) -> None:
        sync = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")).sync

        shown = sync_summary(replace(sync, status=status, error_message="why", buildium_id=501))

        assert shown == {"success": success, "buildiumId": 501, "error": error, "status": status.value}


class TestWaitForOutcome:
    def test_the_wait_ends_with_the_outcome(
        self, records: EntityService, store: EntityStore, clock: VirtualClock
    ) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))
        begun = clock()

        def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            conclude(store, kept.entity.ref, Status.SYNCED, buildium_id=501)

        outcome = EntityService(store, clock, sleep).wait_for_sync(kept, 5)

        assert (outcome.sync.status, outcome.sync.buildium_id) == (Status.SYNCED, 501)
        assert clock() - begun < 0.1

    def test_the_wait_ends_after_the_requested_time(self, records: EntityService, clock: VirtualClock) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))
        begun = clock()

        assert records.wait_for_sync(kept, 5) == kept
        assert 4 < clock() - begun <= 5

    @pytest.mark.parametrize("took", [0.05, 0.15, 0.4, 1.0, 4.0])
    def test_the_wait_detects_an_outcome_within_an_eighth_extra_time(
        self, store: EntityStore, clock: VirtualClock, took: float
    ) -> None:
        looks: list[float] = []

        def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            looks.append(clock() - began)
            if (
                looks[-1] >= took
                and records.read(PROPERTY_TYPE, kept.entity.ref.entity_id).sync.status is Status.PENDING
            ):
                conclude(store, kept.entity.ref, Status.SYNCED)

        records = EntityService(store, clock, sleep)
        kept, began = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation")), clock()

        assert records.wait_for_sync(kept, 20).sync.status is Status.SYNCED
        assert looks[-1] <= max(0.1, took * 9 / 8, took + 0.03) + 0.001
        assert len(looks) <= 31, "each look is a read unit"

    def test_the_wait_returns_at_once_for_a_known_outcome(self, records: EntityService, clock: VirtualClock) -> None:
        kept = records.create(PROPERTY_TYPE, PROPERTY, Author("correlation"))
        settled = StoredEntity(PROPERTY_TYPE, kept.entity, replace(kept.sync, status=Status.SYNCED))
        begun = clock()

        records.wait_for_sync(settled, 5)

        assert clock() == begun
