"""One attempt at bringing an entity to Buildium, and what it wrote there."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity import Entity
from buildium_sync.domain.entity_type import BuildiumReference, EntityType, Fields, Links, Payload
from buildium_sync.domain.merge import FieldConflict, unresolved
from buildium_sync.domain.sync_record import SyncRecord


@dataclass(frozen=True, slots=True)
class Attempt:
    """The version that is brought to Buildium, and for a create its message and its intent.

    `earlier` is the intent of a create whose answer is not known.
    """

    entity_type: EntityType
    entity: Entity
    sync: SyncRecord
    links: Links
    message: Payload | None = None
    intent: CreateIntent | None = None
    pending_intent: CreateIntent | None = None

    def base_for_newer_version(self, lost: Iterable[FieldConflict], unwritten: Fields) -> Fields:
        """Return what both sides have agreed on, for a version that was written meanwhile.

        What came from Buildium in this write is not in that version: it must not look undone by it. A conflict that
        ours has `lost` is met again with it. `unwritten` are fields of this version that are not in Buildium yet.
        """
        return {**self.entity.fields, **unresolved(self.entity_type, lost, self.sync.base or {}), **unwritten}


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What an update comes to, before it is sent: the fields that both sides should have, and the next write.

    That is a PUT with `message`, or the request that sets the status to `status`; both are None when Buildium has all
    fields already. `unwritten` are the fields that another write has to follow for, with the values both sides agree
    on until then.
    """

    buildium_id: int
    fields: Fields
    conflicts: tuple[FieldConflict, ...]
    links: Links
    message: Payload | None = None
    status: str | None = None
    unwritten: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What Buildium has now.

    `fields` are what both sides should have, and agree on but for those in `unwritten`, which have their agreed values
    there: another write has to follow for them. `began` and `ended` (seconds since the epoch) enclose the write that
    Buildium will tell of by webhook; both are None when nothing had to be written, and when Buildium's answer shows
    something else than what was sent, so that its webhook is to be looked at. `conflicts` are the fields that
    both sides had changed, `along` is what Buildium made by itself along with a create.
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
        """The fields that both sides agree on."""
        return {**self.fields, **self.unwritten}

    @property
    def expected_echo(self) -> dict[str, object] | None:
        """The write whose webhook event must be recognized, None if there is none."""
        if self.started_at is None:
            return None
        return {"operation": self.operation, "from": self.started_at, "until": self.finished_at}
