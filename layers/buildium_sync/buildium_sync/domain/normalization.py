"""Normalized strings, which are equal for two spellings of one value."""

import re
import unicodedata

_SAINT = re.compile(r"\bst\b")


def alphanumeric(text: str) -> str:
    """Return the letters and digits of a name, without case and accents: `St. Lucia` becomes `saintlucia`."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("&", " and ")
    return "".join(character for character in _SAINT.sub("saint", plain) if character.isalnum())


def casefolded(text: str | None) -> str:
    """Return a string without case and with single spaces, empty for None."""
    return " ".join((text or "").casefold().split())


def blank_to_none(text: str | None) -> str | None:
    """Return None for a blank string. Buildium returns an empty string for some values that are null elsewhere."""
    return (text or "").strip() or None
