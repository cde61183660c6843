"""A flood of unsigned webhook requests writes nothing and changes neither sync nor polls.

`UNSIGNED_REQUESTS` is their number. A minute of the virtual clock passes for each thousand.
"""

import os
from unittest import mock

import pytest

from buildium_sync.domain.sync_status import Status
from buildium_sync.store.events import EventStore
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.webhooks.receiver import WebhookReceiver
from buildium_sync.webhooks.rejection_monitor import RejectionCounter, RejectionMonitor
from tests.aws import CONTROL, EVENTS
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tests.simulator import Simulator

REQUESTS = int(os.environ.get("UNSIGNED_REQUESTS") or 2_000)
PER_MINUTE = 1_000
HEADERS: list[dict[str, str]] = [
    {},
    {"buildium-webhook-signature": "x", "buildium-webhook-timestamp": "1795356000"},
    {"buildium-webhook-signature": f"{'A' * 43}="},
    {"buildium-webhook-signature": f"{'A' * 43}=", "buildium-webhook-timestamp": "now"},
]


@pytest.fixture
def schedule(system: System, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


def test_a_flood_changes_neither_sync_nor_polls(schedule: Schedule, system: System, buildium: Simulator) -> None:
    rejections, events = RejectionStore(system.dynamodb, CONTROL), EventStore(system.dynamodb, EVENTS)
    receiver = WebhookReceiver(
        events,
        mock.Mock(),
        mock.Mock(side_effect=AssertionError("the secret was read")),
        mock.Mock(),
        RejectionCounter(lambda: rejections, system.clock),
        tolerance_seconds=7200,
        clock=system.clock,
    )
    kept = system.create("property", PROPERTY)
    system.work()
    schedule.poll()
    polls = 1
    writes: list[str] = []
    system.dynamodb.meta.events.register("before-call.dynamodb", note := lambda model, **_: writes.append(model.name))
    for minute in range(REQUESTS // PER_MINUTE):
        writes.clear()
        for number in range(PER_MINUTE):
            assert receiver.receive(HEADERS[number % len(HEADERS)], b"{}" * 100, "request").status == 401
        assert writes == []
        kept = system.update(kept, {"name": f"Name {minute}"})
        system.work()
        assert system.sync_of(kept).status is Status.SYNCED
        RejectionMonitor(rejections, events).report()
        schedule.poll_later()
        polls += 1
    system.dynamodb.meta.events.unregister("before-call.dynamodb", note)

    lists = [call for call in buildium.requests() if call.path == "/v1/rentals" and "lastupdatedfrom" in call.query]
    assert len(lists) == polls
    assert rejections.read().count == 0
