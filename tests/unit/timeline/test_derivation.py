"""Timeline entries are derived from the images of a change alone."""

from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import ChangeSource, Entity, EntityRef, Origin
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.timeline.entries_from_changes import entity_entries, sync_entries

SEVEN = EntityRef("property", "7")
OPERATOR = "operator-1"
NOON = 1_795_348_800.0
WRITTEN_AT = format_iso(NOON + 60)


def at(second: float) -> str:
    return format_iso(NOON + second)


ENTITY = Entity(SEVEN, 1, {"name": "a", "city": "b"}, Origin.API, at(0), at(0), "c", api_key_id="key-1")
WANTED = SyncRecord(SEVEN, 1, Status.PENDING, at(0), at(0), "c", requested_at=at(0), due=at(120))
LEASED = replace(
    WANTED,
    revision=1,
    status=Status.SYNCING,
    updated_at=at(2),
    lease_token=1,
    lease_owner="w",
    lease_from=NOON + 2,
    lease_until=NOON + 107,
)
SYNCED = replace(
    LEASED,
    revision=2,
    status=Status.SYNCED,
    updated_at=at(2.5),
    last_synced_at=at(2.5),
    synced_version=1,
    buildium_id=501,
    lease_until=0,
    due=None,
    expected_echoes=[{"operation": "Created", "from": NOON + 2.1, "until": NOON + 2.4}],
)
FAILED = replace(LEASED, revision=2, status=Status.FAILED, updated_at=at(3), lease_until=0, error_message="No.")
REVIEW = replace(LEASED, revision=2, status=Status.NEEDS_REVIEW, updated_at=at(3), lease_until=0, intent_at=NOON + 2)


def kinds(before: SyncRecord | None, after: SyncRecord) -> list[str]:
    return [entry["kind"] for entry in sync_entries(before, after, WRITTEN_AT)]


def only(before: SyncRecord | None, after: SyncRecord, kind: str) -> dict[str, Any]:
    [entry] = [entry for entry in sync_entries(before, after, WRITTEN_AT) if entry["kind"] == kind]
    return dict(entry)


def edited(**changes: Any) -> Entity:
    return ENTITY._replace(version=2, fields={"name": "x", "city": "b"}, updated_at=at(9), **changes)


class TestChanges:
    def test_a_first_version_entry_has_its_author_without_values(self) -> None:
        assert entity_entries(by_name("property"), None, ENTITY) == {
            "kind": "updated_by_client",
            "at": at(0),
            "version": 1,
            "by": {"origin": "api", "apiKeyId": "key-1", "source": None},
        }

    def test_an_edit_entry_has_old_and_new_values(self) -> None:
        entry = entity_entries(by_name("property"), ENTITY, edited(api_key_id="key-2"))
        assert (entry["kind"], entry["version"], entry["by"]["apiKeyId"]) == ("updated_by_client", 2, "key-2")
        assert entry["changes"] == {"name": {"old": "a", "new": "x"}}

    @pytest.mark.parametrize("via", list(ChangeSource))
    def test_a_buildium_change_entry_has_its_source(self, via: ChangeSource) -> None:
        entry = entity_entries(
            by_name("property"), ENTITY, ENTITY.with_remote_fields({"name": "x", "city": "b"}, at(9), via)
        )
        assert (entry["kind"], entry["by"]) == (
            "updated_from_buildium",
            {"origin": "buildium", "apiKeyId": None, "source": via.value},
        )
        assert entry["changes"] == {"name": {"old": "a", "new": "x"}}

    def test_an_entity_from_buildium_has_a_creation_entry(self) -> None:
        taken = ENTITY._replace(origin=Origin.BUILDIUM, api_key_id=None, via=ChangeSource.IMPORT)
        entry = entity_entries(by_name("property"), None, taken)
        assert (entry["kind"], entry["by"]["source"]) == ("created_from_buildium", "import")

    def test_a_deletion_in_buildium_has_a_deletion_entry(self) -> None:
        deleted = ENTITY.with_remote_fields(ENTITY.fields, at(9), ChangeSource.WEBHOOK)._replace(deleted_at=at(9))
        entry = entity_entries(by_name("property"), ENTITY, deleted)
        assert (entry["kind"], entry["changes"]) == ("deleted_in_buildium", {"deletedAt": {"old": None, "new": at(9)}})

    def test_the_values_of_secret_fields_are_omitted(self) -> None:
        account = ENTITY._replace(ref=EntityRef("bank-account", "7"), fields={"accountNumber": "123456789"})
        after = account._replace(version=2, fields={"accountNumber": "987654321"})
        assert entity_entries(by_name("bank-account"), account, after)["changes"] == {"accountNumber": "changed"}

    def test_oversized_values_are_omitted(self) -> None:
        before = ENTITY._replace(fields={f"f{n}": "o" * 1500 for n in range(9)})
        after = before._replace(version=2, fields={f"f{n}": "n" * 1500 for n in range(9)})
        changes = entity_entries(by_name("property"), before, after)["changes"]
        assert set(changes) == set(before.fields)
        assert [name for name, change in changes.items() if change == "omitted"] == [f"f{n}" for n in range(2, 9)]


