"""Waiting for asynchronous results."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.e2e.api import Api, Json

_T = TypeVar("_T")
_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0
SCHEDULE_SECONDS = 150.0
"""The patience for what a schedule does, which runs once a minute."""


def eventually(look: Callable[[], _T], until: Callable[[_T], Any] = bool, seconds: float = _PATIENCE_SECONDS) -> _T:
    """Poll until the value is as wanted, and return it.

    Raises: AssertionError: with the last value after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s; seen last: {seen}"
        time.sleep(_PAUSE_SECONDS)
    return seen


def status_becomes(api: Api, entity_type: str, entity_id: str, status: str, seconds: float = _PATIENCE_SECONDS) -> Json:
    """Wait until a sync has a status, and return it."""
    return eventually(
        lambda: api.sync_status(entity_type, entity_id), lambda seen: seen["syncStatus"] == status, seconds
    )
