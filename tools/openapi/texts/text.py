"""What the document says about one property, and the kinds of values that properties have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The example is composed of the examples of the object's own properties.
COMPOSED: Any = object()


@dataclass(frozen=True, slots=True)
class Text:
    """A property's description, an example, and further keywords of its schema."""

    description: str
    example: Any = COMPOSED
    keywords: Mapping[str, Any] = field(default_factory=dict)


Texts = dict[str, Text]


def value(description: str, example: Any) -> Text:
    """Return the text of a string, a boolean or a list."""
    return Text(description, example)


def composed(description: str) -> Text:
    """Return the text of an object, or of a list of objects."""
    return Text(description)


def timestamp(description: str, example: str = "2025-01-15T10:30:00Z") -> Text:
    """Return the text of a time."""
    return Text(_with_unit(description, "(ISO 8601, UTC)"), example, {"format": "date-time"})


def date(description: str, example: str) -> Text:
    """Return the text of a date."""
    return Text(_with_unit(description, "(YYYY-MM-DD)"), example, {"format": "date"})


def email(description: str, example: str) -> Text:
    """Return the text of an e-mail address."""
    return Text(description, example, {"format": "email"})


def amount(description: str, example: float) -> Text:
    """Return the text of an amount of money."""
    return Text(_with_unit(description, "(US dollars with at most two decimals)"), example, {"format": "double"})


def _with_unit(description: str, unit: str) -> str:
    first, _, rest = description.partition(".")
    return f"{first} {unit}.{rest}"


def number(description: str, example: float) -> Text:
    """Return the text of a number, whose description has its unit."""
    return Text(description, example, {"format": "double"})


def integer(description: str, example: int) -> Text:
    """Return the text of an integer, whose description has its unit."""
    return Text(description, example, {"format": "int32"})


def buildium_id(description: str, example: int = 12345) -> Text:
    """Return the text of a Buildium id."""
    return integer(description, example)


def reference(entity_type: str, example: str = "property-id") -> Text:
    """Return the text of a reference to another entity."""
    return Text(f"The {entity_type}: its local id (a string) or its Buildium id (an integer).", example)
