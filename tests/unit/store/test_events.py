from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from buildium_sync.domain.event_status import EventStatus
from buildium_sync.errors import ConcurrentWrite, MalformedRequest
from buildium_sync.store import dynamodb as dynamodb_store
from buildium_sync.store.events import EventStore
from tests.aws import EVENTS
from tests.moto_atomicity import make_atomic

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_795_356_000.5
NOON = 1_795_356_000.0
"""14:00 of that day, when the first event is received."""


@pytest.fixture
def store(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> EventStore:
    make_atomic(dynamodb, monkeypatch)
    return EventStore(dynamodb, EVENTS, clock=lambda: NOW)


def event(event_id: str, minute: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "eventName": "Rental.Updated",
        "subject": "Rental",
        "operation": "Updated",
        "accountId": 1,
        "entityId": 23,
        "ids": {"PropertyId": 23},
        "eventDateTime": "2026-11-22T13:59:46.2317653Z",
        "receivedAt": f"2026-11-22T14:{minute:02}:00.000Z",
        "correlationId": "request-1",
        "payload": {"PropertyId": 23},
        **changes,
    }


def status_of(store: EventStore, event_id: str) -> str:
    stored = store.get(event_id)
    assert stored is not None
    return str(stored["status"])


class Held:
    """A client whose first writes conflict with another transaction."""

    def __init__(self, client: "DynamoDBClient", times: int) -> None:
        self._client = client
        self._times = times
        self.exceptions = client.exceptions

    def put_item(self, **_: Any) -> Any:
        raise self.exceptions.TransactionConflictException(
            {"Error": {"Code": "TransactionConflictException"}}, "PutItem"
        )

    def transact_write_items(self, **arguments: Any) -> Any:
        self._times -= 1
        if self._times < 0:
            return self._client.transact_write_items(**arguments)
        reasons = [{"Code": "TransactionConflict"} for _ in arguments["TransactItems"]]
        response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise self.exceptions.TransactionCanceledException(response, "TransactWriteItems")


@pytest.fixture
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_store, "_INITIAL_BACKOFF_SECONDS", 0.0)


def stuck(store: EventStore, *, minute: int, limit: int = 10) -> list[tuple[str, int]]:
    """The events that are stuck at 14:`minute` with a grace of a minute, and their numbers of sweeps."""
    found = store.stuck(NOON + 60 * minute, grace=60, limit=limit)
    return [(each.event["eventId"], each.sweeps) for each in found]


class TestReceivedEvents:
    def test_a_new_event_is_stored_as_received(self, store: EventStore) -> None:
        assert store.store([event("a")]) == [event("a")]

        assert store.get("a") == {
            **event("a"),
            "status": "received",
            "updatedAt": "2026-11-22T14:00:00.500Z",
            "error": None,
        }

    def test_a_payload_with_extreme_numbers_is_read_as_stored(self, store: EventStore) -> None:
        extreme = event("a", payload={"big": 10**60, "small": 1e-300, "text": "ü"}, ids={"x": 1.5}, entityId=None)

        store.store([extreme])

        stored = store.get("a")
        assert stored is not None
        assert {name: stored[name] for name in extreme} == extreme

    def test_an_unusable_event_is_stored_as_ignored_with_its_reason(self, store: EventStore) -> None:
        assert store.store([event("a")], ignored="The body is empty.") == [event("a")]
        assert store.store([event("a")], ignored="The body is empty.") == []

        assert store.get("a") == {
            **event("a"),
            "status": "ignored",
            "updatedAt": "2026-11-22T14:00:00.500Z",
            "error": "The body is empty.",
        }

    @pytest.mark.parametrize(("character", "kept"), [("x", True), ("é", True), ("\U0001f3e0", False)])
    def test_an_oversized_payload_is_not_stored(self, store: EventStore, character: str, kept: bool) -> None:
        text = character * 60_000
        long = event("a", ids={"Note": text}, payload={"Note": text})

        store.store([long])

        stored = store.get("a")
        assert stored is not None
        assert (stored["ids"], stored["payload"]) == (long["ids"], long["payload"] if kept else None)

    def test_events_expire_after_90_days(self, dynamodb: "DynamoDBClient", store: EventStore) -> None:
        store.store([event("a")])

        item = dynamodb.get_item(TableName=EVENTS, Key={"eventId": {"S": "a"}})["Item"]
        assert item["expiresAt"] == {"N": str(int(NOW) + 90 * 86_400)}


