"""The sync record: what Buildium has of an entity, and the status of its sync."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from buildium_sync.clock import format_iso
from buildium_sync.domain.delivery import DELIVERY_GRACE_SECONDS, MAX_SQS_DELAY_SECONDS
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.failure_outcome import FailureOutcome, error_attributes
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ErrorCode

_MAX_PENDING_ECHOES = 5
"""Expected echoes that a record keeps. The content of an event identifies an older one."""
_MAX_SENT_UPDATES_BYTES = 24_576
"""Bytes of the sent updates as JSON. DynamoDB: an item has 400 KB, of which the base may have 320."""


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """What Buildium has of an entity, and the status of its sync. Each transition returns the next record.

    `revision` counts the writes of the record: each write has a condition on the revision before it. `version` is the
    entity's version, `synced_version` the version that Buildium has. `external_id_changes` counts the versions that
    changed only the external id. `requested_at` is the time at which the sync of the current version was requested.
    `base` holds the field values on which both sides last agreed. `attempts` counts failures of the entity itself,
    `deferrals` counts other failures. `lease_owner` identifies one lease, and `lease_from` is its begin. A message
    before `not_before` is ignored. `create_visible_until` is the time after which the create of the open intent can no
    longer appear in Buildium. `expected_echoes` are writes whose webhook event has not come yet: `{"operation", "from",
    "until"}`. `sent_updates` are updates whose outcome is unknown, oldest first: `{"version", "fields"}` with the
    fields that differed from the base, one of each version. `candidates` are the Buildium ids that a review offers, and
    `candidate_details` describes the first of them (see `review_candidates.candidate_details`). `conflicts` are the
    latest fields that both sides had changed, newest first (see `conflicts.add_conflicts`). `decided_at` is the time of
    the last decision of a review, and `decided_by` the id of the API key that made it, or undid it. `retried_by` is the
    id of the API key that retried the current version. `created_buildium_id` is the Buildium id that the last create of
    this stack made. Times are in seconds since the epoch (`lease_from`, `lease_until`, `not_before`, `intent_at`,
    `create_visible_until`, echoes) or ISO 8601. The argument `now` of a transition is in seconds since the epoch.
    """

    ref: EntityRef
    version: int
    status: Status
    created_at: str
    updated_at: str
    correlation_id: str
    requested_at: str
    revision: int = 0
    synced_version: int = 0
    buildium_id: int | None = None
    last_synced_at: str | None = None
    error_code: ErrorCode | None = None
    error_message: str | None = None
    errors: list[dict[str, str]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)
    candidate_details: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    deferrals: int = 0
    lease_token: int = 0
    lease_from: float = 0
    lease_until: float = 0
    lease_owner: str | None = None
    not_before: float = 0
    intent_at: float | None = None
    create_visible_until: float = 0
    base: dict[str, Any] | None = None
    expected_echoes: list[dict[str, Any]] = field(default_factory=list)
    sent_updates: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    due: str | None = None
    external_id_changes: int = 0
    decided_at: str | None = None
    decided_by: str | None = None
    retried_by: str | None = None
    created_buildium_id: int | None = None

    @property
    def was_agreed(self) -> bool:
        """Whether both sides have ever been the same: an entity that was only linked has no base."""
        return self.base is not None

    @property
    def is_synced(self) -> bool:
        """Whether Buildium has the entity's current version."""
        return self.synced_version >= self.version

    @property
    def may_be_in_buildium(self) -> bool:
        """Whether Buildium has the entity, or may have it from a create without a response."""
        return self.buildium_id is not None or self.intent_at is not None

    @property
    def fields_version(self) -> int:
        """The number of versions with other fields. It is the same after a change of the external id only."""
        return self.version - self.external_id_changes

    def changed_by_client_since(self, earlier: "SyncRecord") -> bool:
        """Return whether a sync of new fields or a retry was requested after an earlier revision of the record."""
        return (self.fields_version, self.requested_at) != (earlier.fields_version, earlier.requested_at)

    def to_response(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "entityType": self.ref.entity_type,
            "entityId": self.ref.entity_id,
            "buildiumId": self.buildium_id,
            "lastSyncedAt": self.last_synced_at,
            "syncStatus": self.status.value,
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
            "errors": self.errors,
            "candidates": self.candidates,
            "candidateDetails": self.candidate_details,
            "conflicts": self.conflicts,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    @classmethod
    def created_by_client(cls, ref: EntityRef, correlation_id: str, now: float) -> Self:
        """Return the first record of an entity that a client created. Its sync is pending."""
        at, due = format_iso(now), format_iso(now + DELIVERY_GRACE_SECONDS)
        return cls(ref, 1, Status.PENDING, at, at, correlation_id, requested_at=at, due=due)

    @classmethod
    def created_from_buildium(
        cls, ref: EntityRef, buildium_id: int, fields: dict[str, Any], correlation_id: str, now: float
    ) -> Self:
        """Return the first record of an entity that was created locally from a Buildium entity. It is synced."""
        at = format_iso(now)
        record = cls(ref, 1, Status.SYNCED, at, at, correlation_id, requested_at=at, buildium_id=buildium_id)
        return replace(record, synced_version=1, last_synced_at=at, base=fields)

    # What clients and operators request

    def edited(self, version: int, correlation_id: str, now: float) -> Self:
        """Return the record after a client's new version."""
        return self._next(**_requested(now), version=version, correlation_id=correlation_id)

    def with_external_id_changed(self, version: int) -> Self:
        """Return the record after a version that changed only the external id. It requests no sync."""
        return self._next(
            version=version,
            synced_version=version if self.is_synced else self.synced_version,
            external_id_changes=self.external_id_changes + 1,
        )

    def reset_for_retry(self, now: float, by: str | None = None) -> Self:
        """Return the record with no failures, so that the same version is attempted. A lease and an intent stay."""
        return self._next(**{**_requested(now), "retried_by": by})

    def retry_now(self, now: float, by: str | None = None) -> Self:
        """Return the record of a deferred sync without its wait. The counts stay."""
        due = format_iso(now + DELIVERY_GRACE_SECONDS)
        return self._next(updated_at=format_iso(now), due=due, not_before=0, retried_by=by)

    def review_decided(
        self,
        buildium_id: int | None,
        base: dict[str, Any] | None,
        now: float,
        by: str | None = None,
        *,
        is_own_create: bool = False,
    ) -> Self:
        """Return the record after a person's choice: a linked entity, or None to create the entity in Buildium.

        With `is_own_create`, the chosen one is what the lost create of this entity made.
        """
        decided = {"buildium_id": buildium_id, "base": base, "intent_at": None, "create_visible_until": 0.0}
        if is_own_create:
            decided["created_buildium_id"] = buildium_id
        return self._next(**_requested(now), **decided, decided_at=format_iso(now), decided_by=by)

    def review_undone(
        self, message: str, candidates: Iterable[int], details: Iterable[dict[str, Any]], by: str | None, now: float
    ) -> Self:
        """Return the record of an entity whose decision was undone: it is unlinked, and was never synced."""
        return self._next(
            **self._lease_expired(),
            **{**_no_failure(), **_in_review(message, candidates, details, now)},
            buildium_id=None,
            base=None,
            synced_version=0,
            last_synced_at=None,
            sent_updates=[],
            decided_at=None,
            decided_by=by,
        )

    # What the outbound sync does

    def leased(
        self,
        owner: str,
        now: float,
        until: float,
        *,
        intent_at: float | None = None,
        create_visible_until: float = 0,
        sent_update: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the record with a new lease, and the new intent or the update that will be sent, if there is one."""
        intent = {} if intent_at is None else {"intent_at": intent_at, "create_visible_until": create_visible_until}
        return self._next(
            status=Status.SYNCING,
            lease_token=self.lease_token + 1,
            lease_from=now,
            lease_until=until,
            lease_owner=owner,
            due=format_iso(until),
            updated_at=format_iso(now),
            sent_updates=self._with_sent_update(sent_update),
            **intent,
        )

    def linked(self, buildium_id: int) -> Self:
        """Return the record linked to a Buildium entity. Both sides have agreed on nothing yet."""
        return self._next(buildium_id=buildium_id)

    def adopted(self, buildium_id: int, base: dict[str, Any], sent_update: Mapping[str, Any] | None) -> Self:
        """Return the record linked to what its lost create made. Both sides agreed on what the create sent.

        `sent_update` is the update that will be sent, if the entity has changed since.
        """
        sent = self._with_sent_update(sent_update)
        ids = {"buildium_id": buildium_id, "created_buildium_id": buildium_id}
        return self._next(**ids, intent_at=None, base=base, sent_updates=sent)

    def intent_renewed(self, create_visible_until: float) -> Self:
        """Return the record of an entity whose create is sent again."""
        return self._next(create_visible_until=create_visible_until)

    def with_conflicts(self, conflicts: list[dict[str, Any]]) -> Self:
        """Return the record with these conflicts."""
        return self._next(conflicts=conflicts)

    def succeeded(
        self,
        *,
        version: int,
        synced_version: int,
        buildium_id: int,
        base: dict[str, Any],
        conflicts: list[dict[str, Any]],
        echo: Mapping[str, Any] | None,
        is_create: bool,
        is_complete: bool,
        now: float,
    ) -> Self:
        """Return the record after a write to Buildium. The sync is pending again while Buildium has not `version`.

        `is_create` says that the write created the Buildium entity. `echo` is the write whose webhook event is
        expected. `is_complete` says that no field needs another write.
        """
        at, is_synced = format_iso(now), synced_version >= version
        return self._next(
            **_no_failure(),
            version=version,
            synced_version=synced_version,
            status=Status.SYNCED if is_synced else Status.PENDING,
            due=None if is_synced else format_iso(now + DELIVERY_GRACE_SECONDS),
            buildium_id=buildium_id,
            created_buildium_id=buildium_id if is_create else self.created_buildium_id,
            base=base,
            last_synced_at=at if is_complete else self.last_synced_at,
            updated_at=at,
            lease_until=0,
            intent_at=None,
            expected_echoes=[*self.expected_echoes, *([echo] if echo else [])][-_MAX_PENDING_ECHOES:],
            sent_updates=[],
            conflicts=conflicts,
        )

    def attempt_failed(
        self,
        attempted: "SyncRecord",
        failure: FailureOutcome,
        *,
        is_create_void: bool = False,
        is_update_void: bool = False,
        create_visible_until: float | None = None,
    ) -> Self:
        """Return the record after a failed attempt that began with the record `attempted`.

        The outcome does not count if Buildium has the version by now, or if a client requested another sync.
        `is_create_void` says that the create of the open intent was not applied, `is_update_void` the same of the
        attempt's update.
        """
        changes: dict[str, Any] = {"lease_until": 0}
        if is_update_void:
            changes["sent_updates"] = self._other_sent_updates(attempted.version)
        if not self.is_synced:
            due = format_iso(failure.at + DELIVERY_GRACE_SECONDS)
            superseded = {"status": Status.PENDING, "due": due}
            changes |= superseded if self.changed_by_client_since(attempted) else failure.changes()
        if self.intent_at is not None and is_create_void:
            changes["intent_at"] = None
        if self.intent_at is not None and create_visible_until is not None:
            changes["create_visible_until"] = create_visible_until
        return self._next(**changes)

    def without_lease(self) -> Self:
        """Return this revision without its lease: the worker that holds it writes its own end of it."""
        return replace(self, lease_until=0)

    # What comes from Buildium

    def echo_consumed(self, echo: Mapping[str, Any]) -> Self:
        """Return the record without an expected echo, whose webhook event has come."""
        return self._next(expected_echoes=[other for other in self.expected_echoes if other is not echo])

    def merged(
        self,
        version: int,
        base: dict[str, Any] | None,
        conflicts: list[dict[str, Any]],
        *,
        is_synced: bool,
        now: float,
    ) -> Self:
        """Return the record after a merge of Buildium's values. `is_synced` says that both sides are the same."""
        agreed = _synced(version, now) if is_synced else {"updated_at": format_iso(now)}
        return self._next(**self._lease_expired(), **agreed, version=version, base=base, conflicts=conflicts)

    def deleted(self, version: int, now: float, *, was_requested: bool = False) -> Self:
        """Return the record of a soft-deleted entity. `version` is the entity's version with the deletion time.

        It is an error, unless a client requested the deletion.
        """
        error = error_attributes(ErrorCode.DELETED, f"Entity was deleted in Buildium at {format_iso(now)}.")
        changes = {
            **_synced(version, now),
            "status": Status.DELETED,
            "last_synced_at": self.last_synced_at,
            "intent_at": None,
            **({} if was_requested else error),
        }
        return self._next(**self._lease_expired(), **changes, version=version)

    def erased(self, version: int, now: float) -> Self:
        """Return the record of an entity whose personal data is erased. Its ids stay, and its sync has ended."""
        ended = self.deleted(version, now, was_requested=True)
        return replace(ended, base={}, candidate_details=[], conflicts=[], sent_updates=[])

    def without_candidate(self, buildium_id: int) -> Self:
        """Return the record of a review without the description of one candidate. Its id stays."""
        details = [each for each in self.candidate_details if each["buildiumId"] != buildium_id]
        return self._next(candidate_details=details)

    def restored(self, version: int, base: dict[str, Any], now: float) -> Self:
        """Return the record of a soft-deleted entity that Buildium still has. Both sides have the values of `base`."""
        return self._next(**self._lease_expired(), **_synced(version, now), version=version, base=base)

    def without_buildium_id(self, now: float) -> Self:
        """Return the record of an entity that Buildium must create: its link was never synced, and its target is gone.

        The counts stay.
        """
        pending = {"status": Status.PENDING, "buildium_id": None, "due": format_iso(now), "not_before": 0}
        return self._next(**self._lease_expired(), **error_attributes(None, None), **pending)

    # What the reconcile function does

    def requeued(self, now: float) -> Self:
        """Return the record of a stuck sync whose message was sent again: it is due when that must have come."""
        return self._next(due=format_iso(now + MAX_SQS_DELAY_SECONDS))

    def matched(self, buildium_id: int, now: float) -> Self:
        """Return the record linked to the one Buildium entity that matches. The sync merges the two."""
        return self._next(**_requested(now), buildium_id=buildium_id)

    def needs_review(
        self, message: str, candidates: Iterable[int], details: Iterable[dict[str, Any]], now: float
    ) -> Self:
        """Return the record of an entity that several Buildium entities match. Its intent keeps the candidates."""
        return self._next(**_in_review(message, candidates, details, now))

    def _with_sent_update(self, update: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """Return the sent updates with a new one, which replaces an earlier one of its version. The newest are kept."""
        if update is None:
            return self.sent_updates
        updates = [*self._other_sent_updates(update["version"]), dict(update)]
        while len(json.dumps(updates)) > _MAX_SENT_UPDATES_BYTES:
            updates = updates[1:]
        return updates

    def _other_sent_updates(self, version: int) -> list[dict[str, Any]]:
        return [update for update in self.sent_updates if update["version"] != version]

    def _lease_expired(self) -> dict[str, Any]:
        """Return the changes that end an expired lease. Its worker, if it still runs, can write nothing more."""
        return {"lease_until": 0, "lease_token": self.lease_token + 1} if self.lease_until else {}

    def _next(self, **changes: Any) -> Self:
        """Return the next revision of the record: the only place that increments it."""
        return replace(self, revision=self.revision + 1, **changes)


def _no_failure() -> dict[str, Any]:
    return {
        **error_attributes(None, None),
        "candidates": [],
        "candidate_details": [],
        "attempts": 0,
        "deferrals": 0,
        "not_before": 0,
    }


def _requested(now: float) -> dict[str, Any]:
    at, due = format_iso(now), format_iso(now + DELIVERY_GRACE_SECONDS)
    pending = {"status": Status.PENDING, "requested_at": at, "updated_at": at, "due": due, "retried_by": None}
    return {**_no_failure(), **pending}


def _in_review(
    message: str, candidates: Iterable[int], details: Iterable[dict[str, Any]], now: float
) -> dict[str, Any]:
    return {
        "status": Status.NEEDS_REVIEW,
        "due": None,
        "updated_at": format_iso(now),
        **error_attributes(ErrorCode.NEEDS_REVIEW, message),
        "candidates": list(candidates),
        "candidate_details": list(details),
        "intent_at": now,
        "create_visible_until": 0,
    }


def _synced(version: int, now: float) -> dict[str, Any]:
    at = format_iso(now)
    synced = {"synced_version": version, "status": Status.SYNCED, "due": None, "updated_at": at, "last_synced_at": at}
    return {**_no_failure(), **synced, "sent_updates": []}
