import sys
import unicodedata
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from buildium_sync.entity_types.fields.types import Line, Name, OptionalLine, OptionalName, OptionalProse

NAME = TypeAdapter[str](Name)
SINGLE_LINES: list[TypeAdapter[Any]] = [TypeAdapter(kind) for kind in (Name, Line, OptionalName, OptionalLine)]
PROSE = TypeAdapter[str | None](OptionalProse)
LINE_BREAKS = "\n\r\u2028\u2029"
HALF_A_PAIR = range(0xD800, 0xE000)
"""Surrogates are not characters: parsing a body rejects them."""
CONTROL = {
    character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) == "Cc"
} - set("\t\r\n")


@pytest.mark.parametrize("character", sorted(CONTROL), ids=ascii)
def test_every_unicode_control_character_is_rejected(character: str) -> None:
    with pytest.raises(ValidationError, match="control characters"):
        NAME.validate_python(f"a{character}b")


def test_every_other_character_is_accepted() -> None:
    codes = (code for code in range(sys.maxunicode + 1) if code not in HALF_A_PAIR)
    others = [character for character in map(chr, codes) if character not in CONTROL | set(LINE_BREAKS)]
    texts = ["a" + "".join(others[start : start + 100]) + "b" for start in range(0, len(others), 100)]

    assert [text for text in texts if NAME.validate_python(text) != text] == []


@pytest.mark.parametrize("line_break", [*LINE_BREAKS, "\r\n", "\x0b", "\x0c", "\x85"], ids=ascii)
def test_a_single_line_string_rejects_line_breaks(line_break: str) -> None:
    for single_line in SINGLE_LINES:
        with pytest.raises(ValidationError, match=r"line breaks|control characters"):
            single_line.validate_python(f"Sunset{line_break}Apartments")


@pytest.mark.parametrize("line_break", [*LINE_BREAKS, "\r\n"], ids=ascii)
def test_prose_keeps_its_line_breaks(line_break: str) -> None:
    text = f"Sunset{line_break}Apartments"
    assert PROSE.validate_python(text) == text


@pytest.mark.parametrize(
    "character",
    [
        "\u00ad",  # soft hyphen
        "\u034f",  # combining grapheme joiner
        "\u061c",  # Arabic letter mark
        "\u115f",  # Hangul choseong filler
        "\u1160",  # Hangul jungseong filler
        "\u17b4",  # Khmer inherent vowel
        "\u180e",  # Mongolian vowel separator
        "\u200b",  # zero width space
        "\u200d",  # zero width joiner
        "\u200f",  # right-to-left mark
        "\u202e",  # right-to-left override
        "\u2060",  # word joiner
        "\u2065",  # unassigned, kept for an invisible character
        "\u2069",  # pop directional isolate
        "\u2800",  # blank of Braille
        "\u3164",  # Hangul filler
        "\ufe0f",  # variation selector
        "\ufeff",  # byte order mark
        "\uffa0",  # halfwidth Hangul filler
        "\U000e0020",  # tag space
        "\U000e0100",  # variation selector
        "\u200b \u2060\u00a0\ufeff",
    ],
    ids=ascii,
)
def test_a_single_line_string_requires_a_visible_character(character: str) -> None:
    for single_line in SINGLE_LINES:
        with pytest.raises(ValidationError, match="visible"):
            single_line.validate_python(character)
        assert single_line.validate_python(f"a{character}b") == f"a{character}b"