class TestRepeatedEvents:
    def test_a_known_event_is_not_new_and_keeps_its_status(self, store: EventStore) -> None:
        store.store([event("a")])
        store.set_status("a", EventStatus.PROCESSED)

        assert store.store([event("a")]) == []
        assert status_of(store, "a") == "processed"

    def test_one_event_stored_concurrently_is_new_once(self, store: EventStore) -> None:
        with ThreadPoolExecutor(50) as threads:
            stored = list(threads.map(store.store, [[event("a")]] * 50))

        assert sorted(map(len, stored)) == [0] * 49 + [1]

    def test_one_batch_stored_concurrently_is_new_once(self, store: EventStore) -> None:
        batch = [event(name) for name in "abc"]

        with ThreadPoolExecutor(20) as threads:
            stored = list(threads.map(store.store, [batch] * 20))

        assert sorted(part["eventId"] for new in stored for part in new) == ["a", "b", "c"]

    def test_a_batch_stores_only_its_new_events(self, store: EventStore) -> None:
        store.store([event("b"), event("d")])

        new = store.store([event(name) for name in "abcd"])

        assert [part["eventId"] for part in new] == ["a", "c"]

    def test_an_event_twice_in_one_request_is_stored_once(self, store: EventStore) -> None:
        assert [part["eventId"] for part in store.store([event("a"), event("b"), event("a")])] == ["a", "b"]


class TestWrites:
    def test_more_events_than_one_transaction_holds_are_all_stored(self, store: EventStore) -> None:
        events = [event(f"{place:03}") for place in range(101)]

        assert store.store(events) == events

    def test_no_events_cause_no_write(self, store: EventStore) -> None:
        assert store.store([]) == []

    @pytest.mark.usefixtures("_no_pause")
    @pytest.mark.parametrize("names", ["a", "ab"])
    def test_a_write_that_conflicts_with_a_transaction_is_retried(self, dynamodb: "DynamoDBClient", names: str) -> None:
        held: Any = Held(dynamodb, times=2)

        assert len(EventStore(held, EVENTS).store([event(name) for name in names])) == len(names)
        assert EventStore(held, EVENTS).store([event(name) for name in names]) == []

    @pytest.mark.usefixtures("_no_pause")
    def test_a_write_that_never_succeeds_raises_a_conflict(self, dynamodb: "DynamoDBClient") -> None:
        held: Any = Held(dynamodb, times=100)

        with pytest.raises(ConcurrentWrite):
            EventStore(held, EVENTS).store([event("a"), event("b")])

    def test_a_failed_write_raises(self, dynamodb: "DynamoDBClient") -> None:
        store = EventStore(dynamodb, "no-such-table")

        with pytest.raises(ClientError):
            store.store([event("a")])


