"""The bodies of one entity type: what its update accepts, and what its responses contain.

The type's own code defines the layout of responses: it represents an entity whose values are marks, and each mark in
the result identifies the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, Self

from pydantic import ConfigDict, Field, create_model
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from buildium_sync.api.request_bodies import MAX_BATCH_ITEMS
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.external_id import EXTERNAL_ID, MAX_EXTERNAL_ID_LENGTH
from tools.openapi.names import schema_name
from tools.openapi.responses.syncs import BuildiumSync

_READ_ONLY = Field(json_schema_extra={"readOnly": True})
_ExternalId = Annotated[str, Field(min_length=1, max_length=MAX_EXTERNAL_ID_LENGTH)]
_EXTERNAL_ID_FIELD: Mapping[str, Any] = {EXTERNAL_ID: (_ExternalId | None, None)}
_TIMES = ("createdAt", "updatedAt", "deletedAt", "deletionRequestedAt")


class _Mark(str):
    """A placeholder for the value of the field that it names."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Shapes:
    """The models of one type: the bodies of a create and an update, of a response, and of a page of a list.

    `nested` is the body of a create by the type's `nested_route`, None without one.
    """

    entity_type: EntityType
    creates: Any
    batch: Any
    changes: Any
    response: Any
    page: Any
    nested: Any = None

    @classmethod
    def of(cls, entity_type: EntityType) -> Self:
        """Return the models of a type."""
        name = schema_name(entity_type)
        marks = {field: _Mark(field) for field in entity_type.field_names}
        shown = {
            **entity_type.to_response(_Mark("id"), marks, _times(entity_type)),
            entity_type.external_id_name: _Mark(EXTERNAL_ID),
        }
        fields = {key: _kind(entity_type, value) for key, value in shown.items()}
        creates = create_model(entity_type.model.__name__, __base__=entity_type.model, **_EXTERNAL_ID_FIELD)
        item = _object(f"{name}Item", {**fields, "buildiumSync": BuildiumSync})
        return cls(
            entity_type,
            creates,
            _batch(f"{name}Batch", creates),
            _changes(f"{name}Changes", entity_type),
            _object(f"{name}Response", _enveloped(name, entity_type, shown, fields)),
            _object(
                f"{name}Page",
                {
                    "items": list[item],  # type: ignore[valid-type]
                    "nextCursor": str | None,
                },
            ),
            _nested(f"{name}Nested", entity_type),
        )


def _enveloped(name: str, entity_type: EntityType, shown: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a response: the entity under its name, or the fields of the entity."""
    kinds = {**fields, "message": NotRequired[str], "buildiumSync": BuildiumSync}
    envelope = entity_type.wrap_response(shown, {}, "message")
    entity = _object(name, fields)
    return {key: entity if value is shown else kinds[key] for key, value in envelope.items()}


def _times(entity_type: EntityType) -> dict[str, str | None]:
    """Return the marks of the times that the responses of a type may have."""
    shown = _TIMES if entity_type.is_deletable else _TIMES[:-1]
    return {time: _Mark(time) for time in shown}


def _kind(entity_type: EntityType, value: Any) -> Any:
    """Return the type of a member of a response, by its mark."""
    if not isinstance(value, _Mark):
        # Composed of several fields, or masked.
        return str | None
    if value == EXTERNAL_ID:
        return _ExternalId | None
    if value in ("deletedAt", "deletionRequestedAt"):
        return NotRequired[str]
    if value in ("id", *_TIMES):
        return str
    if value in entity_type.remote_owned_fields:
        return Annotated[entity_type.remote_owned_fields[value], _READ_ONLY]
    return entity_type.model.model_fields[value].rebuild_annotation() | None


def _batch(name: str, item: Any) -> Any:
    items = Annotated[list[item], Field(min_length=1, max_length=MAX_BATCH_ITEMS)]
    made = _object(name, {"items": items})
    made.__pydantic_config__ = ConfigDict(extra="forbid")
    return made


def _changes(name: str, entity_type: EntityType) -> Any:
    """Return the model of an update: the fields of a create, all optional and without defaults."""
    fields = {} if entity_type.is_read_only else entity_type.model.model_fields
    kinds = {field: _given_kind(info) for field, info in fields.items()}
    made = _object(name, {**kinds, EXTERNAL_ID: _ExternalId | None}, total=False)
    made.__pydantic_config__ = ConfigDict(extra="forbid")
    return made


def _nested(name: str, entity_type: EntityType) -> Any:
    """Return the model of a create below another entity, which supplies some of the required fields."""
    route = entity_type.nested_route
    if route is None:
        return None
    supplied = {route.field, *entity_type.copied_fields}
    fields = entity_type.model.model_fields
    kinds = {field: _given_kind(info) for field, info in fields.items()}
    is_required = {field: info.is_required() and field not in supplied for field, info in fields.items()}
    given = {field: kind if is_required[field] else NotRequired[kind] for field, kind in kinds.items()}
    made = _object(name, {**given, EXTERNAL_ID: NotRequired[_ExternalId | None]})
    made.__pydantic_config__ = ConfigDict(extra="forbid")
    return made


def _given_kind(info: FieldInfo) -> Any:
    """Return the type of a field in a body. null means the default where a field has one."""
    kind = info.rebuild_annotation()
    return kind if info.is_required() else kind | None


def _object(name: str, members: Mapping[str, Any], *, total: bool = True) -> Any:
    return TypedDict(name, dict(members), total=total)  # type: ignore[operator]
