"""The end of the leases that one run of a function takes."""

_MARGIN_SECONDS = 5.0
"""Seconds from the end of the run to the end of its leases, so that no second worker starts before the first stops."""


def lease_end(now: float, time_left: float) -> float:
    """Return the end of a lease, in seconds since the epoch. `time_left` is in seconds until the run ends."""
    return now + max(time_left, 0) + _MARGIN_SECONDS
