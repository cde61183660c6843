"""The body of an error response (RFC 9457)."""

from typing import Any


def problem_details(status: int, title: str, detail: str) -> dict[str, Any]:
    """Return the members that every problem+json has (RFC 9457)."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}
