"""How pydantic writes schemas for the document."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from buildium_sync.domain.entity_model import EntityModel

_LIMITS = frozenset({"minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems"})


class TakenSchema(GenerateJsonSchema):
    """The schema of what is taken: a field's name is title enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Give no field a title."""
        return False


class ShownSchema(TakenSchema):
    """The schema of what is shown. What came from Buildium may break the rules that clients are held to."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return a schema without limits."""
        made = super().generate_inner(schema)
        return {keyword: value for keyword, value in made.items() if keyword not in _LIMITS}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Return any text: Buildium may have a word more."""
        return self.str_schema(core_schema.str_schema())

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return an object; of a part of an entity, Buildium may leave out what it does not know."""
        shown = super().model_schema(schema)
        if issubclass(schema["cls"], EntityModel):
            shown.pop("additionalProperties")
            shown.pop("required", None)
        return shown
