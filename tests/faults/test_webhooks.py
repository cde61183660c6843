"""Webhooks: every request gets the right response; each event is stored once and never lost."""

import json
from collections.abc import Callable
from functools import partial

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from tests.faults.bodies import body
from tests.faults.calls import CallOutcome
from tests.faults.conftest import MakeWorld
from tests.faults.convergence import converge
from tests.faults.world import OLD_WEBHOOK_SECRET, WEBHOOK_SECRET, World
from tests.harness.events import signed_webhook
from tests.simulator.faults import Fault
from tests.simulator.model import Json
from tests.simulator.webhooks import signed_headers
from tools.local_cloud.template import load_template

WEEK = 7 * 86_400.0


@pytest.fixture
def synced(world: World) -> EntityRef:
    return create_synced(world)


def create_synced(world: World) -> EntityRef:
    """A synced property whose own webhooks were delivered. From then on only the test delivers events."""
    ref = world.create("properties", body("property", "Local", {}))
    world.run(60)
    world.buildium.webhook_sender.loss_probability = 1.0
    return ref


def edit_event(world: World, ref: EntityRef, name: str) -> Json:
    """The event of an edit in Buildium, not delivered yet."""
    world.buildium.edit("rentals", world.buildium_id(ref), {"Name": name})
    return world.buildium.webhook_sender.sent[-1]


def read_count(world: World, ref: EntityRef) -> int:
    return world.buildium.count("GET", f"/v1/rentals/{world.buildium_id(ref)}")


def name_of(world: World, ref: EntityRef) -> str:
    return str(world.request("GET", world.path(ref)).body["property"]["name"])


def stored_count(world: World) -> int:
    return sum(len(world.events.by_status(status, limit=100)[0]) for status in EventStatus)


def address(world: World, ref: EntityRef) -> Json:
    return dict(world.buildium.get("rentals", world.buildium_id(ref))["Address"])


