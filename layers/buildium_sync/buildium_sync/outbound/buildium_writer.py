"""Writes one entity to Buildium: a create, or read, merge and update.

The caller holds the entity's lease and has stored the intent of a create.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.clock import Clock
from buildium_sync.domain.conflicts import ConflictPolicy
from buildium_sync.domain.entity_status import read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import differs
from buildium_sync.domain.reference_contract import Links
from buildium_sync.errors import (
    BuildiumError,
    BuildiumNotFound,
    BuildiumRejected,
    CreateNotApplied,
    OutcomeUnknown,
    RetryLater,
    SyncBlocked,
    WrongBaseUrl,
)
from buildium_sync.linking.id_links import aligned, aligned_base, resolve_links, unlinked_references
from buildium_sync.outbound.account_defaults import AccountDefaults
from buildium_sync.outbound.attempt import Attempt, UpdatePlan, WriteResult
from buildium_sync.outbound.write_steps import STATUS_FIELD, next_step, unwritten_after_create
from buildium_sync.store.entities import EntityStore


class BuildiumWriter:
    """Writes entities of any type to one Buildium account."""

    def __init__(
        self,
        client: BuildiumClient,
        store: EntityStore,
        account: AccountDefaults,
        conflict_policy: ConflictPolicy,
        clock: Clock,
    ) -> None:
        self._client = client
        self._store = store
        self._account = account
        self._conflict_policy = conflict_policy
        self._clock = clock

    def create(self, attempt: Attempt) -> WriteResult:
        """Create the entity.

        Raises CreateNotApplied if Buildium certainly created nothing, and OutcomeUnknown if it may have.
        """
        began = self._clock()
        try:
            response = self._client.post(attempt.entity_type.create_path(attempt.parent_id), attempt.payload or {})
        except OutcomeUnknown:
            raise
        except (BuildiumError, RetryLater) as error:
            raise CreateNotApplied(self._reason(attempt, error)) from error
        content = _created(attempt.entity_type, response.content)
        fields, along = attempt.entity.fields, attempt.entity_type.auto_created_entities(response.headers)
        unwritten = unwritten_after_create(attempt.entity_type, fields)
        written = WriteResult(
            _id_of(content), fields, "Created", began, self._clock(), auto_created=along, unwritten=unwritten
        )
        return self._merge_response(attempt.entity_type, written, content, attempt.links)

    def _reason(self, attempt: Attempt, error: BuildiumError | RetryLater) -> Exception:
        """Return why a create was not applied: an account default that no longer exists is read again for a retry."""
        if not isinstance(error, BuildiumRejected):
            return error
        try:
            has_changed = self._account.refresh(attempt.entity_type, attempt.entity.fields)
        except BuildiumError as away:
            return away
        return RetryLater("An account default has changed", retry_after=1) if has_changed else error

    def read(self, attempt: Attempt) -> Payload:
        """Return the attempt's entity as Buildium has it now. Raises BuildiumNotFound."""
        path = attempt.entity_type.read_path(attempt.sync.buildium_id or 0, attempt.parent_id)
        return attempt.entity_type.identified(self._client.read(path))

    def delete(self, attempt: Attempt) -> None:
        """Delete the attempt's entity. Raises BuildiumNotFound if Buildium does not have it."""
        self._client.delete(attempt.entity_type.read_path(attempt.sync.buildium_id or 0, attempt.parent_id))

    def is_gone(self, attempt: Attempt) -> bool:
        """Return whether the entity no longer exists: its read gives 404, and the list of its type exists.

        Raises WrongBaseUrl if the list gives 404 too.
        """
        try:
            self.read(attempt)
        except BuildiumNotFound:
            return self._has_list(attempt.entity_type)
        return False

    def _has_list(self, entity_type: EntityType) -> bool:
        path, query = entity_type.base_list(datetime.fromtimestamp(self._clock(), UTC).date())
        try:
            self._client.get(path, {**query, "orderby": "Id", "limit": "1"})
        except BuildiumNotFound as error:
            raise WrongBaseUrl(f"BUILDIUM_BASE_URL has no list of {entity_type.collection}: {error}") from error
        return True

    def plan(self, attempt: Attempt, current: Payload) -> UpdatePlan:
        """Return the next write that turns `current`, as read from Buildium, into the merged entity.

        Values that only Buildium has changed are kept. Raises SyncBlocked if the entity cannot be written.
        """
        entity_type = attempt.entity_type
        links = resolve_links(self._store, entity_type, attempt.entity.fields, current)
        remote = entity_type.from_buildium(current, links)
        local = aligned(entity_type, attempt.entity.fields, remote, links)
        base = aligned_base(entity_type, attempt.sync, remote, links)
        merged = self._conflict_policy.merge(entity_type, base=base, local=local, remote=remote)
        step = next_step(entity_type, {**(base or {}), **merged.remote}, merged.fields)
        conflicts = tuple(each for each in merged.conflicts if each.field not in step.later)
        unwritten = {name: (merged.remote if base is None else base).get(name) for name in step.later}
        update = UpdatePlan(int(current["Id"]), merged.fields, conflicts, links, unwritten=unwritten)
        if step.sets_status:
            return replace(update, status=merged.fields[STATUS_FIELD])
        payload = self._update_payload(entity_type, merged.fields, current, links) if step.fields else None
        return replace(update, payload=payload)

    def update(self, attempt: Attempt, update: UpdatePlan) -> WriteResult:
        """Send an update, unless Buildium has all of it already."""
        entity_type, began = attempt.entity_type, self._clock()
        written = WriteResult(
            update.buildium_id, update.fields, "Updated", began, conflicts=update.conflicts, unwritten=update.unwritten
        )
        if update.status is not None:
            self._set_status(attempt, update.buildium_id, update.status)
            return replace(written, finished_at=self._clock())
        if update.payload is None:
            return replace(written, operation="", started_at=None)
        response = self._client.put(entity_type.update_path(update.buildium_id, attempt.parent_id), update.payload)
        finished = replace(written, finished_at=self._clock())
        return self._merge_response(entity_type, finished, response.content, update.links)

    def _set_status(self, attempt: Attempt, buildium_id: int, status: str) -> None:
        """Set the status in Buildium. Raises BuildiumRejected unless the entity has it already.

        An earlier request with a lost response may have been applied since the entity was read.
        """
        entity_type, parent = attempt.entity_type, attempt.parent_id
        try:
            self._client.post(entity_type.status_path(buildium_id, status, parent))
        except BuildiumRejected:
            if read_status(self._client.read(entity_type.read_path(buildium_id, parent))) != status:
                raise

    def _merge_response(self, entity_type: EntityType, written: WriteResult, content: Any, links: Links) -> WriteResult:
        """Return the result completed by Buildium's response, whose references `links` may lack."""
        if unlinked_references(entity_type, content, links):
            links = resolve_links(self._store, entity_type, written.fields, content)
        return _merge_response(entity_type, written, content, links)

    def with_defaults(self, entity_type: EntityType, fields: Fields) -> Fields:
        """Return the fields of a create with the account's defaults. Raises SyncBlocked."""
        return self._account.apply(entity_type, fields)

    def _update_payload(self, entity_type: EntityType, fields: Fields, current: Payload, links: Links) -> Payload:
        lacking = ", ".join(entity_type.missing_required(fields))
        if lacking:
            raise SyncBlocked(
                f"Buildium requires {lacking} for an update and has no value. Add it here or in Buildium."
            )
        completed = entity_type.with_required_defaults(fields, current, links, self._account.value_of)
        return entity_type.update_payload(completed, current, links)


