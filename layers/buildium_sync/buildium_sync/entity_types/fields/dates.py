"""Dates in Buildium's payloads."""


def read_date(text: str | None) -> str | None:
    """Return `YYYY-MM-DD`, None for an empty date. Buildium shows some dates with a time."""
    return (text or "")[:10] or None
