"""The report of a comparison: its progress, which is one job's state, and its entries, which are the job's parts.

An entry is one entity on which the sides do not agree, with the writes that a repair would make:

    {"entityType": "property", "entityId": "7", "buildiumId": 501, "kind": "different", "syncStatus": "synced",
     "fields": [{"field": "name", "local": "Elm", "remote": "Elm House"}],
     "writes": [{"target": "local", "action": "update", "fields": ["name"]}], "candidates": [],
     "candidateFields": null, "note": null}
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from buildium_sync.buildium.list_reader import ListCursor
from buildium_sync.domain.change_record import truncate
from buildium_sync.domain.entity_type import EntityType, Fields
from buildium_sync.domain.merge import Side
from buildium_sync.reconcile.jobs.job_state import JobState, JobStatus

JOB = "drift"
PART_BYTES = 300_000
"""Of an item of 400 KB at most."""
_SECRET = "different"  # noqa: S105 -- it stands where a secret does not


class DriftKind(StrEnum):
    """How the sides disagree about an entity."""

    LOCAL_ONLY = "localOnly"
    REMOTE_ONLY = "remoteOnly"
    DIFFERENT = "different"


class RepairAction(StrEnum):
    """What a repair writes: to Buildium by the sync, to ours from what Buildium has."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write of a repair: the side that it changes, the action, and the fields that it changes there."""

    target: Side
    action: RepairAction
    fields: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return the write as the API shows it and as it is kept."""
        return {"target": self.target.value, "action": self.action.value, "fields": list(self.fields)}


@dataclass(frozen=True, slots=True)
class DriftEntry:
    """One entity on which the sides do not agree. Without writes, `note` says why nothing is to be done by itself.

    `fields` holds `{"field", "local", "remote"}`; `candidates` are those of ours that one of Buildium's may be, and
    `candidate_fields` what is kept of that one then (see `candidates.told`).
    """

    entity_type: str
    kind: DriftKind
    entity_id: str | None = None
    buildium_id: int | None = None
    sync_status: str | None = None
    fields: tuple[dict[str, Any], ...] = ()
    writes: tuple[PlannedWrite, ...] = ()
    candidates: tuple[str, ...] = ()
    candidate_fields: Fields | None = None
    note: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the entry as the API shows it and as it is kept."""
        return {
            "entityType": self.entity_type,
            "entityId": self.entity_id,
            "buildiumId": self.buildium_id,
            "kind": self.kind.value,
            "syncStatus": self.sync_status,
            "fields": list(self.fields),
            "writes": [each.body() for each in self.writes],
            "candidates": list(self.candidates),
            "candidateFields": self.candidate_fields,
            "note": self.note,
        }


@dataclass(slots=True)
class TypeDriftState:
    """One type: how many entities were compared on each side, how many disagree and how, and where its parts are.

    `repairable` counts those for which a repair would write.
    """

    remote: int = 0
    local: int = 0
    local_only: int = 0
    remote_only: int = 0
    different: int = 0
    repairable: int = 0
    state: JobStatus = JobStatus.WAITING
    first_part: int = 0
    end_part: int = 0
    error: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the counts as the API shows them."""
        return {
            "local": self.local,
            "remote": self.remote,
            "localOnly": self.local_only,
            "remoteOnly": self.remote_only,
            "different": self.different,
            "repairable": self.repairable,
            "state": self.state.value,
            "error": self.error,
        }

    def count(self, entries: Iterable[DriftEntry]) -> None:
        """Count entries by their kinds."""
        for entry in entries:
            self.local_only += entry.kind is DriftKind.LOCAL_ONLY
            self.remote_only += entry.kind is DriftKind.REMOTE_ONLY
            self.different += entry.kind is DriftKind.DIFFERENT
            self.repairable += bool(entry.writes)


@dataclass(slots=True)
class DriftState(JobState):
    """A comparison.

    The last five fields are about the type at hand: the list of Buildium's that is read and how far, how many parts of
    seen ids there are, whether its own entities are being gone through, and from where on.
    """

    types: dict[str, TypeDriftState] = field(default_factory=dict)
    parts: int = 0
    query: int = 0
    position: ListCursor = field(default_factory=ListCursor)
    seen_parts: int = 0
    on_ours: bool = False
    cursor: str | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self:
        """Read a job's state."""
        if state is None:
            return cls()
        types = {each["name"]: _type_drift(each) for each in state["types"]}
        position = ListCursor(**state["position"])
        return cls(**{**state, "status": JobStatus(state["status"]), "types": types, "position": position})

    def to_state(self) -> dict[str, Any]:
        """Return the job's state. The types are a list there: a table keeps no order of names."""
        return {**asdict(self), "types": [{"name": name, **asdict(each)} for name, each in self.types.items()]}

    def progress(self) -> dict[str, Any]:
        """Return the comparison as the API shows it."""
        return {
            "status": self.status.value,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "types": {name: each.body() for name, each in self.types.items()},
        }

    @property
    def name(self) -> str:
        """Under which its parts are kept: each comparison has its own, and those of earlier ones expire."""
        return f"{JOB}-{self.started_at}"

    @property
    def has_more(self) -> bool:
        """Tell whether there is a type to be compared."""
        return bool(self.unfinished)

    @property
    def unfinished(self) -> list[str]:
        """The types that are not compared yet, in their order; none when no comparison runs."""
        running = self.status is JobStatus.RUNNING
        return [
            name
            for name, each in self.types.items()
            if running and each.state in (JobStatus.WAITING, JobStatus.RUNNING)
        ]

    def start_type(self, name: str) -> TypeDriftState:
        """Return the type at hand, begun if it was waiting."""
        each = self.types[name]
        if each.state is JobStatus.WAITING:
            self.types[name] = each = replace(
                TypeDriftState(), state=JobStatus.RUNNING, first_part=self.parts, end_part=self.parts
            )
            self.query, self.position, self.seen_parts, self.on_ours, self.cursor = 0, ListCursor(), 0, False, None
        return each


def differing(entity_type: EntityType, ours: Fields, theirs: Fields) -> tuple[dict[str, Any], ...]:
    """Return the fields that do not mean the same on both sides, as an entry shows them."""
    names = [name for name, value in theirs.items() if not entity_type.values_equal(name, ours.get(name), value)]
    return tuple({"field": name, **_values(entity_type, name, ours, theirs)} for name in names)


def portions(entries: Sequence[DriftEntry]) -> Iterator[list[dict[str, Any]]]:
    """Return entries in portions that fit into one part each."""
    portion: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        body = entry.body()
        length = len(json.dumps(body, ensure_ascii=False).encode())
        if portion and size + length > PART_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(body)
        size += length
    if portion:
        yield portion


def _values(entity_type: EntityType, name: str, ours: Fields, theirs: Fields) -> dict[str, Any]:
    if name in entity_type.secret_fields:
        return {"local": _SECRET, "remote": _SECRET}
    return {"local": truncate(ours.get(name)), "remote": truncate(theirs.get(name))}


def _type_drift(state: Mapping[str, Any]) -> TypeDriftState:
    told = {name: value for name, value in state.items() if name != "name"}
    return TypeDriftState(**{**told, "state": JobStatus(told["state"])})
