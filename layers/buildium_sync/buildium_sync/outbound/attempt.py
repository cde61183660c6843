"""One attempt to sync an entity to Buildium, its planned write and the result."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import Entity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import FieldConflict, changed_fields, unresolved
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.domain.sync_record import SyncRecord


class Attempt(NamedTuple):
    """The version to sync, and for a create its payload and its intent.

    `pending_intent` is the intent of an earlier create whose response was lost.
    """

    entity_type: EntityType
    entity: Entity
    sync: SyncRecord
    links: Links
    payload: Payload | None = None
    intent: CreateIntent | None = None
    pending_intent: CreateIntent | None = None

    @property
    def is_deletion(self) -> bool:
        """Whether a client requested the deletion of the entity."""
        return self.entity.deletion_requested_at is not None

    @property
    def parent_id(self) -> int | None:
        """The Buildium id of the parent in the paths of the type, None for a type without one."""
        return self.entity_type.parent_id(self.entity.fields, self.links)

    def sent_update(self, base: Fields | None) -> dict[str, Any] | None:
        """Return the update that will be sent, for `SyncRecord.sent_updates`. None if no field differs from the base.

        Without a base there is none either: then the local values win in any case.
        """
        changed = {} if base is None else changed_fields(self.entity_type, base, self.entity.fields)
        return {"version": self.entity.version, "fields": changed} if changed else None

    def base_for_newer_version(self, lost: Iterable[FieldConflict], unwritten: Fields) -> Fields:
        """Return the base for a version that a client wrote during this attempt.

        That version has no values that came from Buildium in this write, so the base has none either. Otherwise the
        next merge would take them as undone. A conflict that the local side has `lost` occurs again. `unwritten` are
        fields of this version that are not in Buildium yet.
        """
        return {**self.entity.fields, **unresolved(self.entity_type, lost, self.sync.base or {}), **unwritten}


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """A planned update: the fields that both sides should have, and the next write.

    The write is a PUT with `payload`, or the request that sets the status to `status`. Both are None if Buildium has
    all fields already. `unwritten` are the fields that need another write, with the values of the base until then.
    """

    buildium_id: int
    fields: Fields
    conflicts: tuple[FieldConflict, ...]
    links: Links
    payload: Payload | None = None
    status: str | None = None
    unwritten: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What Buildium has after a write.

    `fields` are the values that both sides should have. Those in `unwritten` need another write and have the values of
    the base there. `started_at` and `finished_at` (seconds since the epoch) enclose the write whose webhook event is
    an echo. Both are None if nothing was written, or if the response differs from what was sent: then the event must
    be processed. `conflicts` are the fields that both sides had changed. `auto_created` is what Buildium created
    automatically with a create.
    """

    buildium_id: int
    fields: Fields
    operation: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    conflicts: tuple[FieldConflict, ...] = ()
    auto_created: tuple[BuildiumReference, ...] = ()
    unwritten: Fields = field(default_factory=dict)

    @property
    def synced_fields(self) -> Fields:
        """The values that both sides have now: the next base."""
        return {**self.fields, **self.unwritten}

    @property
    def expected_echo(self) -> dict[str, object] | None:
        """The write whose webhook event must be recognized, None if there is none."""
        if self.started_at is None:
            return None
        return {"operation": self.operation, "from": self.started_at, "until": self.finished_at}
