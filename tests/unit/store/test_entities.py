import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite, MalformedRequest
from buildium_sync.store.entities import EntityStore
from tests.aws import ENTITIES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> EntityStore:
    return EntityStore(dynamodb, ENTITIES)


def ref(entity_id: str = "7", entity_type: str = "property") -> EntityRef:
    return EntityRef(entity_type, entity_id)


def at(minute: int) -> str:
    return f"2026-11-22T14:{minute:02}:00.000Z"


def entity(of: EntityRef, minute: int = 0, **changes: Any) -> Entity:
    state: dict[str, Any] = {"version": 1, "fields": {"name": "Sunset", "area": 1.5, "note": None, **changes}}
    return Entity(of, origin=Origin.API, created_at=at(minute), updated_at=at(minute), correlation_id="c", **state)


def sync(of: EntityRef, status: Status = Status.PENDING, minute: int = 0, **changes: Any) -> SyncRecord:
    return SyncRecord(of, 1, status, at(minute), at(minute), "c", requested_at=at(minute), **changes)


def keep(store: EntityStore, of: EntityRef, minute: int = 0) -> None:
    store.write(store.writes.put_entity(entity(of, minute)), store.writes.put_sync(sync(of, minute=minute)))


def keep_sync(store: EntityStore, *records: SyncRecord) -> None:
    for record in records:
        store.write(store.writes.put_sync(record))


