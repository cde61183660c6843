"""Models of the request bodies except those of entities. The API validates with them, and OpenAPI documents them."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Required, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic.config import JsonDict
from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.entity_types.registry import TYPE_NAMES, listed_types
from buildium_sync.errors import FieldError, InvalidFields

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_BATCH_ITEMS = 100
"""Items in one batch: as many as are written in about five seconds."""
MAX_RETRY_ENTITIES = 500
"""Entities in one retry: as many as are processed before API Gateway times out."""
MAX_REPAIR_ENTITIES = 500
"""Selected entities in one repair. The repair stores them in its state."""
MAX_REASON_LENGTH = 300
STRICT = ConfigDict(strict=True, extra="forbid")
_T = TypeVar("_T", bound=Mapping[str, Any])

NonEmptyString = Annotated[str, Field(min_length=1)]
# The schema lists the names. A request with another name is rejected with 404, not here.
EntityTypeName = Annotated[NonEmptyString, Field(json_schema_extra={"enum": list(TYPE_NAMES)})]


def _list_names(schema: JsonDict) -> None:
    schema["enum"] = [entity_type.name for entity_type in listed_types()]


ListedTypeName = Annotated[NonEmptyString, Field(json_schema_extra=_list_names)]


class RetrySelection(TypedDict, total=False):
    """Retry one sync, the failed syncs of one entity type, or all failed syncs."""

    __pydantic_config__ = ConfigDict(**STRICT, json_schema_extra={"dependentRequired": {"entityId": ["entityType"]}})  # type: ignore[misc]

    entityType: EntityTypeName
    entityId: NonEmptyString


class EntityName(TypedDict):
    """A local entity."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    entityType: NonEmptyString
    entityId: NonEmptyString


class ReviewUndo(EntityName, total=False):
    """Undo the decision about an entity."""

    decidedAt: NonEmptyString


class RetrySeveral(TypedDict):
    """Retry several syncs, with a result for each. An unknown entity type is reported in its result."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    entities: Annotated[list[EntityName], Field(min_length=1, max_length=MAX_RETRY_ENTITIES)]


class ReviewDecision(TypedDict):
    """The candidate that an entity in review is linked to. A client must choose: `buildiumId` has no default."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    entityType: EntityTypeName
    entityId: NonEmptyString
    buildiumId: Annotated[int, Field(gt=0)] | None


class EntityTypeChoice(TypedDict, total=False):
    """One entity type, or all types."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    entityType: ListedTypeName


class BatchRequest(TypedDict):
    """Entities to create or update. Each item is validated alone, so that one invalid item does not affect others."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    items: Annotated[list[Any], Field(min_length=1, max_length=MAX_BATCH_ITEMS)]


class RepairEntity(TypedDict, total=False):
    """A selected entity. One that exists only in Buildium has no `entityId`."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    entityType: Required[NonEmptyString]
    entityId: NonEmptyString
    buildiumId: Annotated[int, Field(gt=0)]


class RepairRequest(TypedDict, total=False):
    """A dry run lists the writes, one page at a time. Otherwise the repair starts."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    dryRun: Annotated[bool, Field(json_schema_extra={"default": True})]
    entityType: EntityTypeName
    entityId: NonEmptyString
    entities: Annotated[list[RepairEntity], Field(min_length=1, max_length=MAX_REPAIR_ENTITIES)]
    direction: Literal["inbound", "outbound"]
    checkedAt: NonEmptyString
    cursor: NonEmptyString


_STRING = "must be a non-empty string"
_MESSAGES: Mapping[str, str] = {
    "entityType": _STRING,
    "entityId": _STRING,
    "cursor": _STRING,
    "reason": f"must be a string of 1 to {MAX_REASON_LENGTH} characters",
    "dryRun": "must be true or false",
    "direction": "must be inbound or outbound",
    "checkedAt": _STRING,
    "decidedAt": _STRING,
    "buildiumId": "must be one of `candidates`, or null to create a new Buildium entity",
    "items": f"must be a list of 1 to {MAX_BATCH_ITEMS} entities",
    "entities": f"must be a list of 1 to {MAX_RETRY_ENTITIES} entities",
}
_ENTITY = "must be an object with non-empty strings `entityType` and `entityId`"


def parse(model: type[_T], body: Mapping[str, Any]) -> _T:
    """Return a body in the form of a model. Raises InvalidFields, with one error for each field.

    Unknown fields and null are rejected: a client with a misspelled name or an empty variable would otherwise act on
    all entities.
    """
    try:
        parsed: _T = _adapter(model).validate_python(body)
    except ValidationError as error:
        raise InvalidFields(_errors(model, error)) from error
    return parsed


def parse_repair(body: Mapping[str, Any]) -> RepairRequest:
    """Return a repair's body. Raises InvalidFields. `dryRun` is true by default: a client must ask for writes."""
    request: RepairRequest = {"dryRun": True, **parse(RepairRequest, body)}
    if errors := list(_repair_errors(request)):
        raise InvalidFields(errors)
    return request


def _repair_errors(request: RepairRequest) -> Iterator[FieldError]:
    if not request["dryRun"] and "cursor" in request:
        yield FieldError("cursor", "is only valid for a dry run")
    if "entityId" in request:
        if "entityType" not in request:
            yield FieldError("entityType", "is required with entityId")
        others = request.keys() & {"entities", "direction", "cursor"}
        yield from (FieldError(name, "cannot be combined with entityId") for name in sorted(others))
    elif "entities" in request and "entityType" in request:
        yield FieldError("entityType", "cannot be combined with `entities`")
    for number, entity in enumerate(request.get("entities", ())):
        if not {"entityId", "buildiumId"} & entity.keys():
            yield FieldError(f"entities.{number}", "requires entityId or buildiumId")


@cache
def _adapter(model: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415 -- most processes of the function never need it

    return TypeAdapter(model)


def _errors(model: Any, error: ValidationError) -> list[FieldError]:
    """Return pydantic's errors in the words of this API, unknown fields first."""
    found: dict[str, str] = {}
    for each in sorted(error.errors(), key=lambda each: each["loc"][0] in model.__annotations__):
        name, *rest = each["loc"]
        found.setdefault(".".join(map(str, (name, *rest[:1]))), _message(model, str(name), is_item=bool(rest)))
    return [FieldError(field, message) for field, message in found.items()]


def _message(model: Any, name: str, *, is_item: bool) -> str:
    if name not in model.__annotations__:
        return "cannot be combined with `entities`" if model is RetrySeveral else "is not a recognized field"
    if is_item:
        return _ENTITY
    return _MESSAGES[name] + (", or left out" if name in model.__optional_keys__ and _MESSAGES[name] == _STRING else "")
