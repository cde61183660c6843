"""Times in the tables and the API: ISO 8601, UTC, milliseconds."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Returns the seconds since the epoch."""


def format_iso(seconds: float) -> str:
    """Return `2026-11-22T14:13:54.123Z` for a number of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> float:
    """Return the seconds since the epoch for a time from `format_iso`."""
    return datetime.fromisoformat(text).timestamp()
