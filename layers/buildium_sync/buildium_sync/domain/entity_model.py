"""The base of the models that validate request bodies, and the rules for stored values that break them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from buildium_sync.errors import FieldError


@dataclass(slots=True)
class _StoredInvalidValues:
    """The invalid values of a stored entity, by model and field. They came from Buildium."""

    values: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    is_complete: bool = False

    def record_or_check(self, model: str, name: str, value: Any) -> bool:
        """Record an invalid stored value and return True. Once complete, return whether a value is recorded."""
        known = self.values.setdefault((model, name), [])
        if self.is_complete:
            return any(identical(value, other) for other in known)
        known.append(value)
        return True


class EntityModel(BaseModel):
    """A request body, or an object in one.

    Validation is strict: values are not coerced, and an unknown field is rejected so that a misspelled name is noticed.
    null means the default of a field. Attributes have camelCase names like the JSON, so errors and validators need no
    translation.

    pydantic builds each model at its first use, which keeps the cold start short.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Wrap the validation of every field, including the validators of the model."""
        schema = handler(source)
        inner: Any = handler.resolve_ref_schema(schema)
        while inner["type"] != "model-fields":
            inner = inner["schema"]
        for name, of_field in inner["fields"].items():
            target = of_field["schema"] if of_field["schema"]["type"] == "default" else of_field
            target["schema"] = _wrapped(cls.__name__, name, cls.model_fields[name], target["schema"])
        return schema


def _wrapped(model: str, name: str, info: FieldInfo, schema: CoreSchema) -> CoreSchema:
    """Return a field's schema that replaces null by the default and accepts invalid values of the stored entity."""

    def check(
        value: Any, validate: Callable[[Any], Any], context: core_schema.ValidationInfo[_StoredInvalidValues | None]
    ) -> Any:
        try:
            valid = validate(value)
        except ValueError:
            if context.context is None or not context.context.record_or_check(model, name, value):
                raise
            return value
        return default_of(info) if valid is None else valid

    nullable = default_of(info) is not None
    return core_schema.with_info_wrap_validator_function(
        check, core_schema.nullable_schema(schema) if nullable else schema
    )


def default_of(info: FieldInfo) -> Any:
    """Return a field's default, None if it has none."""
    return None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})


def validated(model: type[EntityModel], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the fields of a new entity, and the errors. One of the two is empty."""
    return _dumped(model, values, None)


def merge_and_validate(
    model: type[EntityModel], stored: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the fields of an update, and the errors. One of the two is empty.

    `changes` has the changed fields. An invalid stored value is not an error if the client sends it unchanged or leaves
    it out, also within a list or an object.
    """
    required = {name: None for name, info in model.model_fields.items() if info.is_required()}
    before = {**required, **{name: value for name, value in stored.items() if name in model.model_fields}}
    fields, errors = _dumped(model, {**before, **changes}, None)
    if errors:
        known = _StoredInvalidValues()
        _dumped(model, before, known)
        known.is_complete = True
        fields, errors = _dumped(model, {**before, **changes}, known)
    return {} if errors else {**stored, **{name: fields[name] for name in changes}}, errors


def _dumped(
    model: type[EntityModel], values: Mapping[str, Any], context: _StoredInvalidValues | None
) -> tuple[dict[str, Any], list[FieldError]]:
    try:
        # No warnings: an accepted stored value may not have the type of its field.
        return model.model_validate(values, context=context).model_dump(mode="json", warnings=False), []
    except ValidationError as error:
        return {}, field_errors(error)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return pydantic's errors with the names of the request and without its values."""
    return [
        FieldError(".".join(str(part) for part in finding["loc"]), finding["msg"].removeprefix("Value error, "))
        for finding in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def identical(one: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON: `1` is `1.0` and not `true`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(identical(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return bool(one == other)
