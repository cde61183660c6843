"""Dates as Buildium shows them."""


def read_date(text: str | None) -> str | None:
    """Return `YYYY-MM-DD`, or None where there is none. Buildium: some dates are shown with a time behind them."""
    return (text or "")[:10] or None