class TestAttempts:
    def test_a_new_sync_record_adds_no_entry(self) -> None:
        assert sync_entries(None, WANTED, WRITTEN_AT) == []

    def test_an_entity_created_from_buildium_is_in_sync(self) -> None:
        taken = replace(SYNCED, revision=0, lease_from=0, lease_token=0, expected_echoes=[])
        assert sync_entries(None, taken, WRITTEN_AT) == [
            {"kind": "in_sync", "at": at(2.5), "version": 1, "durationMs": None}
        ]

    def test_the_first_lease_adds_a_picked_up_entry(self) -> None:
        assert sync_entries(WANTED, LEASED, WRITTEN_AT) == [
            {"kind": "picked_up", "at": at(2), "version": 1, "durationMs": 2000},
            {"kind": "attempt_started", "at": at(2), "version": 1},
        ]

    def test_a_version_is_picked_up_once(self) -> None:
        again = replace(WANTED, revision=2, attempts=1, not_before=NOON + 5, updated_at=at(3), lease_token=1)
        assert kinds(again, replace(LEASED, revision=3, lease_token=2)) == ["attempt_started"]

    def test_a_successful_attempt_entry_has_duration_and_in_sync(self) -> None:
        assert sync_entries(LEASED, SYNCED, WRITTEN_AT) == [
            {
                "kind": "attempt_finished",
                "at": at(2.5),
                "version": 1,
                "outcome": "synced",
                "errorCode": None,
                "error": None,
                "retryAt": None,
                "buildiumId": 501,
                "durationMs": 500,
            },
            {"kind": "in_sync", "at": at(2.5), "version": 1, "durationMs": 2500},
        ]

    def test_a_success_before_a_newer_version_is_not_in_sync(self) -> None:
        newer = replace(LEASED, revision=2, version=2, status=Status.PENDING, requested_at=at(2.2), updated_at=at(2.2))
        ended = replace(newer, revision=3, synced_version=1, lease_until=0, updated_at=at(2.5), buildium_id=501)
        entry = only(newer, ended, "attempt_finished")
        assert kinds(newer, ended) == ["attempt_finished"]
        assert (entry["outcome"], entry["version"], entry["durationMs"]) == ("synced", 1, 500)

    def test_a_rejected_attempt_entry_has_the_reason(self) -> None:
        entry = only(LEASED, FAILED, "attempt_finished")
        assert (entry["outcome"], entry["error"], entry["durationMs"]) == ("failed", "No.", 1000)

    def test_a_deferred_attempt_entry_has_the_retry_time(self) -> None:
        deferred = replace(FAILED, status=Status.PENDING, deferrals=1, not_before=NOON + 8)
        entry = only(LEASED, deferred, "attempt_finished")
        assert (entry["outcome"], entry["retryAt"]) == ("pending", at(8))

    def test_a_sync_blocked_before_sending_is_picked_up(self) -> None:
        blocked = replace(
            WANTED, revision=1, status=Status.BLOCKED, updated_at=at(1), error_message="owner 3 is not there"
        )
        entry = only(WANTED, blocked, "attempt_finished")
        assert kinds(WANTED, blocked) == ["picked_up", "attempt_finished"]
        assert (entry["outcome"], entry["error"], entry["durationMs"]) == ("blocked", "owner 3 is not there", None)

    def test_a_recheck_that_remains_blocked_adds_no_entry(self) -> None:
        blocked = replace(
            WANTED, revision=1, status=Status.BLOCKED, updated_at=at(1), error_message="owner 3 is not there"
        )
        again = replace(blocked, revision=2, updated_at=at(601), due=at(1201))
        assert sync_entries(blocked, again, WRITTEN_AT) == []
        assert kinds(blocked, replace(again, error_message="lease 4 is not there")) == ["attempt_finished"]

    def test_an_expired_lease_is_recorded_with_the_next_attempt(self) -> None:
        second = replace(LEASED, revision=3, lease_token=2, lease_from=NOON + 300, lease_until=NOON + 400)
        lost, started = sync_entries(LEASED, second, WRITTEN_AT)
        assert (lost["kind"], lost["outcome"], lost["at"], lost["durationMs"]) == (
            "attempt_finished",
            "lease_expired",
            at(107),
            105_000,
        )
        assert started["kind"] == "attempt_started"

    def test_an_outcome_after_an_expired_lease_has_no_duration(self) -> None:
        late = replace(FAILED, updated_at=at(300), status=Status.BLOCKED)
        lost, ended = sync_entries(LEASED, late, WRITTEN_AT)
        assert (lost["outcome"], ended["outcome"], ended["durationMs"]) == ("lease_expired", "blocked", None)


