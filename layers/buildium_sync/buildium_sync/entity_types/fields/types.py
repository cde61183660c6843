"""Field types, with Buildium's limits."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from buildium_sync.entity_types.fields import countries

_INT32_MAX = 2**31 - 1
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Unicode's control characters except tab and line ends."""
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")
"""Line ends besides the control characters, which are rejected separately."""
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"})
"""Unicode: control and format characters, marks on other characters, and spaces."""
_INVISIBLE = re.compile(r"[\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]")
"""Fillers and blanks of other categories, and code points that Unicode reserves for invisible characters."""
_PHONE_LENGTHS = range(10, 21)


def _without_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE_CATEGORIES and not _INVISIBLE.match(character)


def _single_line(text: str) -> str:
    """Return a one-line string with a visible character. Other rules apply to an empty string."""
    if _LINE_BREAK.search(text):
        raise ValueError("must not contain line breaks")
    if text and not any(map(_is_visible, text)):
        raise ValueError("must contain a visible character")
    return _without_control_characters(text)


def _if_given(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda text: text if text is None else check(text))


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


def _phone(text: str) -> str:
    if len(text) not in _PHONE_LENGTHS or not any(character.isdigit() for character in text):
        raise ValueError("must be a telephone number of 10 to 20 characters")
    return text


def _date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("must be a date in the form YYYY-MM-DD")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a valid date") from None
    return text


def read_date(text: str | None) -> str | None:
    """Return `YYYY-MM-DD`, None for a text that is no date. Buildium shows some dates with a time."""
    try:
        return _date((text or "")[:10])
    except ValueError:
        return None


def _country(text: str) -> str:
    if countries.buildium_name(text) is None:
        raise ValueError("must be an ISO 3166 code or an English name of a country that Buildium knows")
    return text


def _distinct(items: list[str]) -> list[str]:
    if len(set(items)) < len(items):
        raise ValueError("must not contain duplicates")
    return items


def at_most(length: int) -> AfterValidator:
    """Return a validator that limits the length of a string (or None) for one field."""

    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"must have at most {length} characters")
        return text

    return _if_given(check)


# After the length limits: pydantic then reports the length in characters, and otherwise in items.
_Plain = AfterValidator(_without_control_characters)
_SingleLine = AfterValidator(_single_line)
_Required = StringConstraints(min_length=1)
_EmptyIsNone = AfterValidator(lambda text: text or None)

_DateFormat = Field(json_schema_extra={"format": "date"})

_Upto100 = Annotated[str, StringConstraints(max_length=100)]
_Upto127 = Annotated[str, StringConstraints(max_length=127)]
_Upto65535 = Annotated[str, StringConstraints(max_length=65_535)]

Name = Annotated[_Upto127, _Required, _SingleLine]
OptionalName = Annotated[Annotated[_Upto127, _SingleLine] | None, _EmptyIsNone]
Line = Annotated[_Upto100, _Required, _SingleLine]
OptionalLine = Annotated[Annotated[_Upto100, _SingleLine] | None, _EmptyIsNone]
OptionalProse = Annotated[Annotated[_Upto65535, _Plain] | None, _EmptyIsNone]

Country = Annotated[str, _Required, _SingleLine, AfterValidator(_country)]
"""An ISO 3166 code or an English name, stored in the client's spelling."""
OptionalEmail = Annotated[OptionalLine, _if_given(_email), Field(json_schema_extra={"format": "email"})]
OptionalPhone = Annotated[OptionalLine, _if_given(_phone)]
Date = Annotated[Line, AfterValidator(_date), _DateFormat]
OptionalDate = Annotated[OptionalLine, _if_given(_date), _DateFormat]
"""`YYYY-MM-DD`, stored as a string."""

BuildiumId = Annotated[int, Field(ge=1, le=_INT32_MAX)]
"""A Buildium id of something without a local entity."""
Year = Annotated[int, Field(ge=1000, le=9999)]
"""Buildium: four digits, not after the current year. Buildium checks the latter, because this code has no clock."""
EntityIds = Annotated[list[Line], AfterValidator(_distinct)]
"""Distinct local ids."""
