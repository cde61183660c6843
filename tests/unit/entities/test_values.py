import sys
import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from buildium_sync.entities.values import Name

NAME = TypeAdapter[str](Name)
HALF_A_PAIR = range(0xD800, 0xE000)
"""Surrogates, which are no text: what parses a body refuses them."""
CONTROL = {
    character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) == "Cc"
} - set("\t\r\n")


@pytest.mark.parametrize("character", sorted(CONTROL), ids=ascii)
def test_every_control_character_of_unicode_is_refused(character: str) -> None:
    with pytest.raises(ValidationError, match="control characters"):
        NAME.validate_python(f"a{character}b")


def test_every_other_character_is_taken() -> None:
    codes = (code for code in range(sys.maxunicode + 1) if code not in HALF_A_PAIR)
    others = [character for character in map(chr, codes) if character not in CONTROL]
    texts = ["a" + "".join(others[start : start + 100]) + "b" for start in range(0, len(others), 100)]

    assert [text for text in texts if NAME.validate_python(text) != text] == []
