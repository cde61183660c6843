"""Change events reach the application at least once, however often its receiver fails."""

import json
import os
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from buildium_sync.app_webhook.retry_ladder import (
    MAX_FAILURES,
    PAUSE_AFTER_SECONDS,
    PROBE_INTERVAL_SECONDS,
)
from tests.clocks import VirtualClock
from tests.flows.app_webhook import SECRET, AppWebhookSystem, change_event, deploy
from tests.harness.receiver import DRIP, GARBAGE, HANG, RESET, ReceiverServer, receiver

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_SECONDS = 86_400
EVENTS = int(os.environ.get("APP_WEBHOOK_EVENTS", "150"))
"""Events of the random test. 10,000 take a few minutes."""


@pytest.fixture
def server() -> Iterator[ReceiverServer]:
    with receiver(SECRET) as server:
        yield server


@pytest.fixture
def webhook(
    monkeypatch: pytest.MonkeyPatch, dynamodb: "DynamoDBClient", clock: VirtualClock, server: ReceiverServer
) -> AppWebhookSystem:
    return deploy(monkeypatch, dynamodb, clock, server)


def test_every_event_reaches_an_unreliable_receiver(webhook: AppWebhookSystem, server: ReceiverServer) -> None:
    rng = random.Random(7)
    choices = [204, 200, 500, 503, 429, 404, 302, RESET, GARBAGE, HANG, DRIP]
    weights = [50, 10, 10, 5, 3, 2, 2, 10, 4, 2, 2]
    behaviors = rng.choices(choices, weights, k=100_000)
    server.behave = lambda number: behaviors[number % len(behaviors)]
    webhook.publish(*(change_event(number, webhook.clock()) for number in range(EVENTS)))
    webhook.work()
    assert server.ids == {f"event-{number}" for number in range(EVENTS)}
    assert server.rejected == []
    assert webhook.sqs.dead_letters == []
    assert webhook.sqs.lost == webhook.sqs.moved == []
    assert server.attempts.total() > EVENTS