def _merge_response(entity_type: EntityType, written: WriteResult, content: Any, links: Links) -> WriteResult:
    """Return the result with the response's values of fields that were not sent or that only Buildium can change.

    The result has no times if the response shows another value than was sent, or refers to an unlinked entity. Then
    the webhook event is not an echo: the entity is read, and Buildium's values are stored.
    """
    shown = entity_type.from_buildium(content, links)
    written = replace(written, fields=aligned(entity_type, written.fields, shown, links))
    own = written.synced_fields.keys() & shown.keys() - entity_type.remote_owned_fields.keys()
    sent = {name: value for name, value in written.synced_fields.items() if value is not None and name in own}
    added = {name: value for name, value in shown.items() if value is not None and name not in sent}
    written = replace(written, fields={**written.fields, **added})
    if differs(entity_type, shown, sent) or unlinked_references(entity_type, content, links):
        return replace(written, started_at=None, finished_at=None)
    return written


def _created(entity_type: EntityType, content: Any) -> Any:
    """Return the created entity. Buildium returns a list of one for some types, such as charges of a lease."""
    made = content[0] if isinstance(content, list) and len(content) == 1 else content
    return entity_type.identified(made) if isinstance(made, dict) else made


def _id_of(content: Any) -> int:
    try:
        return int(content["Id"])
    except (KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown("Buildium's create response has no Id", is_outage=False) from error
