import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.observability import logger
from buildium_sync.outbound.sync_batch import Batch
from buildium_sync.store.queues import SyncMessage
from tests.functions.workers import Context, event, failures, load


class Flow:
    """Stands for the outbound flow: keeps what it was asked, and fails for some entities."""

    def __init__(self) -> None:
        self.got: list[SyncMessage] = []
        self.fails: set[str] = set()
        self.time_left: Callable[[], float] = lambda: 0.0
        self.lane: Priority | None = None
        self.together: threading.Barrier | None = None
        self.met = False
        self.met_before_it_was_built = False

    def meets(self) -> None:
        self.met = True

    def sync(self, message: SyncMessage) -> None:
        self.got.append(message)
        if self.together:
            self.together.wait(timeout=5)
        logger.info("at work", extra={"entity": message.ref.pk})
        if message.ref.entity_id in self.fails:
            raise ConnectionError("the table is away")

    def built(self, time_left: Callable[[], float], lane: Priority) -> "Flow":
        self.time_left, self.lane, self.met_before_it_was_built = time_left, lane, self.met
        return self

    def versions(self) -> dict[str, int]:
        assert len({message.ref for message in self.got}) == len(self.got)
        return {message.ref.entity_id: message.version for message in self.got}


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def handle(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    app = load("sync")
    monkeypatch.setattr(app, "warm_up_rate_limiter", flow.meets)
    monkeypatch.setattr(app, "batch", lambda *given: Batch(flow.built(*given), list, lambda: True))
    return lambda case: failures(app.lambda_handler(event(case), Context()))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    stream = io.StringIO()
    monkeypatch.setattr(logger.logger_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


Handle = Callable[[str], list[str]]
Log = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("case", "versions"),
    [
        ("sync-stream-insert", {"7": 1}),
        ("sync-stream-batch", {"7": 1, "8": 1, "9": 1}),
        ("sync-retry-batch", {"7": 1, "8": 1}),
    ],
)
def test_every_entity_of_a_batch_is_looked_at(handle: Handle, flow: Flow, case: str, versions: dict[str, int]) -> None:
    assert handle(case) == []
    assert flow.versions() == versions


def test_the_rate_limit_is_looked_at_before_what_takes_time(handle: Handle, flow: Flow) -> None:
    handle("sync-stream-insert")

    assert flow.met_before_it_was_built


def test_a_batch_is_worked_on_at_once(handle: Handle, flow: Flow) -> None:
    flow.together = threading.Barrier(3)

    assert handle("sync-stream-batch") == []


def test_several_records_of_one_entity_are_one_attempt(handle: Handle, flow: Flow) -> None:
    assert handle("sync-stream-coalesced") == []
    assert flow.versions() == {"7": 3, "8": 1}


@pytest.mark.parametrize(
    ("case", "lane"), [("sync-stream-batch", Priority.INTERACTIVE), ("sync-retry-batch", Priority.RETRY)]
)
def test_what_was_just_written_goes_before_what_is_tried_again(
    handle: Handle, flow: Flow, case: str, lane: Priority
) -> None:
    handle(case)

    assert flow.lane is lane


def test_the_flow_knows_how_much_time_is_left(handle: Handle, flow: Flow) -> None:
    handle("sync-stream-insert")

    assert flow.time_left() == 90.0


@pytest.mark.parametrize(
    ("case", "failing", "reported"),
    [
        ("sync-stream-batch", {"8"}, ["101"]),
        ("sync-stream-coalesced", {"7"}, ["100", "102", "103"]),
        ("sync-retry-batch", {"8"}, ["message-8"]),
        ("sync-retry-batch", {"7", "8"}, ["message-7", "message-8"]),
    ],
)
def test_what_could_not_be_written_down_is_reported_alone(
    handle: Handle, flow: Flow, case: str, failing: set[str], reported: list[str]
) -> None:
    flow.fails = failing

    assert handle(case) == reported


def test_a_poison_record_holds_up_nothing_and_is_told(handle: Handle, flow: Flow, log: Log) -> None:
    assert handle("sync-stream-poison") == []
    assert flow.versions() == {"7": 1, "9": 1}
    assert [line["record"] for line in log() if line["level"] == "WARNING"] == ["101"]


def test_what_is_not_ours_in_the_queue_is_acknowledged_and_told(handle: Handle, flow: Flow, log: Log) -> None:
    assert handle("sync-retry-stream-failure") == []
    assert flow.versions() == {"7": 1}
    assert [line["record"] for line in log() if line["level"] == "WARNING"] == ["message-stream", "message-text"]


def test_a_redrive_is_not_lost_beside_a_plain_message(handle: Handle, flow: Flow) -> None:
    assert handle("sync-retry-redrive") == []
    assert [(message.version, message.redrive) for message in flow.got] == [(2, True)]


def test_the_lines_of_every_thread_carry_their_requests_id(handle: Handle, flow: Flow, log: Log) -> None:
    flow.fails = {"9"}
    handle("sync-stream-batch")

    about = {(line["entity"], line["correlation_id"]) for line in log()}
    assert about == {(f"property#{place}", f"request-{place}") for place in "789"}
    assert {line["function_request_id"] for line in log()} == {"invocation-1"}