def flipped(raw: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return raw.replace(b"Updated", b"Upeated"), headers


def reordered(raw: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return json.dumps(dict(reversed(json.loads(raw).items()))).encode(), headers


def signed_otherwise(raw: bytes, _headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return signed_webhook(json.loads(raw), "another secret", 1_795_356_060)


def without_signature(raw: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return raw, {name: value for name, value in headers.items() if "signature" not in name}


def without_time(raw: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return raw, {name: value for name, value in headers.items() if "timestamp" not in name}


def event_statuses(world: World) -> dict[str, str]:
    """The status of every event, by the time of its change."""
    pages = [world.events.by_status(status, limit=100)[0] for status in EventStatus]
    return {event["eventDateTime"]: event["status"] for page in pages for event in page}


def has_published(world: World, events: int) -> bool:
    return len(world.bus.published) >= events


def signed_raw(raw: bytes, now: float) -> dict[str, str]:
    return signed_headers(WEBHOOK_SECRET, raw, int(now))


def metric_values(world: World, metric: str) -> list[float]:
    """Every value of a metric, from the log."""
    lines = (json.loads(line) for line in world.log.getvalue().splitlines())
    return [value for line in lines if "_aws" in line for value in line.get(metric, [])]


class TestRepeatedEvents:
    @pytest.mark.brief
    @pytest.mark.scenario(17, "the same webhook 50 times at once")
    def test_an_event_delivered_fifty_times_is_processed_once(self, world: World, synced: EntityRef) -> None:
        event = edit_event(world, synced, "Remote")
        before, known = read_count(world, synced), stored_count(world)

        for _ in range(50):
            world.buildium.webhook_sender.deliver(event, 0.1)
        world.run(60)

        assert stored_count(world) == known + 1
        assert read_count(world, synced) == before + 1
        assert name_of(world, synced) == "Remote"
        converge(world)

    @pytest.mark.scenario(18, "the same webhook after an hour and after a week")
    @pytest.mark.parametrize("later", [3600.0, WEEK], ids=["an hour", "a week"])
    def test_a_late_redelivery_of_an_event_changes_nothing(self, world: World, synced: EntityRef, later: float) -> None:
        event = edit_event(world, synced, "Remote")
        world.buildium.webhook_sender.deliver(event, 0.1)
        world.run(60)
        before, known = read_count(world, synced), stored_count(world)
        world.schedule_seconds = later
        world.run(later)
        world.schedule_seconds = 60.0

        world.buildium.webhook_sender.deliver(event, 0.1)
        world.run(60)

        assert (stored_count(world), read_count(world, synced)) == (known, before)
        converge(world)

    @pytest.mark.scenario(19, "Updated before Created, Deleted before Updated")
    def test_the_order_of_events_does_not_matter(self, world: World, synced: EntityRef) -> None:
        stranger = world.buildium.create("rentals", {"Name": "Stranger", "Address": address(world, synced)})
        created = world.buildium.webhook_sender.sent[-1]
        world.buildium.edit("rentals", stranger["Id"], {"Name": "Stranger edited"})
        updated = world.buildium.webhook_sender.sent[-1]
        world.buildium.webhook_sender.deliver(updated, 0.1)
        world.buildium.webhook_sender.deliver(created, 20.0)
        world.run(60)
        names = [each["name"] for each in world.request("GET", "/api/properties").body["items"]]
        assert sorted(names) == ["Local", "Stranger edited"]

        late = edit_event(world, synced, "Too late")
        world.buildium.delete("rentals", world.buildium_id(synced))
        world.buildium.webhook_sender.deliver(world.buildium.webhook_sender.sent[-1], 0.1)
        world.buildium.webhook_sender.deliver(late, 20.0)
        world.run(60)

        assert world.request("GET", world.path(synced)).body["property"]["deletedAt"] is not None
        converge(world)


class TestSignatures:
    @pytest.mark.scenario(20, "bit flips, whitespace, reordered JSON, wrong secret, missing headers")
    @pytest.mark.parametrize("spoil", [flipped, reordered, signed_otherwise, without_signature, without_time])
    def test_a_request_with_an_invalid_signature_is_rejected(
        self, world: World, synced: EntityRef, spoil: Callable[[bytes, dict[str, str]], tuple[bytes, dict[str, str]]]
    ) -> None:
        event = edit_event(world, synced, "Remote")
        known = stored_count(world)

        assert world.webhook_status(*spoil(*signed_webhook(event, WEBHOOK_SECRET, world.now))) == 401

        assert stored_count(world) == known
        converge(world)

    @pytest.mark.scenario(20, "bit flips, whitespace, reordered JSON, wrong secret, missing headers")
    def test_whitespace_does_not_invalidate_a_signature(self, world: World, synced: EntityRef) -> None:
        raw, headers = signed_webhook(edit_event(world, synced, "Remote"), WEBHOOK_SECRET, world.now)

        assert world.webhook_status(json.dumps(json.loads(raw), indent=2).encode(), headers) == 200

        world.run(30)
        assert name_of(world, synced) == "Remote"
        converge(world)

    @pytest.mark.scenario(21, "stale and future timestamps")
    @pytest.mark.parametrize(("ago", "status"), [(3 * 3600, 401), (-600, 401), (3600 + 660, 200)])
    def test_a_signature_is_valid_only_during_buildiums_retries(
        self, world: World, synced: EntityRef, ago: int, status: int
    ) -> None:
        event = edit_event(world, synced, "Remote")

        assert world.webhook_status(*signed_webhook(event, WEBHOOK_SECRET, world.now - ago)) == status

        converge(world)

    @pytest.mark.scenario(22, "secret rotation with both alive")
    def test_both_secrets_are_valid_during_a_rotation(self, make_world: MakeWorld) -> None:
        world = make_world()
        world.secret.values["BUILDIUM_WEBHOOK_SECRET_PREVIOUS"] = OLD_WEBHOOK_SECRET
        events = [
            {
                "EventName": "Rental.Updated",
                "EventDateTime": world.buildium.events.now(),
                "AccountId": 1,
                "PropertyId": n,
            }
            for n in (1, 2, 3)
        ]

        assert world.webhook_status(*signed_webhook(events[0], OLD_WEBHOOK_SECRET, world.now)) == 200
        assert world.webhook_status(*signed_webhook(events[1], WEBHOOK_SECRET, world.now)) == 200
        world.secret.values["BUILDIUM_WEBHOOK_SECRET_PREVIOUS"] = ""
        assert world.webhook_status(*signed_webhook(events[2], OLD_WEBHOOK_SECRET, world.now)) == 401

        converge(world)
        assert stored_count(world) == 2


class TestEventStore:
    @pytest.mark.scenario(23, "event store write fails")
    @pytest.mark.parametrize("outcome", [CallOutcome.UNREACHABLE, CallOutcome.THROTTLED, CallOutcome.KILLED_BEFORE])
    def test_an_event_that_is_not_stored_is_not_acknowledged(
        self, world: World, synced: EntityRef, outcome: CallOutcome
    ) -> None:
        world.inject(outcome, "PutItem", "EventsTable", "webhook")
        event = edit_event(world, synced, "Remote")
        known = stored_count(world)

        assert world.webhook_status(*signed_webhook(event, WEBHOOK_SECRET, world.now)) >= 500

        assert stored_count(world) == known
        world.buildium.webhook_sender.deliver(event, 60.0, attempt=1)
        world.run(90)
        assert name_of(world, synced) == "Remote"
        converge(world)

    @pytest.mark.scenario(24, "stored but publishing fails")
    @pytest.mark.parametrize("how", ["rejected", "unreachable", "killed"])
    def test_an_unpublished_event_is_published_later(self, world: World, synced: EntityRef, how: str) -> None:
        if how == "rejected":
            world.bus.rejects = lambda: True
        else:
            outcome = CallOutcome.UNREACHABLE if how == "unreachable" else CallOutcome.KILLED_BEFORE
            world.inject(outcome, "PutEvents", "", "webhook")
        event = edit_event(world, synced, "Remote")
        published = len(world.bus.published)

        status = world.webhook_status(*signed_webhook(event, WEBHOOK_SECRET, world.now))

        assert status == (502 if how == "killed" else 200)
        assert len(world.bus.published) == published
        world.clear_faults()
        # A poll must not be what applies the edit.
        world.buildium.webhook_sender.loss_probability = 1.0
        assert world.timeline.run_until(lambda: len(world.bus.published) > published, 300)
        converge(world)
        assert name_of(world, synced) == "Remote"


class TestProcessing:
    @pytest.mark.scenario(41, "the processing of an event is killed, or its message lost")
    @pytest.mark.parametrize(("kills", "losses", "hours"), [(1, 0, 0.1), (4, 0, 1), (0, 1, 0.1), (2, 2, 0.5)])
    def test_an_event_whose_processing_was_killed_is_processed_again(
        self, world: World, synced: EntityRef, kills: int, losses: int, hours: float
    ) -> None:
        if kills:
            world.inject(
                CallOutcome.KILLED_BEFORE, "GET", f"/v1/rentals/{world.buildium_id(synced)}", "event_processor", kills
            )
        event = edit_event(world, synced, "Remote")
        published = len(world.bus.published)

        assert world.webhook_status(*signed_webhook(event, WEBHOOK_SECRET, world.now)) == 200
        for expected in range(published + 1, published + 1 + losses):
            world.timeline.run_until(partial(has_published, world, expected), 1800)
            world.queues["process"].messages.clear()

        def is_processed() -> bool:
            return event_statuses(world)[event["EventDateTime"]] == EventStatus.PROCESSED

        assert world.timeline.run_until(is_processed, hours * 3600)
        converge(world)

    @pytest.mark.scenario(42, "Buildium returns 500 for an event's read")
    @pytest.mark.parametrize("times", [1, 3])
    def test_an_event_is_retried_within_seconds_after_a_500(self, world: World, synced: EntityRef, times: int) -> None:
        world.buildium.script.add(Fault("status", "GET", f"/rentals/{world.buildium_id(synced)}", times=times))
        event = edit_event(world, synced, "Remote")
        began = world.now

        world.buildium.webhook_sender.deliver(event, 0.1)
        world.timeline.run_until(lambda: event_statuses(world).get(event["EventDateTime"]) == EventStatus.PROCESSED, 60)

        assert name_of(world, synced) == "Remote"
        assert world.now - began < 30
        converge(world)


class TestBodies:
    @pytest.mark.scenario(25, "unknown event, deep nesting, oversized body, base64, not UTF-8")
    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (b'{"EventName":"Moon.Landed","EventDateTime":"2026-11-22T14:00:00.0000000Z","AccountId":1}', 200),
            (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 200),
            (b'{"EventName":"' + b"x" * 300_000 + b'"}', 200),
            (b"\xff\xfe\x00", 200),
            (b"[]", 200),
            (b"", 200),
        ],
        ids=["unknown", "deep", "oversized", "not UTF-8", "no object", "empty"],
    )
    def test_every_signed_body_is_acknowledged(self, world: World, raw: bytes, status: int) -> None:
        assert world.webhook_status(raw, signed_raw(raw, world.now), is_base64=True) == status
        if raw.isascii():
            assert world.webhook_status(raw, signed_raw(raw, world.now)) == status

        converge(world)


class TestRejectionAlarm:
    @pytest.mark.scenario(26, "nineteen rejections, then success")
    def test_the_alarm_comes_before_the_subscription_is_suspended(self, world: World, synced: EntityRef) -> None:
        threshold = load_template()["Resources"]["WebhookConsecutiveRejectionsAlarm"]["Properties"]["Threshold"]
        event = edit_event(world, synced, "Remote")

        for _ in range(19):
            assert world.webhook_status(*signed_webhook(event, "another secret", world.now)) == 401
            world.run(60)

        assert max(metric_values(world, "WebhookConsecutiveRejections")) >= threshold
        assert world.webhook_status(*signed_webhook(event, WEBHOOK_SECRET, world.now)) == 200
        world.run(120)
        assert metric_values(world, "WebhookConsecutiveRejections")[-1] == 0
        converge(world)
