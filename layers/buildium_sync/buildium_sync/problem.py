"""The body of an error response (RFC 9457)."""

from typing import Any


def problem_details(status: int, title: str, detail: str) -> dict[str, Any]:
    """Return the common members of problem+json (RFC 9457)."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}
