"""Checks of request bodies, composed into shapes: `{"Name": required(text(127)), ...}`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.simulator.errors import Problem


@dataclass(frozen=True)
class Scope:
    """What a check needs about the account: existing entities, today's date, and strictness."""

    exists: Callable[[str, int], bool]
    today: date
    strict_keys: bool = True
    strict_states: bool = False


Check = Callable[[str, Any, Scope], list[Problem]]


@dataclass(frozen=True)
class Field:
    """One key of a payload. An optional field may be null or absent; a required one may be neither."""

    check: Check
    required: bool = False


Shape = Mapping[str, Field]


def required(check: Check) -> Field:
    """A required key."""
    return Field(check, required=True)


def optional(check: Check) -> Field:
    """A key that may be absent or null."""
    return Field(check)


def check_shape(shape: Shape, body: Any, scope: Scope, prefix: str = "") -> list[Problem]:
    """Every error in an object, with the paths of the keys (`Address.Country`)."""
    if not isinstance(body, dict):
        return [Problem(prefix.rstrip("."), f"{prefix.rstrip('.') or 'The body'} must be an object.")]
    problems = _unknown_keys(shape, body, prefix) if scope.strict_keys else []
    for name, field in shape.items():
        value = body.get(name)
        if value is not None:
            problems += field.check(prefix + name, value, scope)
        elif field.required:
            problems.append(Problem(prefix + name, f"{prefix}{name} is required."))
    return problems


def _unknown_keys(shape: Shape, body: Mapping[str, Any], prefix: str) -> list[Problem]:
    return [
        Problem(prefix + name, f"{prefix}{name} is not a field of this message.", unknown=True)
        for name in body
        if name not in shape
    ]


def _expect(holds: bool, key: str, rule: str) -> list[Problem]:
    return [] if holds else [Problem(key, f"{key} {rule}.")]


def text(longest: int | None = None, shortest: int = 0, pattern: str | None = None) -> Check:
    """A string within its lengths in characters, matching the pattern, if any."""

    def check(key: str, value: Any, _scope: Scope) -> list[Problem]:
        if not isinstance(value, str):
            return _expect(False, key, "must be a string")
        if len(value) < shortest or (longest is not None and len(value) > longest):
            return _expect(False, key, f"must be {shortest} to {longest or 'any number of'} characters")
        return _expect(pattern is None or re.fullmatch(pattern, value) is not None, key, "is malformed")

    return check


def name(longest: int | None) -> Check:
    """A non-empty string."""
    return text(longest, shortest=1)


def email() -> Check:
    """A possible e-mail address."""
    return text(pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+")


def one_of(*names: str) -> Check:
    """A name of an enum, case-sensitive."""
    return lambda key, value, _scope: _expect(value in names, key, f"must be one of {', '.join(names)}")


def boolean() -> Check:
    """True or false."""
    return lambda key, value, _scope: _expect(isinstance(value, bool), key, "must be true or false")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def whole() -> Check:
    """A 32-bit integer."""
    return lambda key, value, _scope: _expect(_is_whole(value), key, "must be a whole number")


def number() -> Check:
    """Any JSON number."""
    return lambda key, value, _scope: _expect(
        isinstance(value, int | float) and not isinstance(value, bool), key, "must be a number"
    )


def year_since(first: int) -> Check:
    """A year from `first` to the current one."""
    return lambda key, value, scope: _expect(
        _is_whole(value) and first <= value <= scope.today.year, key, f"must be a year since {first}"
    )


def calendar_date() -> Check:
    """`YYYY-MM-DD`, an existing day."""
    return lambda key, value, _scope: _expect(_is_date(value), key, "must be a date as YYYY-MM-DD")


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def reference(*type_names: str) -> Check:
    """The id of an existing entity of one of these types."""

    def check(key: str, value: Any, scope: Scope) -> list[Problem]:
        exists = _is_whole(value) and any(scope.exists(type_name, value) for type_name in type_names)
        return _expect(exists, key, f"does not name one of the account's {' or '.join(type_names)}")

    return check


def list_of(check_item: Check, least: int = 0, most: int | None = None) -> Check:
    """An array of valid items within these lengths."""

    def check(key: str, value: Any, scope: Scope) -> list[Problem]:
        if not isinstance(value, list):
            return _expect(False, key, "must be a list")
        if len(value) < least or (most is not None and len(value) > most):
            return _expect(False, key, f"must have {least} to {most or 'any number of'} items")
        return [p for i, item in enumerate(value) for p in check_item(f"{key}[{i}]", item, scope)]

    return check


def nested(shape: Shape, also: Check | None = None) -> Check:
    """An object of a shape; `also` checks the whole object if its fields are valid."""

    def check(key: str, value: Any, scope: Scope) -> list[Problem]:
        problems = check_shape(shape, value, scope, f"{key}.")
        return problems or (also(key, value, scope) if also else [])

    return check
