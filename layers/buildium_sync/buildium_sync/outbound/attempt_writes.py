"""What the end of an attempt writes: the next sync record, and the items that change with it. Nothing is read here."""

from buildium_sync.clock import format_iso
from buildium_sync.domain.change_record import change_record
from buildium_sync.domain.conflicts import add_conflicts
from buildium_sync.domain.create_intent import AutoCreatedUnit
from buildium_sync.domain.entity import ChangeSource, EntityRef
from buildium_sync.domain.failure_outcome import FailureOutcome
from buildium_sync.domain.merge import FieldConflict, Side, differs, won_by
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.errors import BlockedByDependency, BuildiumRejected, CreateNotApplied, OutcomeUnknown
from buildium_sync.linking import auto_created
from buildium_sync.outbound.attempt import Attempt, WriteResult
from buildium_sync.outbound.fenced_writer import RecordWrites
from buildium_sync.store.writes import TableWrite, Writes


def success_writes(
    items: Writes, current: SyncRecord, attempt: Attempt, written: WriteResult, now: float
) -> RecordWrites:
    """Return the writes after a write to Buildium at `now` (seconds since the epoch).

    `attempt` has the entity of the `current` record, unless that has newer fields.
    """
    is_newer = current.fields_version != attempt.sync.fields_version
    is_pulled = not is_newer and differs(attempt.entity_type, attempt.entity.fields, written.fields)
    lost = won_by(written.conflicts, Side.REMOTE)
    record = _succeeded(current, attempt, written, now, is_newer=is_newer, is_pulled=is_pulled)
    is_linked = current.buildium_id is None and attempt.entity_type.has_own_id
    writes = [items.put_link(current.ref, written.buildium_id)] if is_linked else []
    if written.operation == "Created":
        writes += _auto_created_writes(items, attempt, written, now)
    if current.intent_at is not None:
        writes.append(items.delete_intent(current.ref))
    if is_pulled:
        writes += _pulled_writes(items, attempt, written, lost, now)
    return record, writes


def _succeeded(
    current: SyncRecord, attempt: Attempt, written: WriteResult, now: float, *, is_newer: bool, is_pulled: bool
) -> SyncRecord:
    version = current.version + is_pulled
    lost = won_by(written.conflicts, Side.REMOTE)
    is_complete = not written.unwritten
    written_version = max(attempt.sync.version if is_newer else version, current.synced_version)
    base = attempt.base_for_newer_version(lost, written.unwritten) if is_newer else written.synced_fields
    return current.succeeded(
        version=version,
        synced_version=written_version if is_complete else current.synced_version,
        buildium_id=written.buildium_id,
        base=base,
        conflicts=add_conflicts(current, attempt.entity_type, () if is_newer else lost, version, format_iso(now)),
        echo=written.expected_echo,
        is_create=written.operation == "Created",
        is_complete=is_complete,
        now=now,
    )


def _auto_created_writes(items: Writes, attempt: Attempt, written: WriteResult, now: float) -> list[TableWrite]:
    ref = attempt.sync.ref
    if not written.auto_created:
        return auto_created.unknown(items, attempt.entity_type, ref, now)
    return [
        items.put_auto_created_unit(ref, each.entity_type, AutoCreatedUnit(each.buildium_id, now))
        for each in written.auto_created
    ]


def _pulled_writes(
    items: Writes, attempt: Attempt, written: WriteResult, lost: tuple[FieldConflict, ...], now: float
) -> list[TableWrite]:
    """Return the writes of the local version that has what Buildium alone had changed."""
    after = attempt.entity.with_remote_fields(written.fields, format_iso(now), ChangeSource.SYNC)
    entry = change_record(attempt.entity_type, attempt.entity, after, [conflict.field for conflict in lost])
    return [items.put_entity(after), *([items.put_history(entry)] if entry else [])]


def failure_writes(
    items: Writes,
    current: SyncRecord,
    attempted: SyncRecord,
    error: Exception,
    failure: FailureOutcome,
    visibility_delay: float,
) -> RecordWrites:
    """Return the writes after a failed attempt. `attempted` is the record with which the attempt began.

    A create whose response was lost may appear in Buildium for `visibility_delay` seconds more.
    """
    is_unknown, is_void = isinstance(error, OutcomeUnknown), isinstance(error, CreateNotApplied)
    record = current.attempt_failed(
        attempted,
        failure,
        is_create_void=is_void,
        is_update_void=isinstance(error, BuildiumRejected),
        create_visible_until=failure.at + visibility_delay if is_unknown else None,
    )
    writes: list[TableWrite] = []
    if is_unknown and current.intent_at is not None:
        writes.append(items.close_intent(current.ref, failure.at))
    if is_void and current.intent_at is not None:
        writes.append(items.delete_intent(current.ref))
    if isinstance(error, BlockedByDependency) and not current.changed_by_client_since(attempted):
        for target in (EntityRef(*on) for on in error.on):
            writes += [items.put_dependent(target, current.ref), items.condition_not_linked(target)]
    return record, writes