class TestReads:
    def test_an_unknown_event_is_none(self, store: EventStore) -> None:
        assert store.get("a") is None

    def test_events_of_a_status_are_paged_newest_first(self, store: EventStore) -> None:
        store.store([event(name, minute) for minute, name in enumerate("abcde")])
        store.set_status("c", EventStatus.FAILED)

        first, cursor = store.by_status(EventStatus.RECEIVED, limit=3)
        second, end = store.by_status(EventStatus.RECEIVED, limit=3, cursor=cursor)

        assert [item["eventId"] for item in first + second] == ["e", "d", "b", "a"]
        assert end is None

    def test_events_of_a_status_are_paged_oldest_first_on_request(self, store: EventStore) -> None:
        store.store([event(name, minute) for minute, name in enumerate("ab")])

        items, _ = store.by_status(EventStatus.RECEIVED, limit=3, newest_first=False)

        assert [item["eventId"] for item in items] == ["a", "b"]

    @pytest.mark.parametrize("cursor", ["x", "ü", "bnVsbA==", "e30=", "eyJldmVudElkIjogMX0="])
    def test_an_invalid_cursor_is_malformed(self, store: EventStore, cursor: str) -> None:
        with pytest.raises(MalformedRequest):
            store.by_status(EventStatus.RECEIVED, limit=1, cursor=cursor)

    def test_a_cursor_of_another_status_is_malformed(self, store: EventStore) -> None:
        store.store([event(name) for name in "ab"])
        _, cursor = store.by_status(EventStatus.RECEIVED, limit=1)

        with pytest.raises(MalformedRequest):
            store.by_status(EventStatus.FAILED, limit=1, cursor=cursor)

    def test_the_due_time_is_not_part_of_the_event(self, store: EventStore) -> None:
        store.store([event("a")])
        store.mark_published("a", due=NOON)

        stored = store.get("a")
        assert stored is not None
        assert stored.keys() - event("a").keys() == {"status", "updatedAt", "error"}


class TestStuckEvents:
    def test_an_event_still_received_after_the_grace_is_stuck(self, store: EventStore) -> None:
        store.store([event(name, minute) for minute, name in enumerate("abcde")])
        store.set_status("b", EventStatus.PROCESSED)

        assert stuck(store, minute=5, limit=2) == [("a", 0), ("c", 0)]
        assert stuck(store, minute=5) == [("a", 0), ("c", 0), ("d", 0)]

    def test_a_published_event_is_stuck_after_its_due_time(self, store: EventStore) -> None:
        store.store([event("a"), event("b")])
        store.mark_published("a", due=NOON + 600, sweeps=2)
        store.mark_published("b", due=NOON + 1200)

        assert [stuck(store, minute=minute) for minute in (10, 11, 21)] == [[], [("a", 2)], [("a", 2), ("b", 0)]]
        store.set_status("a", EventStatus.PROCESSED)
        assert stuck(store, minute=21) == [("b", 0)]

    def test_events_that_are_not_due_hide_no_due_event(self, store: EventStore) -> None:
        names = [f"{number:02}" for number in range(20)]
        store.store([event(name) for name in names])
        for name in names[:-1]:
            store.mark_published(name, due=NOON + 6000)
        store.mark_published(names[-1], due=NOON)

        assert stuck(store, minute=10, limit=3) == [("19", 0)]


class TestStatus:
    def test_an_error_is_stored_only_while_the_event_is_failed(self, store: EventStore) -> None:
        store.store([event("a")])

        store.set_status("a", EventStatus.FAILED, error="Buildium is away")
        failed = store.get("a")
        store.set_status("a", EventStatus.PROCESSED)
        processed = store.get("a")

        assert failed is not None
        assert processed is not None
        assert (failed["error"], processed["error"]) == ("Buildium is away", None)

    def test_the_status_of_an_unknown_event_is_not_set(self, store: EventStore) -> None:
        assert not store.set_status("a", EventStatus.PROCESSED)
        assert store.get("a") is None

    @pytest.mark.parametrize(
        ("before", "after", "allowed"),
        [
            ("received", "published", True),
            ("processed", "published", False),
            ("failed", "published", False),
            ("ignored", "published", False),
            ("published", "processed", True),
            ("failed", "processed", True),
            ("published", "failed", True),
            ("processed", "failed", False),
            ("ignored", "failed", False),
            ("processed", "ignored", False),
            ("failed", "ignored", True),
            ("failed", "received", True),
            ("processed", "received", True),
        ],
    )
    def test_an_older_status_does_not_replace_a_newer_one(
        self, store: EventStore, before: str, after: str, allowed: bool
    ) -> None:
        store.store([event("a")])
        if before != "received":
            store.set_status("a", EventStatus(before))

        assert store.set_status("a", EventStatus(after)) is allowed
        assert status_of(store, "a") == (after if allowed else before)
