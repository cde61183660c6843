"""When a failed or paused delivery is tried again."""

from buildium_sync.backoff import Jitter, backoff

MAX_FAILURES = 21
"""Failures after which an event is a dead letter: at least a day after the first one."""
MAX_AGE_SECONDS = 13 * 86_400
"""Age at which a waiting event becomes a dead letter. SQS deletes it a day later."""
PAUSE_AFTER_SECONDS = 3_600
"""Time without a success after which deliveries are paused."""
PROBE_INTERVAL_SECONDS = 300
"""Time between two probes while deliveries are paused."""
_FIRST_DELAY_SECONDS, _MAX_DELAY_SECONDS = 15, 7_200
_PAUSE_SHARE = 0.25
_JITTER = (1.0, 1.25)


def retry_delay_seconds(failures: int, jitter: Jitter) -> int:
    """Return the delay after so many failures: it doubles from 15 seconds to two hours."""
    return round(backoff(failures, _FIRST_DELAY_SECONDS, _MAX_DELAY_SECONDS) * jitter(*_JITTER))


def pause_delay_seconds(paused_seconds: float, jitter: Jitter) -> int:
    """Return how long an event waits while deliveries are paused.

    The wait grows with the pause. So two weeks of it take fewer than 250 receives, and SQS allows 1,000.
    """
    wait = min(max(paused_seconds * _PAUSE_SHARE, PROBE_INTERVAL_SECONDS), _MAX_DELAY_SECONDS)
    return round(wait * jitter(*_JITTER))