class TestEchoes:
    def test_an_echo_entry_has_the_time_of_its_arrival(self) -> None:
        struck = replace(SYNCED, revision=3, expected_echoes=[])
        assert sync_entries(SYNCED, struck, WRITTEN_AT) == [
            {"kind": "echo_received", "at": WRITTEN_AT, "version": 1, "operation": "Created"}
        ]

    def test_an_echo_entry_never_precedes_its_write(self) -> None:
        struck = replace(SYNCED, revision=3, expected_echoes=[])
        [entry] = sync_entries(SYNCED, struck, written_at=at(2))
        assert entry["at"] == at(2.5)

    def test_a_discarded_expected_echo_adds_no_echo_entry(self) -> None:
        full = replace(
            LEASED, expected_echoes=[{"operation": "Updated", "from": NOON - n, "until": NOON - n} for n in range(5)]
        )
        ended = replace(SYNCED, expected_echoes=[*full.expected_echoes[1:], *SYNCED.expected_echoes])
        assert kinds(full, ended) == ["attempt_finished", "in_sync"]

    def test_an_applied_buildium_change_is_in_sync(self) -> None:
        pulled = replace(SYNCED, revision=3, version=2, synced_version=2, updated_at=at(90), last_synced_at=at(90))
        assert sync_entries(SYNCED, pulled, WRITTEN_AT) == [
            {"kind": "in_sync", "at": at(90), "version": 2, "durationMs": None}
        ]

    def test_a_change_of_the_external_id_adds_no_entry(self) -> None:
        for record in (WANTED, LEASED, SYNCED, FAILED, REVIEW):
            assert kinds(record, record.with_external_id_changed(2)) == []


class TestManualRetries:
    def test_a_manual_retry_adds_an_entry(self) -> None:
        again = replace(
            FAILED, revision=3, status=Status.PENDING, requested_at=at(50), updated_at=at(50), error_message=None
        )
        assert kinds(FAILED, again) == ["retried"]
        assert kinds(again, replace(LEASED, revision=4, lease_token=2, lease_from=NOON + 51)) == [
            "picked_up",
            "attempt_started",
        ]

    def test_a_manual_retry_of_a_deferred_sync_adds_an_entry(self) -> None:
        deferred = replace(FAILED, status=Status.PENDING, deferrals=1, not_before=NOON + 900)
        again = replace(deferred, revision=3, updated_at=at(50), not_before=0)
        assert kinds(deferred, again) == ["retried"]
        assert kinds(again, replace(LEASED, revision=4, lease_token=2, lease_from=NOON + 51)) == ["attempt_started"]

    @pytest.mark.parametrize("by", ["key-1", None])
    def test_the_entry_of_a_retry_names_its_client(self, by: str | None) -> None:
        deferred = replace(FAILED, status=Status.PENDING, deferrals=1, not_before=NOON + 900)
        for before, after in (
            (FAILED, FAILED.reset_for_retry(NOON + 50, by)),
            (deferred, deferred.retry_now(NOON + 50, by)),
        ):
            [entry] = sync_entries(before, after, WRITTEN_AT)
            assert entry["by"] == {"origin": "api", "apiKeyId": by, "source": None}

    def test_an_edit_of_a_deferred_entity_is_no_retry(self) -> None:
        deferred = replace(FAILED, status=Status.PENDING, deferrals=1, not_before=NOON + 900)
        assert kinds(deferred, replace(deferred, revision=3, version=2, not_before=0)) == []

    def test_a_clients_edit_of_a_failed_entity_is_no_retry(self) -> None:
        edit = replace(FAILED, revision=3, version=2, status=Status.PENDING, requested_at=at(50), updated_at=at(50))
        assert sync_entries(FAILED, edit, WRITTEN_AT) == []


