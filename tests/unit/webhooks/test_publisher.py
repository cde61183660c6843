import json
from typing import Any

import pytest

from buildium_sync.webhooks.publisher import EventPublisher

LIMIT = 256 * 1024


class Bus:
    """A fake EventBridge client that rejects the entries of some events."""

    def __init__(self, rejected: frozenset[str] = frozenset()) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self._rejected = rejected

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's name
        self.calls.append(Entries)
        return {"Entries": [self._result(json.loads(entry["Detail"])) for entry in Entries]}

    def _result(self, detail: dict[str, Any]) -> dict[str, str]:
        rejected = detail["eventId"] in self._rejected
        return {"ErrorCode": "InternalFailure"} if rejected else {"EventId": "1"}


def event(event_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "eventName": "Rental.Updated",
        "subject": "Rental",
        "operation": "Updated",
        "accountId": 1,
        "entityId": 23,
        "ids": {"PropertyId": 23},
        "eventDateTime": "2026-11-22T13:59:46.2317653Z",
        "receivedAt": "2026-11-22T14:00:00.000Z",
        "correlationId": "request-1",
        "payload": {"PropertyId": 23},
        **changes,
    }


def publish(bus: Any, events: list[dict[str, Any]]) -> list[str]:
    return [published["eventId"] for published in EventPublisher(bus, "bus").publish(events)]


def details(bus: Bus) -> list[dict[str, Any]]:
    return [json.loads(entry["Detail"]) for call in bus.calls for entry in call]


def test_one_call_publishes_at_most_ten_events() -> None:
    bus = Bus()
    names = [f"{place}" for place in range(21)]

    assert publish(bus, [event(name) for name in names]) == names
    assert [len(call) for call in bus.calls] == [10, 10, 1]


def test_one_call_stays_within_the_size_limit() -> None:
    bus = Bus()

    publish(bus, [event(f"{place}", payload="ü" * 40_000) for place in range(7)])

    assert sum(map(len, bus.calls)) == 7
    assert max(sum(len(entry["Detail"].encode()) for entry in call) for call in bus.calls) < LIMIT


def test_an_event_that_the_bus_rejects_does_not_block_publishing() -> None:
    bus = Bus(frozenset("b"))

    assert publish(bus, [event(name) for name in "abc"]) == ["a", "c"]


def test_a_stored_event_is_published_unchanged() -> None:
    bus = Bus()

    publish(bus, [event("a"), event("a", status="received", updatedAt="2026-11-22T14:00:00.000Z", error=None)])

    first, again = details(bus)
    assert first == again == {**event("a"), "schemaVersion": 1}


@pytest.mark.parametrize(
    ("change", "omitted"),
    [
        ({"payload": "x" * 190_000}, None),
        ({"payload": "x" * 260_000}, ["payload"]),
        ({"payload": {}, "ids": {"BillIds": "x" * 260_000}}, ["payload", "ids"]),
    ],
)
def test_oversized_parts_of_an_event_are_omitted_and_named(change: dict[str, Any], omitted: list[str] | None) -> None:
    bus = Bus()

    assert publish(bus, [event("a", **change)]) == ["a"]

    (detail,) = details(bus)
    assert detail.get("omitted") == omitted
    assert detail["entityId"] == 23


@pytest.mark.parametrize(("name", "detail_type"), [("", "Unknown"), ("x" * 256, "x" * 128), ("A.Created", "A.Created")])
def test_every_event_has_a_valid_detail_type(name: str, detail_type: str) -> None:
    bus = Bus()

    publish(bus, [event("a", eventName=name)])

    assert bus.calls[0][0]["DetailType"] == detail_type


def test_no_events_cause_no_call() -> None:
    bus = Bus()

    assert publish(bus, []) == []
    assert bus.calls == []


def test_the_data_of_batch_events_is_not_published() -> None:
    bus = Bus()
    publish(bus, [event("a", payload={"EventType": "OwnerUpdated", "Data": {"TaxId": "123-45-6789"}})])

    assert details(bus)[0]["payload"] == {"EventType": "OwnerUpdated"}
