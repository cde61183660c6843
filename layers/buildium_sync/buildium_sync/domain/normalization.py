"""Forms of a text in which two spellings of one value are equal."""

import re
import unicodedata

_SAINT = re.compile(r"\bst\b")


def alphanumeric(text: str) -> str:
    """Return a name's letters and digits alone, without case and accents: `St. Lucia` is `saintlucia`."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("&", " and ")
    return "".join(character for character in _SAINT.sub("saint", plain) if character.isalnum())


def casefolded(text: str | None) -> str:
    """Return a text without case and without the amount of its white space; empty for None."""
    return " ".join((text or "").casefold().split())


def blank_to_none(text: str | None) -> str | None:
    """Return None for a text of white space only. Buildium: some texts read empty where others read null."""
    return (text or "").strip() or None
