"""The app webhook function reports the events that stay in the queue, and sends test events."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from buildium_sync.composition.app_webhook import AppWebhookComposition

import pytest

from buildium_sync.domain.app_webhook import QueuedEvent
from buildium_sync.errors import OperatorRequired
from buildium_sync.http_headers import DATA_HEADERS
from tests.functions.workers import compose, event, failures, load
from tests.harness.events import Context
from tests.openapi.assertions import assert_documented


class Batch:
    """Fake of the delivery: records its events, and keeps some in the queue."""

    def __init__(self) -> None:
        self.got: list[QueuedEvent] = []
        self.kept: list[str] = []

    def deliver(self, events: Sequence[QueuedEvent]) -> list[str]:
        self.got += events
        return self.kept


class Queue:
    """Fake of the queue: records dead letters."""

    def __init__(self) -> None:
        self.dead_letters: list[str] = []

    def send_to_dlq(self, body: str) -> None:
        self.dead_letters.append(body)


@pytest.fixture
def batch() -> Batch:
    return Batch()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def handle(batch: Batch, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    app = load("app_webhook")
    compose(monkeypatch, AppWebhookComposition, is_on=True, delivery_batch=batch, queue=queue)
    return lambda case: dict(app.lambda_handler(event(f"app_webhook-{case}"), Context()))


Handle = Callable[[str], dict[str, Any]]


def test_every_event_of_a_batch_is_delivered(handle: Handle, batch: Batch) -> None:
    assert failures(handle("batch")) == []
    assert [queued.event["type"] for queued in batch.got] == ["EntityUpdated", "SyncFailed", "ImportFinished"]
    assert {queued.sent_at for queued in batch.got} == {1_795_356_000.0}


def test_events_that_stay_in_the_queue_are_reported(handle: Handle, batch: Batch) -> None:
    batch.kept = ["message-b"]
    assert failures(handle("batch")) == ["message-b"]


def test_an_unreadable_event_does_not_affect_others(handle: Handle, batch: Batch, queue: Queue) -> None:
    assert failures(handle("poison")) == []
    assert [queued.message_id for queued in batch.got] == ["message-a"]
    assert queue.dead_letters == ['{"detail": {}}']


@pytest.mark.parametrize(("is_on", "has_secret", "status"), [(True, True, 200), (False, True, 409), (True, False, 409)])
def test_a_test_event_needs_a_url_and_a_secret(
    monkeypatch: pytest.MonkeyPatch, is_on: bool, has_secret: bool, status: int
) -> None:
    outcome = {"id": "test-1", "delivered": False, "receiverStatus": 500, "error": "HTTP status 500"}
    app, check = load("app_webhook"), Parts(lambda: outcome)
    parts = {"is_on": is_on, "has_secret": lambda: has_secret, "receiver_check": check}
    compose(monkeypatch, AppWebhookComposition, **parts, callers=Callers(is_allowed=True))
    response = app.lambda_handler(event("app_webhook-test"), Context())
    body, media_type = json.loads(response["body"]), response["headers"]["Content-Type"]
    assert response["statusCode"] == status
    assert_documented("POST", "/api/webhooks/test", status, media_type, body)
    assert (body == {"delivery": outcome}) is (status == 200)
    assert DATA_HEADERS.items() <= response["headers"].items()


@pytest.mark.parametrize("path", ["/api/webhooks/test", "//api/webhooks/test", "/api//webhooks/test"])
def test_a_test_event_needs_an_operator(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    app = load("app_webhook")
    compose(monkeypatch, AppWebhookComposition, is_on=True, callers=Callers(is_allowed=False))
    response = app.lambda_handler({**event("app_webhook-test"), "path": path}, Context())
    body, media_type = json.loads(response["body"]), response["headers"]["Content-Type"]
    assert (response["statusCode"], body["errorCode"]) == (403, "operator_required")
    assert_documented("POST", "/api/webhooks/test", 403, media_type, body)


def test_a_test_request_has_no_query_parameters() -> None:
    asked = {**event("app_webhook-test"), "queryStringParameters": {"colour": "red"}}
    response = load("app_webhook").lambda_handler(asked, Context())
    body = json.loads(response["body"])
    assert response["statusCode"] == 400
    assert body["errors"] == [{"field": "colour", "message": "is not supported"}]
    assert_documented("POST", "/api/webhooks/test", 400, "application/problem+json", body)


class Callers:
    """Fake of the role check."""

    def __init__(self, *, is_allowed: bool) -> None:
        self._is_allowed = is_allowed

    def require(self, _key: str, method: str, path: str) -> None:
        assert (method, path) == ("POST", "/api/webhooks/test")
        if not self._is_allowed:
            raise OperatorRequired("It needs the role operate.")


class Parts:
    """Fake of the receiver check."""

    def __init__(self, run: Callable[[], dict[str, Any]]) -> None:
        self.run = run