class TestReviewsAndImports:
    @pytest.mark.parametrize("chosen", [501, None])
    def test_a_review_decision_adds_an_entry(self, chosen: int | None) -> None:
        decided = replace(
            REVIEW,
            revision=3,
            status=Status.PENDING,
            buildium_id=chosen,
            intent_at=None,
            requested_at=at(50),
            updated_at=at(50),
        )
        assert sync_entries(REVIEW, decided, WRITTEN_AT) == [
            {
                "kind": "review_resolved",
                "at": at(50),
                "version": 1,
                "buildiumId": chosen,
                "by": {"origin": "api", "apiKeyId": None, "source": None},
            }
        ]

    def test_an_undone_decision_adds_an_entry_with_its_author(self) -> None:
        linked = replace(REVIEW, status=Status.SYNCED, buildium_id=501, intent_at=None, decided_at=at(40))
        undone = linked.review_undone("undone", [501, 502], [], OPERATOR, NOON + 50)
        assert sync_entries(linked, undone, WRITTEN_AT) == [
            {
                "kind": "review_undone",
                "at": at(50),
                "version": 1,
                "buildiumId": 501,
                "by": {"origin": "api", "apiKeyId": OPERATOR, "source": None},
            }
        ]

    def test_an_import_match_adds_a_linked_entry(self) -> None:
        linked = replace(
            FAILED, revision=3, status=Status.PENDING, buildium_id=501, requested_at=at(50), updated_at=at(50)
        )
        assert kinds(FAILED, linked) == ["linked"]

    def test_an_ambiguous_import_match_adds_a_review_entry(self) -> None:
        doubtful = replace(
            WANTED,
            revision=1,
            status=Status.NEEDS_REVIEW,
            updated_at=at(1),
            intent_at=NOON + 1,
            error_message="one of two",
            candidates=[1, 2],
        )
        assert only(WANTED, doubtful, "review_requested")["error"] == "one of two"
        assert "attempt_finished" not in kinds(WANTED, doubtful)

    def test_an_adopted_lost_create_adds_a_linked_entry(self) -> None:
        adopted = replace(LEASED, revision=2, buildium_id=501, intent_at=None)
        assert only(LEASED, adopted, "linked") == {"kind": "linked", "at": WRITTEN_AT, "version": 1, "buildiumId": 501}


class TestConflicts:
    def test_a_conflict_entry_has_the_values_of_both_sides(self) -> None:
        note = {"field": "name", "local": "a", "remote": "b", "winner": "local", "version": 1, "at": at(2.3)}
        noted = replace(LEASED, revision=2, conflicts=[note])
        assert sync_entries(LEASED, noted, WRITTEN_AT) == [
            {"kind": "conflict", "at": at(2.3), "version": 1, "conflicts": [note]}
        ]


class TestDeletions:
    def test_a_deletion_by_webhook_ends_no_attempt(self) -> None:
        assert kinds(SYNCED, SYNCED.deleted(2, NOON + 9)) == []

    def test_an_attempt_that_finds_a_deletion_ends_deleted(self) -> None:
        leased = replace(
            SYNCED, revision=3, version=2, status=Status.SYNCING, lease_from=NOON + 5, lease_until=NOON + 110
        )
        entry = only(leased, replace(leased, lease_until=0).deleted(3, NOON + 9), "attempt_finished")
        assert (entry["outcome"], entry["version"]) == ("deleted", 3)


class TestInternalChanges:
    @pytest.mark.parametrize("change", [{"due": at(900)}, {"base": {"name": "a"}}, {"updated_at": at(80)}])
    def test_internal_record_changes_add_no_entry(self, change: dict[str, Any]) -> None:
        assert sync_entries(WANTED, replace(WANTED, revision=1, **change), WRITTEN_AT) == []