class TestDelivery:
    def test_an_event_is_delivered_once_and_recorded(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        webhook.publish(change_event())
        webhook.work()
        assert server.events == [change_event()]
        assert webhook.delivery() == {
            **{name: change_event()[name] for name in ("id", "type", "entityType", "entityId", "at")},
            "status": "delivered",
            "attempts": 1,
            "error": None,
            "attemptedAt": "2026-11-22T14:00:00.000Z",
        }

    def test_a_failed_event_does_not_delay_others(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        server.behave = lambda number: 500 if number == 0 else 204
        webhook.publish(*map(change_event, range(3)))
        webhook.work_once()
        assert len(server.events) == 2
        webhook.work()
        assert len(server.events) == 3

    def test_a_failed_attempt_is_recorded_with_its_error(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        server.behave = lambda _number: 500
        webhook.publish(change_event())
        webhook.work_once()
        shown = {name: webhook.delivery()[name] for name in ("status", "attempts", "error")}
        assert shown == {"status": "retrying", "attempts": 1, "error": "HTTP status 500"}

    def test_an_event_without_an_entity_is_delivered(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        finished = {"id": "import-1", "type": "ImportFinished", "schemaVersion": 1, "at": "2026-11-22T14:00:00.000Z"}
        webhook.publish(finished)
        webhook.work()
        assert server.events == [finished]
        assert webhook.delivery("import-1")["entityId"] is None

    def test_an_unreadable_message_becomes_a_dead_letter(self, webhook: AppWebhookSystem) -> None:
        for body in ("no JSON", "[]", "{}", json.dumps({"detail": {"id": 1, "type": "", "at": None}})):
            webhook.sqs.put(body)
        webhook.work()
        assert len(webhook.sqs.dead_letters) == 4

    def test_an_unavailable_table_delays_only_failed_events(
        self, webhook: AppWebhookSystem, server: ReceiverServer, dynamodb: "DynamoDBClient"
    ) -> None:
        server.behave = lambda number: 500 if number == 0 else 204
        dynamodb.delete_table(TableName="TimelineTable")
        webhook.publish(*map(change_event, range(3)))
        webhook.work_once()
        assert len(webhook.sqs.messages) == 1
        assert webhook.sqs.hides == []


class TestRetries:
    def test_a_failing_event_becomes_a_dead_letter_after_a_day(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        _reject(server, "event-1")
        started = webhook.clock()
        _publish_with_others(webhook)
        webhook.work()
        [letter] = webhook.sqs.dead_letters
        assert json.loads(letter)["detail"] == change_event(1)
        assert DAY_SECONDS <= webhook.clock() - started <= 1.5 * DAY_SECONDS
        assert (webhook.delivery()["status"], webhook.delivery()["attempts"]) == ("dead-lettered", MAX_FAILURES)
        assert len(webhook.sqs.hides) == MAX_FAILURES - 1

    def test_a_redriven_event_is_retried_for_another_day(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        _reject(server, "event-1")
        _publish_with_others(webhook)
        webhook.work()
        webhook.after_batch = lambda: None
        webhook.sqs.put(webhook.sqs.dead_letters.pop())
        webhook.work_once()
        assert webhook.delivery()["status"] == "retrying"
        assert len(webhook.sqs.messages) == 1
        server.rejects.clear()
        webhook.work()
        assert "event-1" in server.ids
        assert webhook.delivery()["attempts"] == MAX_FAILURES + 2


class TestPause:
    def test_a_receiver_that_fails_for_an_hour_is_paused(
        self, webhook: AppWebhookSystem, server: ReceiverServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.behave = lambda _number: 503
        webhook.publish(*map(change_event, range(5)))
        webhook.work(until=webhook.clock() + PAUSE_AFTER_SECONDS - 600)
        assert webhook.state.paused_at is None
        webhook.work(until=webhook.clock() + PAUSE_AFTER_SECONDS)
        assert webhook.state.paused_at is not None
        assert '"AppWebhookPaused":[1.0]' in capsys.readouterr().out

    def test_a_paused_receiver_gets_one_probe_for_each_interval(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        server.behave = lambda _number: 410
        webhook.publish(*map(change_event, range(20)))
        webhook.work(until=webhook.clock())
        attempts = server.attempts.total()
        assert attempts <= 10
        started = webhook.clock()
        webhook.work(until=started + DAY_SECONDS)
        assert 1 <= server.attempts.total() - attempts <= DAY_SECONDS / PROBE_INTERVAL_SECONDS

    def test_no_event_is_lost_in_an_outage_of_ten_days(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        server.behave = lambda _number: RESET
        started = webhook.clock()
        for day in range(0, 10, 2):
            webhook.publish(change_event(day))
            webhook.work(until=started + (day + 2) * DAY_SECONDS)
        server.behave = lambda _number: 204
        webhook.work()
        assert server.ids == {f"event-{number}" for number in range(0, 10, 2)}
        assert webhook.sqs.dead_letters == []
        assert webhook.sqs.lost == webhook.sqs.moved == []
        assert max(webhook.receives.values()) < 250
        assert webhook.state.failing_since is None

    def test_a_probe_uses_up_no_attempt_of_its_event(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        server.behave = lambda _number: 410
        webhook.publish(change_event())
        webhook.work(until=webhook.clock() + 10 * DAY_SECONDS)
        assert webhook.delivery()["attempts"] > MAX_FAILURES
        assert webhook.sqs.dead_letters == []

    def test_a_success_resumes_all_events_of_its_batch(
        self, webhook: AppWebhookSystem, server: ReceiverServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        server.behave = lambda _number: 410
        webhook.publish(*map(change_event, range(5)))
        webhook.work_once()
        server.behave = lambda _number: 204
        capsys.readouterr()
        for message in webhook.sqs.messages.values():
            message.visible_at = webhook.clock() + PROBE_INTERVAL_SECONDS
        webhook.work_once()
        assert len(server.events) == 5
        assert webhook.state.paused_at is None
        assert '"AppWebhookPaused":[0.0]' in capsys.readouterr().out

    def test_an_event_of_thirteen_days_becomes_a_dead_letter(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        server.behave = lambda _number: 503
        webhook.publish(*map(change_event, range(2)))
        started = webhook.clock()
        webhook.work()
        assert len(webhook.sqs.dead_letters) == 2
        assert webhook.sqs.lost == webhook.sqs.moved == []
        assert webhook.clock() - started <= 14 * DAY_SECONDS
        assert webhook.delivery()["status"] == "dead-lettered"

    def test_one_success_keeps_a_receiver_from_being_paused(
        self, webhook: AppWebhookSystem, server: ReceiverServer
    ) -> None:
        _reject(server, "event-1")
        _publish_with_others(webhook)
        webhook.work()
        assert webhook.state.paused_at is None


class TestTestEvent:
    def test_a_test_event_is_signed_and_sent_at_once(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        response = webhook.ask_for_a_test()
        [event] = server.events
        assert event["type"] == "WebhookTest"
        assert response == {
            "status": 200,
            "delivery": {"id": event["id"], "delivered": True, "receiverStatus": 204, "error": None},
        }

    def test_the_error_of_the_receiver_is_returned(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        server.behave = lambda _number: 500
        delivery = webhook.ask_for_a_test()["delivery"]
        assert (delivery["delivered"], delivery["receiverStatus"], delivery["error"]) == (False, 500, "HTTP status 500")

    def test_a_successful_test_resumes_deliveries(self, webhook: AppWebhookSystem, server: ReceiverServer) -> None:
        server.behave = lambda _number: 410
        webhook.publish(change_event())
        webhook.work_once()
        assert webhook.state.paused_at is not None
        server.behave = lambda _number: 204
        webhook.ask_for_a_test()
        assert webhook.state.paused_at is None

    @pytest.mark.parametrize(("url", "secret"), [("", SECRET), ("https://app.example/", "")])
    def test_a_test_without_configuration_is_a_conflict(
        self,
        monkeypatch: pytest.MonkeyPatch,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
        server: ReceiverServer,
        url: str,
        secret: str,
    ) -> None:
        webhook = deploy(monkeypatch, dynamodb, clock, server, secret, APP_WEBHOOK_URL=url)
        assert webhook.ask_for_a_test()["status"] == 409


class TestConfiguration:
    def test_events_are_acknowledged_while_the_webhook_is_off(
        self,
        monkeypatch: pytest.MonkeyPatch,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
        server: ReceiverServer,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        webhook = deploy(monkeypatch, dynamodb, clock, server, APP_WEBHOOK_URL="")
        webhook.states.pause(clock(), clock(), "HTTP status 410")
        webhook.publish(change_event())
        webhook.work()
        assert webhook.sqs.messages == {}
        assert not server.attempts
        assert webhook.state.paused_at is None
        assert '"AppWebhookPaused":[0.0]' in capsys.readouterr().out

    def test_events_wait_for_a_missing_secret(
        self,
        monkeypatch: pytest.MonkeyPatch,
        dynamodb: "DynamoDBClient",
        clock: VirtualClock,
        server: ReceiverServer,
    ) -> None:
        webhook = deploy(monkeypatch, dynamodb, clock, server, "")
        webhook.publish(change_event())
        webhook.work_once()
        assert webhook.delivery()["error"] == "APP_WEBHOOK_SECRET is missing or invalid"
        assert len(webhook.sqs.messages) == 1


def _reject(server: ReceiverServer, event_id: str) -> None:
    """Return 500 for one event."""
    server.rejects.add(event_id)


def _publish_with_others(webhook: AppWebhookSystem) -> None:
    """Publish one event, and another one each time it fails, so that the receiver is not down."""
    published = [0]

    def publish_another() -> None:
        if len(webhook.sqs.hides) > published[0]:
            published[0] = len(webhook.sqs.hides)
            webhook.publish(change_event(1000 + published[0]))

    webhook.publish(change_event(1))
    webhook.after_batch = publish_another