class InTransaction:
    """A client whose single put conflicts with another transaction."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.exceptions = client.exceptions
        self.transact_write_items = client.transact_write_items

    def put_item(self, **_arguments: Any) -> Any:
        response: Any = {"Error": {"Code": "TransactionConflictException", "Message": "held"}}
        raise self.exceptions.TransactionConflictException(response, "PutItem")


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


KEY = {"pk": "property#7", "sk": "entity", "collectionPk": "property", "collectionSk": at(1)}


class Chunks:
    """A client that returns at most a few keys of a BatchGetItem, and records how many were requested."""

    def __init__(self, client: "DynamoDBClient", most: int) -> None:
        self._client = client
        self._most = most
        self.asked: list[int] = []
        self.consistent: list[bool] = []

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - DynamoDB's name
        request: Any = RequestItems[ENTITIES]
        self.asked.append(len(request["Keys"]))
        self.consistent.append(request["ConsistentRead"])
        now, later = request["Keys"][: self._most], request["Keys"][self._most :]
        asked: Any = {ENTITIES: {**request, "Keys": now}}
        response = self._client.batch_get_item(RequestItems=asked)
        return {**response, "UnprocessedKeys": {ENTITIES: {**request, "Keys": later}} if later else {}}


class TestLoad:
    def test_an_entity_is_loaded_with_sync_record_and_dependents(self, store: EntityStore) -> None:
        full = sync(
            ref(),
            Status.SYNCING,
            due=at(9),
            buildium_id=501,
            base={"name": None, "area": 0.1},
            lease_until=1_795_356_000.123,
            intent_at=1_795_356_000.456,
            errors=[{"field": "a", "message": "b"}],
            candidates=[1, 2],
            candidate_details=[{"buildiumId": 1, "fields": {"name": "a", "area": 0.1}, "differingFields": ["name"]}],
            expected_echoes=[{"operation": "Updated", "from": 1.5, "until": 2.25}],
            sent_updates=[{"version": 1, "fields": {"name": None, "area": 0.1}}],
        )
        store.write(store.writes.put_entity(entity(ref())), store.writes.put_sync(full))
        store.write(store.writes.put_dependent(ref(), ref("3", "owner")), store.writes.put_dependent(ref(), ref("a#b")))

        loaded = store.load(ref())

        assert loaded is not None
        assert (loaded.entity, loaded.sync) == (entity(ref()), full)
        assert set(loaded.dependents) == {ref("3", "owner"), ref("a#b")}
        assert store.sync_record(ref()) == full

    def test_an_unknown_entity_is_none(self, store: EntityStore) -> None:
        assert store.load(ref()) is None
        assert store.sync_record(ref()) is None
        assert store.intent(ref()) is None

    def test_dependents_are_read_across_several_pages(self, store: EntityStore, dynamodb: "DynamoDBClient") -> None:
        keep(store, ref())
        owners = {ref(f"{place:05}-{'x' * 400}", "owner") for place in range(1500)}
        entries: list[Any] = [
            {"PutRequest": {"Item": store.writes.put_dependent(ref(), owner)["Put"]["Item"]}} for owner in owners
        ]
        for start in range(0, len(entries), 25):
            dynamodb.batch_write_item(RequestItems={ENTITIES: entries[start : start + 25]})

        loaded = store.load(ref())
        assert loaded is not None
        assert set(loaded.dependents) == owners

    def test_items_with_lasting_different_versions_are_not_read_forever(
        self, store: EntityStore, dynamodb: "DynamoDBClient"
    ) -> None:
        keep(store, ref())
        key = {"pk": {"S": ref().pk}, "sk": {"S": "sync"}}
        names, values = {"#version": "version"}, {":other": {"N": "5"}}
        dynamodb.update_item(
            TableName=ENTITIES,
            Key=key,
            UpdateExpression="SET #version = :other",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

        with pytest.raises(ConcurrentWrite, match="different versions"):
            store.load(ref())


class TestWrite:
    def test_a_version_is_written_only_after_the_previous_one(self, store: EntityStore) -> None:
        keep(store, ref())
        for write in (store.writes.put_entity(entity(ref())), store.writes.put_sync(sync(ref()))):
            with pytest.raises(ConcurrentWrite) as caught:
                store.write(write)
            assert caught.value.failed == {0}

        store.write(store.writes.put_sync(sync(ref(), revision=1)))
        with pytest.raises(ConcurrentWrite):
            store.write(store.writes.put_sync(sync(ref(), revision=1)))

    def test_a_buildium_id_links_only_one_entity(self, store: EntityStore) -> None:
        store.write(store.writes.put_link(ref("7"), 501))
        store.write(store.writes.put_link(ref("7"), 501))

        with pytest.raises(ConcurrentWrite):
            store.write(store.writes.put_link(ref("8"), 501))
        assert store.local_ids([("property", 501), ("owner", 501)]) == {("property", 501): "7"}

    def test_waiting_for_an_already_linked_entity_is_a_conflict(self, store: EntityStore) -> None:
        linked = sync(ref(), Status.SYNCED, buildium_id=501)
        store.write(store.writes.put_entity(entity(ref())), store.writes.put_sync(linked))

        with pytest.raises(ConcurrentWrite) as caught:
            store.write(store.writes.put_dependent(ref(), ref("3", "owner")), store.writes.condition_not_linked(ref()))
        assert caught.value.failed == {1}
        loaded = store.load(ref())
        assert loaded is not None
        assert loaded.dependents == ()

    def test_a_create_intent_is_stored_until_it_is_deleted(self, store: EntityStore) -> None:
        intent = CreateIntent(ref(), {"name": "Sunset", "city": None}, 500, at=1_795_356_000.25, until=1_795_356_105.25)
        store.write(store.writes.put_intent(intent))

        assert store.intent(ref()) == intent
        assert store.intents("property") == [intent]
        assert store.intents("owner") == []
        store.write(store.writes.delete_intent(ref()))
        assert store.intent(ref()) is None

    def test_a_single_write_that_conflicts_with_a_transaction_is_retried(
        self, store: EntityStore, dynamodb: "DynamoDBClient"
    ) -> None:
        busy: Any = InTransaction(dynamodb)

        EntityStore(busy, ENTITIES).write(store.writes.put_sync(sync(ref())))

        assert store.sync_record(ref()) == sync(ref())
        with pytest.raises(ConcurrentWrite):
            EntityStore(busy, ENTITIES).write(store.writes.put_sync(sync(ref())))


class TestLists:
    def test_entities_of_a_type_are_paged_in_creation_order(self, store: EntityStore) -> None:
        for place in (3, 0, 4, 1, 2):
            keep(store, ref(f"{place}"), minute=place)
        keep(store, ref("x", "owner"))

        pages, cursor = [], None
        while True:
            page, cursor = store.page("property", limit=2, cursor=cursor)
            pages.append([each.ref.entity_id for each in page])
            if cursor is None:
                break

        assert [each for page in pages for each in page] == ["0", "1", "2", "3", "4"]
        assert max(map(len, pages)) == 2

    @pytest.mark.parametrize("entity_type", [None, "property"])
    def test_failed_syncs_are_listed_newest_first(self, store: EntityStore, entity_type: str | None) -> None:
        keep_sync(store, *[sync(ref(f"{place}"), Status.FAILED, place) for place in (1, 3, 0, 2)])
        keep_sync(store, sync(ref("p"), Status.PENDING, 9), sync(ref("o", "owner"), Status.FAILED, 4))

        first, cursor = store.list_by_status(Status.FAILED, entity_type, limit=3, cursor=None)
        second, end = store.list_by_status(Status.FAILED, entity_type, limit=3, cursor=cursor)

        expected = ["o", "3", "2", "1", "0"] if entity_type is None else ["3", "2", "1", "0"]
        assert [record.ref.entity_id for record in first + second] == expected
        assert end is None

    def test_a_synced_record_is_not_listed(self, store: EntityStore) -> None:
        keep_sync(store, sync(ref(), Status.FAILED))
        keep_sync(store, sync(ref(), Status.SYNCED, revision=1))

        assert store.list_by_status(Status.FAILED, None, limit=9, cursor=None) == ([], None)
        assert store.list_by_status(Status.FAILED, "property", limit=9, cursor=None) == ([], None)
        assert store.due(Status.SYNCED, at(59), limit=9) == []

    def test_due_syncs_are_read_longest_overdue_first(self, store: EntityStore) -> None:
        times = {"later": 30, "first": 5, "second": 10, "now": 20}
        keep_sync(store, *[sync(ref(name), due=at(minute)) for name, minute in times.items()])
        keep_sync(store, sync(ref("lease"), Status.SYNCING, due=at(1)))

        assert [r.ref.entity_id for r in store.due(Status.PENDING, at(20), limit=9)] == ["first", "second"]
        assert [r.ref.entity_id for r in store.due(Status.PENDING, at(20), limit=1)] == ["first"]


class TestCursors:
    @pytest.mark.parametrize(
        "cursor",
        [
            "%%%",
            "a",
            "ü",
            "\ud800",
            cursor_of(None),
            cursor_of([1]),
            cursor_of({}),
            cursor_of({**KEY, "collectionPk": "owner"}),
            cursor_of({**KEY, "pk": 7}),
            cursor_of({**KEY, "pk": ""}),
            cursor_of({**KEY, "more": "x"}),
            base64.urlsafe_b64encode(b"\xff\xfe").decode(),
            base64.urlsafe_b64encode(b"[" * 6000).decode(),
        ],
    )
    def test_a_cursor_of_no_such_list_is_rejected(self, store: EntityStore, cursor: str) -> None:
        with pytest.raises(MalformedRequest):
            store.page("property", limit=2, cursor=cursor)

    @pytest.mark.parametrize("code", ["ValidationException", "SerializationException"])
    def test_a_cursor_that_dynamodb_rejects_is_malformed(
        self, store: EntityStore, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, code: str
    ) -> None:
        def reject(**_query: Any) -> None:
            raise dynamodb.exceptions.ClientError({"Error": {"Code": code, "Message": "Size of hashkey"}}, "Query")

        monkeypatch.setattr(dynamodb, "query", reject)

        with pytest.raises(MalformedRequest):
            store.page("property", limit=2, cursor=cursor_of({**KEY, "pk": "x" * 3000}))
        # Without a cursor the store's own query is invalid.
        with pytest.raises(dynamodb.exceptions.ClientError):
            store.page("property", limit=2, cursor=None)


class TestBatchReads:
    def test_an_owner_of_5000_properties_is_read_in_chunks(
        self, store: EntityStore, dynamodb: "DynamoDBClient"
    ) -> None:
        refs = [ref(f"{place}") for place in range(5000)]
        keep_sync(store, *[sync(one) for one in (refs[0], refs[100], refs[4999])])
        client: Any = Chunks(dynamodb, 100)

        records = EntityStore(client, ENTITIES).sync_records([*refs, *refs])

        assert set(records) == {refs[0], refs[100], refs[4999]}
        assert client.asked == [100] * 50
        assert all(client.consistent)

    def test_unprocessed_keys_are_read_again_after_growing_pauses(
        self, store: EntityStore, dynamodb: "DynamoDBClient"
    ) -> None:
        refs = [ref(f"{place}") for place in range(7)]
        keep_sync(store, *map(sync, refs))
        client: Any = Chunks(dynamodb, 3)
        pauses: list[float] = []

        records = EntityStore(client, ENTITIES, sleep=pauses.append).sync_records(refs)

        assert set(records) == set(refs)
        assert client.asked == [7, 4, 1]
        assert len(pauses) == 2
        assert pauses[1] > pauses[0] > 0

    def test_no_keys_cause_no_call(self, dynamodb: "DynamoDBClient") -> None:
        client: Any = Chunks(dynamodb, 100)

        assert EntityStore(client, ENTITIES).sync_records([]) == {}
        assert client.asked == []
