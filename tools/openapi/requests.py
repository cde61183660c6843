"""The bodies and parameters that the API takes, apart from the entities' own; `http` reads them."""

from typing import Annotated, Any, Required

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # as in answers

from buildium_sync.api import parsing
from buildium_sync.domain.sync_record import Status
from buildium_sync.entity_types.registry import ENTITY_TYPES
from buildium_sync.store.events import EventStatus

# `entityType` is any name that the registry has: the schema lists them.
EntityTypeName = Annotated[str, Field(json_schema_extra={"enum": [each.name for each in ENTITY_TYPES]})]
Text = Annotated[str, Field(min_length=1)]
Limit = Annotated[
    int,
    Field(
        ge=1,
        le=parsing.MAX_PAGE,
        description="How many, at most.",
        json_schema_extra={"default": parsing.PAGE},
    ),
]
Cursor = Annotated[
    str,
    Field(
        max_length=parsing.LONGEST_CURSOR,
        description="`nextCursor` of the page before; left out, the first page.",
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Optional(TypedDict, total=False):
    """A body whose members may be left out and not be null."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]


class RetryOne(_Body):
    """Retry one sync."""

    entityType: EntityTypeName
    entityId: Text


class RetryAll(_Optional, total=False):
    """Retry all failed syncs, or those of one type."""

    entityType: EntityTypeName


class NamedEntity(_Body):
    """An entity of ours."""

    entityType: Text
    entityId: Text


class RetrySeveral(_Body):
    """Retry these, with a result for each. A type that there is not is told in its result."""

    entities: Annotated[list[NamedEntity], Field(min_length=1, max_length=parsing.MOST_ENTITIES)]


class Decision(_Body):
    """Which of its candidates an entity is; null: none of them, it is created anew."""

    entityType: EntityTypeName
    entityId: Text
    buildiumId: Annotated[int, Field(gt=0)] | None


class OfType(_Optional, total=False):
    """One type, or all."""

    entityType: EntityTypeName


class RepairOrder(_Optional, total=False):
    """A dry run lists the writes, a page at a time; without one they are begun."""

    dryRun: Annotated[bool, Field(json_schema_extra={"default": True})]
    entityType: EntityTypeName
    cursor: Text


class FlatEvent(BaseModel):
    """One event. The field that holds the subject's id has the subject's name: `PropertyId`, `LeaseId`."""

    model_config = ConfigDict(extra="allow")

    EventName: str
    EventDateTime: str
    AccountId: int


class BatchedEvent(BaseModel):
    """One event of several."""

    Id: str
    EventType: str
    EntityType: str
    EntityId: int
    EventDate: str
    Data: dict[str, Any] = {}


class EventBatch(BaseModel):
    """Several events."""

    AccountId: int | None = None
    Events: list[BatchedEvent]


class Paging(TypedDict, total=False):
    """A page of a list: how long, and where it begins."""

    limit: Limit
    cursor: Cursor


class SyncQuery(Paging, total=False):
    """One sync, or a page of those in a state."""

    entityType: Annotated[EntityTypeName, Field(description="Only this type; needed beside entityId.")]
    entityId: Annotated[Text, Field(description="Asks for this one sync, whatever its state.")]
    status: Annotated[
        Status,
        Field(
            description="Not synced; of one type, only failed, blocked, needs_review or deleted.",
            json_schema_extra={"default": Status.FAILED},
        ),
    ]


class TimelineQuery(Paging, total=False):
    """The entity."""

    entityType: Required[EntityTypeName]
    entityId: Required[Text]


class EventQuery(Paging, total=False):
    """The state of the events."""

    status: Annotated[EventStatus, Field(json_schema_extra={"default": EventStatus.FAILED})]


class DriftQuery(TypedDict, total=False):
    """One type or all, and where the page begins."""

    entityType: EntityTypeName
    cursor: Cursor
