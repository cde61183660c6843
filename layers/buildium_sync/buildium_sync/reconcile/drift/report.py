"""The report of a drift check: its progress, which is a job's state, and its entries, which are the job's chunks.

An entry is one entity that differs between the two sides, with the writes that a repair would make:

    {"entityType": "property", "entityId": "7", "buildiumId": 501, "name": "Elm", "kind": "different",
     "syncStatus": "synced",
     "fields": [{"field": "name", "local": "Elm", "remote": "Elm House"}],
     "writes": [{"target": "local", "action": "update", "fields": ["name"]}], "candidates": [],
     "candidateFields": null, "note": null}
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import Side
from buildium_sync.reconcile.jobs.job_state import TypedJobState, TypeState

JOB = "drift"


class DriftKind(StrEnum):
    """How an entity differs between the two sides."""

    LOCAL_ONLY = "localOnly"
    REMOTE_ONLY = "remoteOnly"
    DIFFERENT = "different"


class RepairAction(StrEnum):
    """What a repair does: in Buildium through the outbound sync, locally with what Buildium has."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    LINK = "link"


class PlannedWrite(NamedTuple):
    """One write of a repair: the side that it changes, the action, and the changed fields."""

    target: Side
    action: RepairAction
    fields: tuple[str, ...] = ()

    def to_response(self) -> dict[str, Any]:
        """Return the write as it is stored and as the API shows it."""
        return {"target": self.target.value, "action": self.action.value, "fields": list(self.fields)}


class DriftEntry(NamedTuple):
    """One entity that differs between the two sides. Without writes, `note` says why a repair does nothing.

    `fields` holds `{"field", "local", "remote"}`: all values of an entity that only one side has.
    `not_compared` are the fields that Buildium did not show.
    `candidates` are the local ids that a Buildium entity may belong to, and `candidate_fields` describe it then (see
    `review_candidates.candidate_fields`). `name` is that of the local entity, or else of the Buildium entity.
    """

    entity_type: str
    kind: DriftKind
    entity_id: str | None = None
    buildium_id: int | None = None
    sync_status: str | None = None
    fields: tuple[dict[str, Any], ...] = ()
    not_compared: tuple[str, ...] = ()
    writes: tuple[PlannedWrite, ...] = ()
    candidates: tuple[str, ...] = ()
    candidate_fields: Fields | None = None
    note: str | None = None
    name: str | None = None

    def to_response(self) -> dict[str, Any]:
        """Return the entry as it is stored and as the API shows it."""
        return {
            "entityType": self.entity_type,
            "entityId": self.entity_id,
            "buildiumId": self.buildium_id,
            "name": self.name,
            "kind": self.kind.value,
            "syncStatus": self.sync_status,
            "fields": list(self.fields),
            "notCompared": list(self.not_compared),
            "writes": [each.to_response() for each in self.writes],
            "candidates": list(self.candidates),
            "candidateFields": self.candidate_fields,
            "note": self.note,
        }


@dataclass(slots=True)
class TypeDriftState(TypeState):
    """One type: the number of entities on each side, the differing ones by kind, and the range of its chunks.

    `repairable` counts the entries with writes, and `inbound` and `outbound` those that write to one side only (see
    `selection.direction_of`). `not_compared` are the fields that Buildium did not show for at least
    one linked entity.
    """

    remote: int = 0
    local: int = 0
    local_only: int = 0
    remote_only: int = 0
    different: int = 0
    repairable: int = 0
    inbound: int = 0
    outbound: int = 0
    not_compared: list[str] = field(default_factory=list)
    first_chunk: int = 0
    end_chunk: int = 0
    error: str | None = None

    def to_response(self) -> dict[str, Any]:
        """Return the counts as the API shows them."""
        return {
            "local": self.local,
            "remote": self.remote,
            "localOnly": self.local_only,
            "remoteOnly": self.remote_only,
            "different": self.different,
            "repairable": self.repairable,
            "inbound": self.inbound,
            "outbound": self.outbound,
            "notCompared": self.not_compared,
            "state": self.state.value,
            "error": self.error,
        }

    def add_not_compared(self, names: Iterable[str]) -> None:
        """Add fields that Buildium did not show."""
        self.not_compared = sorted({*self.not_compared, *names})

    def count(self, entries: Iterable[DriftEntry]) -> None:
        """Count entries by kind."""
        for entry in entries:
            self.local_only += entry.kind is DriftKind.LOCAL_ONLY
            self.remote_only += entry.kind is DriftKind.REMOTE_ONLY
            self.different += entry.kind is DriftKind.DIFFERENT
            self.repairable += bool(entry.writes)
            sides = {write.target for write in entry.writes}
            self.inbound += sides == {Side.LOCAL}
            self.outbound += sides == {Side.REMOTE}


@dataclass(slots=True)
class DriftState(TypedJobState[TypeDriftState]):
    """A drift check with `chunks` chunks of entries.

    `lists_done` says that Buildium's lists of the current type are read; then `cursor` is the position in the local
    entities. `last_nightly` is the start (ISO 8601) of the nightly check before this one. `linked` counts the linked
    entities that the lists showed, of all types.
    """

    job: ClassVar[str] = JOB

    chunks: int = 0
    lists_done: bool = False
    cursor: str | None = None
    is_nightly: bool = False
    last_nightly: str | None = None
    linked: int = 0

    @classmethod
    def waiting_type(cls) -> TypeDriftState:
        """Return the state of a type that is not started."""
        return TypeDriftState()

    @property
    def name(self) -> str:
        """The name of the chunks. Each drift check has its own, so those of earlier ones expire."""
        return f"{JOB}-{self.started_at}"

    @property
    def differences(self) -> int:
        """The number of entries with writes: what a repair would change."""
        return sum(each.repairable for each in self.types.values())

    def _reset_type(self, current: TypeDriftState) -> None:
        current.first_chunk = current.end_chunk = self.chunks
        self.lists_done, self.cursor = False, None

    def _details(self) -> dict[str, Any]:
        return {"types": self._types_response()}
