import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import buildium_sync
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failure_outcome import FailureOutcome, RecordedError
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ErrorCode

NOW = 1_795_356_000.0
LAYER = Path(buildium_sync.__file__).parent
NEW = SyncRecord.created_by_client(EntityRef("property", "7"), "c", NOW - 60)
LEASED = NEW.leased("worker", NOW - 1, NOW + 100, intent_at=NOW - 1, create_visible_until=NOW + 400)
ECHO = {"operation": "Updated", "from": NOW, "until": NOW + 1}
FAILED = FailureOutcome(
    Status.FAILED, NOW, 3, 0, RecordedError(ErrorCode.REJECTED, "No."), dead_letter_reason="rejected-422"
)


def succeed(record: SyncRecord, **changes: Any) -> SyncRecord:
    result: dict[str, Any] = {
        "version": record.version,
        "synced_version": record.version,
        "buildium_id": 501,
        "base": {"name": "a"},
        "conflicts": [],
        "echo": ECHO,
        "is_create": False,
        "is_complete": True,
        "now": NOW,
    }
    return record.succeeded(**{**result, **changes})


SYNCED = succeed(LEASED)

TRANSITIONS: dict[str, Callable[[SyncRecord], SyncRecord]] = {
    "edited": lambda record: record.edited(record.version + 1, "d", NOW),
    "reset": lambda record: record.reset_for_retry(NOW),
    "retried": lambda record: record.retry_now(NOW),
    "decided": lambda record: record.review_decided(501, None, NOW),
    "leased": lambda record: record.leased("worker", NOW, NOW + 100),
    "linked": lambda record: record.linked(501),
    "adopted": lambda record: record.adopted(501, {}, None),
    "renewed": lambda record: record.intent_renewed(NOW),
    "conflicts": lambda record: record.with_conflicts([]),
    "succeeded": succeed,
    "failed": lambda record: record.attempt_failed(record, FAILED),
    "echo": lambda record: record.echo_consumed(ECHO),
    "merged": lambda record: record.merged(record.version, {}, [], is_synced=True, now=NOW),
    "deleted": lambda record: record.deleted(record.version, NOW),
    "unlinked": lambda record: record.without_buildium_id(NOW),
    "requeued": lambda record: record.requeued(NOW),
    "matched": lambda record: record.matched(501, NOW),
    "review": lambda record: record.needs_review("Two.", [1, 2], [], NOW),
}


@pytest.mark.parametrize("record", [NEW, LEASED, SYNCED], ids=["new", "leased", "synced"])
@pytest.mark.parametrize("name", TRANSITIONS)
def test_every_transition_increments_the_revision_once(record: SyncRecord, name: str) -> None:
    assert TRANSITIONS[name](record).revision == record.revision + 1


def test_one_place_in_the_layer_increments_the_revision() -> None:
    places = [
        path.relative_to(LAYER).as_posix()
        for path in sorted(LAYER.rglob("*.py"))
        for _ in re.finditer(r"revision\s*(\+ 1|\+=)", path.read_text())
    ]

    assert places == ["domain/sync_record.py"]


@pytest.mark.parametrize("name", ["merged", "deleted", "unlinked"])
def test_writes_from_buildium_revoke_an_expired_lease(name: str) -> None:
    after, unleased = TRANSITIONS[name](LEASED), TRANSITIONS[name](NEW)

    assert (after.lease_until, after.lease_token) == (0, LEASED.lease_token + 1)
    assert unleased.lease_token == NEW.lease_token


def test_a_retry_requested_during_an_attempt_is_kept() -> None:
    attempted = replace(NEW, status=Status.FAILED, attempts=3)
    after = attempted.reset_for_retry(NOW - 1).attempt_failed(attempted, FAILED)

    assert (after.status, after.attempts, after.error_message) == (Status.PENDING, 0, None)
    assert after.due is not None
    assert after.due > format_iso(NOW)


def test_a_version_written_during_an_attempt_is_kept() -> None:
    after = LEASED.edited(2, "d", NOW - 0.5).attempt_failed(LEASED, FAILED)

    assert (after.status, after.lease_until, after.correlation_id) == (Status.PENDING, 0, "d")


def test_a_sync_that_ended_in_the_meantime_stays_synced() -> None:
    after = replace(SYNCED, lease_until=NOW + 100).attempt_failed(LEASED, FAILED)

    assert (after.status, after.error_message, after.lease_until) == (Status.SYNCED, None, 0)


def test_a_create_that_was_not_applied_ends_its_intent() -> None:
    assert LEASED.attempt_failed(LEASED, FAILED, is_create_void=True).intent_at is None
    assert LEASED.attempt_failed(LEASED, FAILED).intent_at == LEASED.intent_at


def test_an_unknown_outcome_extends_the_visibility_of_an_intent() -> None:
    assert LEASED.attempt_failed(LEASED, FAILED, create_visible_until=NOW + 9).create_visible_until == NOW + 9
    assert NEW.attempt_failed(NEW, FAILED, create_visible_until=NOW + 9).create_visible_until == 0


def test_a_record_keeps_the_last_five_expected_echoes() -> None:
    record = NEW
    for second in range(7):
        record = succeed(record, echo={**ECHO, "from": NOW + second})

    assert [echo["from"] - NOW for echo in record.expected_echoes] == [2, 3, 4, 5, 6]


def test_a_record_keeps_the_id_that_its_last_create_made() -> None:
    created = succeed(LEASED, is_create=True)

    assert [each.created_buildium_id for each in (SYNCED, created, succeed(created, buildium_id=502))] == [
        None,
        501,
        501,
    ]
    assert (LEASED.adopted(502, {}, None).created_buildium_id, NEW.linked(502).created_buildium_id) == (502, None)


def sending(record: SyncRecord, version: int, name: str) -> SyncRecord:
    return record.leased("worker", NOW, NOW + 100, sent_update={"version": version, "fields": {"name": name}})


def test_a_record_keeps_the_sent_update_of_each_version() -> None:
    record = sending(sending(sending(SYNCED, 2, "a"), 3, "b"), 3, "b").leased("worker", NOW, NOW + 100)

    assert [update["version"] for update in record.sent_updates] == [2, 3]
    assert succeed(record).sent_updates == []


def test_the_sent_updates_of_a_record_have_a_size_limit() -> None:
    record = sending(sending(sending(SYNCED, 2, "a" * 9000), 3, "b" * 9000), 4, "c" * 9000)

    assert [update["version"] for update in record.sent_updates] == [3, 4]
    assert sending(record, 5, "d" * 90_000).sent_updates == []
