"""How pydantic writes schemas for the document."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from buildium_sync.domain.entity_model import EntityModel

_LIMITS = frozenset({"minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems"})
ADDRESSES = frozenset({"email", "uri"})
_TYPE = ("type", "$ref", "items")
_NULL = {"type": "null"}


class RequestSchema(GenerateJsonSchema):
    """The schema of a request. Properties have no titles: their names are enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return False for every field."""
        return False

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return a schema with the keyword of JSON Schema where pydantic writes `ge`, its own, behind a validator."""
        made = super().generate_inner(schema)
        return (
            {**{key: value for key, value in made.items() if key != "ge"}, "minimum": made["ge"]}
            if "ge" in made
            else made
        )


class ResponseSchema(RequestSchema):
    """The schema of a response. Values from Buildium may break the rules for requests."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return a schema without limits, and without the formats of addresses."""
        made = super().generate_inner(schema)
        shown = {keyword: value for keyword, value in made.items() if keyword not in _LIMITS}
        if shown.get("format") in ADDRESSES:
            del shown["format"]
        return shown

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Return any string: Buildium may add a value."""
        return self.str_schema(core_schema.str_schema())

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return an object. Members of an entity's part may be absent or null: Buildium may not show them."""
        shown = super().model_schema(schema)
        if issubclass(schema["cls"], EntityModel):
            shown.pop("additionalProperties")
            shown.pop("required", None)
            shown["properties"] = {name: _nullable(of) for name, of in shown["properties"].items()}
        return shown


def _nullable(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return a property's schema that also accepts null. Keywords beside its type stay where they are."""
    types = schema.get("anyOf") or [{key: schema[key] for key in _TYPE if key in schema}]
    others = {key: value for key, value in schema.items() if key not in (*_TYPE, "anyOf")}
    return {"anyOf": types if _NULL in types else [*types, _NULL], **others}
