"""A create that is repeated under its Idempotency-Key makes one entity, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import IdempotencyKeyReused, InvalidFields
from buildium_sync.store.idempotency_keys import RETENTION_SECONDS, IdempotencyKey
from buildium_sync.store.queues import SyncMessage
from tests.clocks import VirtualClock
from tests.flows.system import OWNER, PROPERTY, System
from tests.moto_atomicity import make_atomic
from tests.simulator import Simulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OTHER = {**PROPERTY, "name": "Elm House"}


def send(
    system: System,
    body: dict[str, Any] = PROPERTY,
    key: str = "key-1",
    client: str = "a",
    entity_type: str = "property",
) -> tuple[StoredEntity, bool]:
    create_key = IdempotencyKey.of(client, entity_type, key, body)
    return system.records.create_idempotent(by_name(entity_type), body, Author("correlation"), create_key)


def count(system: System, entity_type: str = "property") -> int:
    entities, _ = system.store.page(entity_type, limit=100, cursor=None)
    return len(entities)


def test_the_same_key_and_body_make_one_entity(system: System) -> None:
    first, again = send(system), send(system)

    assert [first[1], again[1]] == [False, True]
    assert again[0] == first[0]
    assert count(system) == 1


def test_the_order_of_fields_in_the_body_is_ignored(system: System) -> None:
    send(system)

    assert send(system, dict(reversed(PROPERTY.items())))[1]


def test_a_key_reused_with_another_body_is_rejected(system: System) -> None:
    send(system)

    with pytest.raises(IdempotencyKeyReused):
        send(system, OTHER)

    assert count(system) == 1


def test_another_key_makes_another_entity(system: System) -> None:
    send(system, key="key-1")

    assert not send(system, key="key-2")[1]
    assert count(system) == 2


def test_two_clients_can_use_the_same_key(system: System) -> None:
    send(system, client="a")

    assert not send(system, OTHER, client="b")[1]
    assert count(system) == 2


def test_each_collection_has_its_own_keys(system: System) -> None:
    send(system)

    assert not send(system, OWNER, entity_type="owner")[1]


def test_a_rejected_create_does_not_use_up_its_key(system: System) -> None:
    with pytest.raises(InvalidFields):
        send(system, {**PROPERTY, "state": "XX"})

    assert not send(system)[1]


def test_a_replayed_create_shows_the_current_sync_status(system: System, buildium: Simulator) -> None:
    first, _ = send(system)
    system.queue.send_all([SyncMessage.of(first.sync)])
    system.work()

    kept, is_replay = send(system)

    assert is_replay
    assert (kept.entity.ref, kept.sync.status) == (first.entity.ref, Status.SYNCED)
    assert len(buildium.state()["rentals"]) == 1


def test_a_create_killed_after_its_commit_is_replayed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    write = system.store.write

    def die(*changes: Any) -> None:
        write(*changes)
        raise SystemExit

    monkeypatch.setattr(type(system.store), "write", lambda _store, *changes: die(*changes))
    with pytest.raises(SystemExit):
        send(system)
    monkeypatch.undo()

    assert send(system)[1]
    assert count(system) == 1


def test_a_create_killed_before_its_commit_can_be_repeated(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_store: object, *_changes: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(type(system.store), "write", die)
    with pytest.raises(SystemExit):
        send(system)
    monkeypatch.undo()

    assert not send(system)[1]
    assert count(system) == 1


def test_concurrent_requests_make_one_entity(
    system: System, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    make_atomic(dynamodb, monkeypatch)
    together, find = Barrier(8), system.store.idempotency_record

    def find_together(key: IdempotencyKey, now: float) -> Any:
        found = find(key, now)
        if found is None:
            together.wait(timeout=10)
        return found

    monkeypatch.setattr(system.store.__class__, "idempotency_record", lambda _store, key, now: find_together(key, now))
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: send(system), range(8)))

    assert sorted(is_replay for _, is_replay in responses) == [False] + [True] * 7
    assert len({kept.entity.ref for kept, _ in responses}) == 1
    assert count(system) == 1


@pytest.mark.parametrize(("seconds", "is_replay"), [(RETENTION_SECONDS - 1, True), (RETENTION_SECONDS, False)])
def test_a_key_is_valid_for_one_week(system: System, clock: VirtualClock, seconds: float, is_replay: bool) -> None:
    send(system)
    clock.sleep(seconds)

    assert send(system)[1] is is_replay


def test_an_expired_key_can_be_used_for_another_week(system: System, clock: VirtualClock) -> None:
    send(system)
    clock.sleep(RETENTION_SECONDS)
    second, _ = send(system, OTHER)
    clock.sleep(RETENTION_SECONDS - 1)

    assert send(system, OTHER) == (second, True)


def test_an_idempotency_record_holds_nothing_that_the_client_sent(system: System, dynamodb: "DynamoDBClient") -> None:
    send(system, key="key-of-jane", client="an-api-key")

    items = dynamodb.scan(TableName=system.store._table)["Items"]
    [item] = [item for item in items if item["pk"]["S"].startswith("idempotency#")]
    assert item.keys() == {"pk", "sk", "fingerprint", "entityId", "expiresAt"}
    assert not [text for text in ("jane", "an-api-key", PROPERTY["name"]) if text in str(item)]
