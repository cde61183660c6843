"""Typed environment variables: one declaration has the name, the type and the check of a variable.

Only the standard library is used: pydantic would make a cold start of the webhook function a quarter longer.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
_TRUE = frozenset({"1", "true", "yes", "on"})
_MAX_ID = 2**31 - 1
_FALSE = frozenset({"0", "false", "no", "off"})
_URL = re.compile(r"(https://[^\s\"\\@?#/]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)(/[^\s\"\\@?#]*)?")
"""HTTPS, or HTTP to a loopback address; a host and a path, as in the template's pattern."""
_ORIGIN = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?/?")
"""HTTPS, a host and a port, as in the template's pattern."""


class Variable(Generic[T]):
    """An environment variable. As an attribute of a settings class it has the type of the parsed value."""

    def __init__(
        self,
        name: str,
        parse: Callable[[str], T],
        expected: str,
        *,
        may_be_empty: bool = False,
        is_shown: bool = True,
    ) -> None:
        self.name = name
        self._parse = parse
        self._expected = expected
        self._may_be_empty = may_be_empty
        self._is_shown = is_shown

    def __get__(self, settings: object, owner: type) -> T:
        """Declare the type of the attribute. Instances of settings have the parsed value instead."""
        return cast("T", self)

    def read(self, environment: Mapping[str, str]) -> T:
        """Return the parsed value. Raises ValueError with the variable's name."""
        text = environment.get(self.name)
        if text is None or not (text.strip() or self._may_be_empty):
            raise ValueError(f"{self.name} is required")
        try:
            return self._parse(text.strip())
        except ValueError:
            value = f", got {text!r}" if self._is_shown else ""
            raise ValueError(f"{self.name} must be {self._expected}{value}") from None


class Settings:
    """The settings of one function: exactly the variables that the template sets for it. Times are in seconds.

    Raises ValueError with all missing and invalid variables. The template has the defaults.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        problems = []
        for attribute, variable in self.variables().items():
            try:
                setattr(self, attribute, variable.read(environment))
            except ValueError as error:
                problems.append(str(error))
        if problems:
            raise ValueError("; ".join(problems))

    @classmethod
    def variables(cls) -> dict[str, Variable[Any]]:
        """Return the variables by their attributes."""
        return {
            attribute: variable
            for owner in cls.__mro__
            for attribute, variable in vars(owner).items()
            if isinstance(variable, Variable)
        }


def _parse_url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError
    return text.rstrip("/")


def _parse_origin(text: str) -> str | None:
    if text and not _ORIGIN.fullmatch(text):
        raise ValueError
    return text.rstrip("/") or None


def _parse_boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError
    return text.lower() in _TRUE


def _parse_integer(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _parse_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError
    return value


def _parse_positive(text: str) -> float:
    value = _parse_number(text)
    if not value:
        raise ValueError
    return value


def _parse_positive_ids(text: str) -> frozenset[int]:
    parts = [part.strip() for part in text.split(",")] if text else []
    # `int` would also accept signs, underscores and the digits of other scripts.
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= _MAX_ID for part in parts):
        raise ValueError
    return frozenset(int(part) for part in parts)


def text(name: str, *, may_be_empty: bool = False) -> Variable[str]:
    """Return a text variable."""
    return Variable(name, str, "set", may_be_empty=may_be_empty)


def integer(name: str) -> Variable[int]:
    """Return a variable for an integer of at least 0."""
    return Variable(name, _parse_integer, "an integer of at least 0")


def account_id(name: str) -> Variable[int | None]:
    """Return a variable for a Buildium id. It may be empty, and 0 is None."""
    return Variable(name, lambda text: _parse_integer(text or "0") or None, "an ID or empty", may_be_empty=True)


def positive_ids(name: str) -> Variable[frozenset[int]]:
    """Return a variable for Buildium ids. It may be empty."""
    expected = "empty or positive IDs, separated by commas"
    return Variable(name, _parse_positive_ids, expected, may_be_empty=True)


def boolean(name: str) -> Variable[bool]:
    """Return a variable for a switch."""
    return Variable(name, _parse_boolean, "true or false")


def choice(name: str, *values: str) -> Variable[str]:
    """Return a variable with one of these values."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError
        return text

    return Variable(name, parse, " or ".join(values))


def number(name: str) -> Variable[float]:
    """Return a variable for a number of at least 0."""
    return Variable(name, _parse_number, "a number of at least 0")


def positive_number(name: str) -> Variable[float]:
    """Return a variable for a positive number."""
    return Variable(name, _parse_positive, "a positive number")


def milliseconds(name: str) -> Variable[float]:
    """Return a variable for milliseconds, parsed to seconds."""
    return Variable(name, lambda text: _parse_number(text) / 1000, "a number of at least 0")


def positive_milliseconds(name: str) -> Variable[float]:
    """Return a variable for positive milliseconds, parsed to seconds."""
    return Variable(name, lambda text: _parse_positive(text) / 1000, "a positive number")


def url(name: str) -> Variable[str]:
    """Return a variable for an HTTPS URL without user information and query. HTTP is allowed for loopback addresses.

    Errors hide its value, which may contain a password.
    """
    expected = "an address like https://api.buildium.com/v1, without a query"
    return Variable(name, _parse_url, expected, is_shown=False)


def optional_origin(name: str) -> Variable[str | None]:
    """Return a variable for an HTTPS address without a path. It may be empty, which is None."""
    expected = "an address like https://example.managebuilding.com, or empty"
    return Variable(name, _parse_origin, expected, may_be_empty=True, is_shown=False)
