import json
import threading
from collections.abc import Callable
from typing import Any

from buildium_sync.composition.event_processor import EventProcessorComposition

import pytest

from buildium_sync.errors import BuildiumRejected
from tests.functions.workers import compose, event, failures, load
from tests.harness.events import Context


class Flow:
    """Fake of the event processor flow: records its events, and fails for some."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.fails: set[str] = set()
        self.together: threading.Barrier | None = None

    def process(self, body: str) -> None:
        message = json.loads(body)
        self.got.append(message)
        if self.together:
            self.together.wait(timeout=10)
        if message["detail"]["eventId"] in self.fails:
            raise BuildiumRejected("No.", status=400)


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def handle(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    app = load("event_processor")
    compose(monkeypatch, EventProcessorComposition, event_processor=lambda _time_left: flow)
    return lambda case: failures(app.lambda_handler(event(case), Context()))


Handle = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("event_processor-single", ["event-a"]),
        ("event_processor-batch", ["event-a", "event-b", "event-c"]),
        ("event_processor-deferred", ["event-a"]),
    ],
)
def test_each_event_of_a_batch_is_processed(handle: Handle, flow: Flow, case: str, names: list[str]) -> None:
    assert handle(case) == []
    assert sorted(message["detail"]["eventId"] for message in flow.got) == names


@pytest.mark.parametrize("failing", [{"event-b"}, {"event-a", "event-b", "event-c"}])
def test_only_failed_events_are_reported(handle: Handle, flow: Flow, failing: set[str]) -> None:
    flow.fails = failing

    assert handle("event_processor-batch") == [f"message-{name[-1]}" for name in sorted(failing)]
    assert len(flow.got) == 3


def test_an_unreadable_message_is_reported_alone(handle: Handle, flow: Flow) -> None:
    assert handle("event_processor-poison") == ["message-b"]
    assert len(flow.got) == 1


def test_events_of_different_entities_run_in_parallel(handle: Handle, flow: Flow) -> None:
    flow.together = threading.Barrier(3)

    assert handle("event_processor-batch") == []


def test_events_of_one_entity_keep_their_order(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load("event_processor")
    compose(monkeypatch, EventProcessorComposition, event_processor=lambda _time_left: flow)
    details = [{"eventId": f"{n}", "subject": "Rental", "entityId": 7} for n in range(10)]
    records = [{"messageId": f"{n}", "body": json.dumps({"detail": each})} for n, each in enumerate(details)]

    app.lambda_handler({"Records": records}, Context())

    assert [message["detail"]["eventId"] for message in flow.got] == [f"{n}" for n in range(10)]
