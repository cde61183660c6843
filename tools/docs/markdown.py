"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, without a final line break."""
    return "\n".join(map(_row, [columns, ["---"] * len(columns), *rows]))


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def code(text: str) -> str:
    """Return a string as code, nothing for an empty string."""
    return f"`{text}`" if text else ""


def heading_anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub generates it."""
    kept = "".join(character for character in heading.lower() if character.isalnum() or character in "_- ")
    return kept.replace(" ", "-")
