"""The base of the models that clients' bodies are validated with, and what validation does with stored values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from buildium_sync.errors import FieldError


@dataclass(slots=True)
class _StoredFaults:
    """The values that an entity has from Buildium and that break our rules, by model and field."""

    values: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    is_complete: bool = False

    def excuse(self, model: str, name: str, value: Any) -> bool:
        """Note a faulty value of the stored entity; once all are noted, return whether a value is one of them."""
        known = self.values.setdefault((model, name), [])
        if self.is_complete:
            return any(identical(value, other) for other in known)
        known.append(value)
        return True


class EntityModel(BaseModel):
    """A body, or an object in one.

    Strict: nothing is coerced, and an unknown field is rejected, so that a misspelt name is noticed. null means the
    default where a field has one. Attributes are named in camelCase, as clients name them, so that errors and
    validators need no translation. Each model is built when it is first used: a process that begins with a property
    need not wait for the leases.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Wrap the validation of every field, with all the validators that a model adds to it."""
        schema = handler(source)
        inner: Any = handler.resolve_ref_schema(schema)
        while inner["type"] != "model-fields":
            inner = inner["schema"]
        for name, of_field in inner["fields"].items():
            place = of_field["schema"] if of_field["schema"]["type"] == "default" else of_field
            place["schema"] = _wrapped(cls.__name__, name, cls.model_fields[name], place["schema"])
        return schema


def _wrapped(model: str, name: str, info: FieldInfo, schema: CoreSchema) -> CoreSchema:
    """Return a field's schema with null for its default, and with the values excused that the context holds."""

    def check(
        value: Any, validate: Callable[[Any], Any], context: core_schema.ValidationInfo[_StoredFaults | None]
    ) -> Any:
        try:
            found = validate(value)
        except ValueError:
            if context.context is None or not context.context.excuse(model, name, value):
                raise
            return value
        return default_of(info) if found is None else found

    nullable = default_of(info) is not None
    return core_schema.with_info_wrap_validator_function(
        check, core_schema.nullable_schema(schema) if nullable else schema
    )


def default_of(info: FieldInfo) -> Any:
    """Return a field's default, None where it has none."""
    return None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})


def validated(model: type[EntityModel], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the fields of a new entity, or every fault."""
    return _dumped(model, values, None)


def merge_and_validate(
    model: type[EntityModel], stored: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return a stored entity's fields with those given laid over them, or every fault.

    What is at fault in the stored entity itself is no fault of a client that sends it back or leaves it alone, also
    within a list or an object of which something else is changed. `given` holds changed fields only.
    """
    required = {name: None for name, info in model.model_fields.items() if info.is_required()}
    before = {**required, **{name: value for name, value in stored.items() if name in model.model_fields}}
    fields, faults = _dumped(model, {**before, **given}, None)
    if faults:
        known = _StoredFaults()
        _dumped(model, before, known)
        known.is_complete = True
        fields, faults = _dumped(model, {**before, **given}, known)
    return {} if faults else {**stored, **{name: fields[name] for name in given}}, faults


def _dumped(
    model: type[EntityModel], values: Mapping[str, Any], context: _StoredFaults | None
) -> tuple[dict[str, Any], list[FieldError]]:
    try:
        # Without warnings: an excused value is not of its field's type.
        return model.model_validate(values, context=context).model_dump(mode="json", warnings=False), []
    except ValidationError as error:
        return {}, field_errors(error)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return pydantic's findings under the names that the client used, without the values given."""
    return [
        FieldError(".".join(str(part) for part in finding["loc"]), finding["msg"].removeprefix("Value error, "))
        for finding in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def identical(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in JSON: `1` is `1.0` and not `true`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(identical(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return bool(one == other)
