"""The query parameters of the API, which `api.parsing` reads, and the bodies of webhook requests."""

from datetime import datetime
from typing import Annotated, Any, Required, get_type_hints

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # as in responses

from buildium_sync.api import parsing
from buildium_sync.api.list_filter import BUILDIUM_ID, UPDATED_SINCE, filter_names
from buildium_sync.api.request_bodies import EntityTypeName, NonEmptyString
from buildium_sync.domain.entity_status import STATUS
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.external_id import EXTERNAL_ID, MAX_EXTERNAL_ID_LENGTH
from buildium_sync.domain.lookups import STATUS as STATUS_FILTER
from buildium_sync.domain.lookups import SYNC_STATUS
from buildium_sync.domain.sync_status import Status
from tools.openapi.names import schema_name

EntityId = Annotated[NonEmptyString, Field(examples=["property-id"])]
Limit = Annotated[
    int,
    Field(
        ge=1,
        le=parsing.MAX_PAGE_SIZE,
        description="The maximum number of items in the page.",
        examples=[20],
        json_schema_extra={"default": parsing.DEFAULT_PAGE_SIZE},
    ),
]
Cursor = Annotated[
    str,
    Field(
        max_length=parsing.MAX_CURSOR_LENGTH,
        description="`nextCursor` of the previous page. Without it, the first page is returned.",
        examples=["eyJpZCI6ICJiODlhYzA5ZiJ9"],
    ),
]


class FlatEvent(BaseModel):
    """One event. The member with the entity's id is named after the event: `PropertyId`, `LeaseId`."""

    model_config = ConfigDict(extra="allow")

    EventName: str
    EventDateTime: str
    AccountId: int


class BatchedEvent(BaseModel):
    """One of several events."""

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


class PageQuery(TypedDict, total=False):
    """One page of a list."""

    limit: Limit
    cursor: Cursor


SyncStatusFilter = Annotated[
    Status, Field(description="The status of the syncs of the items in the page.", examples=["failed"])
]
ExternalId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_EXTERNAL_ID_LENGTH,
        description="The external id of one entity. The list has at most this entity, and is never late.",
        examples=["A-1001"],
    ),
]
BuildiumId = Annotated[
    int,
    Field(
        gt=0,
        description="The Buildium id of one entity. The list has at most this entity, and is never late.",
        examples=[12345],
    ),
]
UpdatedSince = Annotated[
    datetime,
    Field(
        description="Only items that were changed at this time or later, in order of their last change.",
        examples=["2025-01-15T10:30:00Z"],
    ),
]
EntityStatus = Annotated[STATUS, Field(description="The status of the items in the page.", examples=["Active"])]


def list_query(entity_type: EntityType) -> Any:
    """Return the query of a list: a page, and the filters of the type."""
    others = {
        EXTERNAL_ID: ExternalId,
        BUILDIUM_ID: BuildiumId,
        STATUS_FILTER: EntityStatus,
        SYNC_STATUS: SyncStatusFilter,
        UPDATED_SINCE: UpdatedSince,
    }
    references = entity_type.reference_filters
    filters = {
        name: _reference_filter(entity_type, references[name]) if name in references else others[name]
        for name in filter_names(entity_type)
    }
    hints = get_type_hints(PageQuery, include_extras=True)
    return TypedDict(f"{schema_name(entity_type)}Query", {**hints, **filters}, total=False)  # type: ignore[operator]


def _reference_filter(entity_type: EntityType, field: str) -> Any:
    named = entity_type.reference_fields[field]
    description = f"The {named}, by local id or Buildium id, to which the items of the page refer."
    return Annotated[EntityId, Field(description=description, examples=[f"{named}-id"])]


class SyncQuery(PageQuery, total=False):
    """One sync, or a page of the syncs in one status."""

    entityType: Annotated[
        EntityTypeName,
        Field(description="The entity type; required with `entityId`.", examples=["property"]),
    ]
    entityId: Annotated[EntityId, Field(description="The local id of one entity, whose sync is returned.")]
    status: Annotated[
        Status,
        Field(
            description="The status of the syncs in the page. `synced` is not allowed; with `entityType`, only "
            "`failed`, `blocked`, `needs_review` and `deleted` are allowed.",
            examples=["failed"],
            json_schema_extra={"default": Status.FAILED},
        ),
    ]


class SearchQuery(TypedDict):
    """A search."""

    q: Annotated[str, Field(min_length=1, description="An id, or at least two characters.", examples=["Elm"])]


class EntityQuery(TypedDict):
    """One entity."""

    entityType: Annotated[EntityTypeName, Field(description="The entity type.", examples=["property"])]
    entityId: Annotated[EntityId, Field(description="The local id of the entity.")]


class TimelineQuery(PageQuery, total=False):
    """A page of the timeline of one entity."""

    entityType: Required[Annotated[EntityTypeName, Field(description="The entity type.", examples=["property"])]]
    entityId: Required[Annotated[EntityId, Field(description="The local id of the entity.")]]


class ChangeQuery(TypedDict, total=False):
    """A page of changes, of one entity type or of all."""

    entityType: Annotated[
        EntityTypeName, Field(description="The entity type. Without it, all types.", examples=["property"])
    ]
    limit: Limit
    cursor: Annotated[
        str,
        Field(
            max_length=parsing.MAX_CURSOR_LENGTH,
            description="`nextCursor` of the previous page, or `latest` for a cursor after the newest change. Without "
            "it, the oldest change that is kept comes first.",
            examples=[parsing.LATEST],
        ),
    ]


class EventQuery(PageQuery, total=False):
    """A page of the events in one status."""

    status: Annotated[
        EventStatus,
        Field(
            description="The status of the events in the page.",
            examples=["failed"],
            json_schema_extra={"default": EventStatus.FAILED},
        ),
    ]


class BalanceQuery(PageQuery, total=False):
    """A page of the outstanding balances of at least `minimum`."""

    minimum: Annotated[
        float,
        Field(
            ge=0,
            description="The smallest balance in the page: an amount with at most two decimals, without an exponent.",
            examples=[100.5],
            json_schema_extra={"default": float(parsing.SMALLEST_BALANCE)},
        ),
    ]


class DriftQuery(TypedDict, total=False):
    """A page of the drift of one entity type, or of all types."""

    entityType: Annotated[
        EntityTypeName, Field(description="The entity type. Without it, all types.", examples=["property"])
    ]
    cursor: Cursor


class ReferenceQuery(TypedDict, total=False):
    """A reference list."""

    refresh: Annotated[
        bool,
        Field(
            description="Whether the list is read from Buildium now, even if it is cached. Needs an operator's key.",
            examples=[True],
            json_schema_extra={"default": False},
        ),
    ]
