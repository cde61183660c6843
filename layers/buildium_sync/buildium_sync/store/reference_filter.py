"""Filters a list of entities by an entity that their fields name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReferenceFilter:
    """The entities of which one of `fields` is, or contains, one of `values`: local ids and Buildium ids."""

    fields: tuple[str, ...]
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FilterExpression:
    """A filter in the form of a DynamoDB query."""

    expression: str
    names: dict[str, str]
    values: dict[str, Any]

    @classmethod
    def of(cls, filters: Sequence[ReferenceFilter]) -> "FilterExpression":
        """Return the expression of entities that match all filters."""
        names: dict[str, str] = {"#fields": "fields"}
        values: dict[str, Any] = {":list": "L"}
        conditions = []
        for number, each in enumerate(filters):
            names |= {f"#field{number}_{index}": name for index, name in enumerate(each.fields)}
            values |= {f":value{number}_{index}": value for index, value in enumerate(each.values)}
            paths = [f"#fields.#field{number}_{index}" for index in range(len(each.fields))]
            marks = [f":value{number}_{index}" for index in range(len(each.values))]
            conditions.append(" OR ".join(_is_or_contains(path, mark) for path in paths for mark in marks))
        return cls(" AND ".join(f"({condition})" for condition in conditions), names, values)


def _is_or_contains(path: str, mark: str) -> str:
    # Of a string, `contains` would find a part.
    return f"{path} = {mark} OR (attribute_type({path}, :list) AND contains({path}, {mark}))"
