"""The delay between retries: the one exponential backoff of the package."""

from collections.abc import Callable

_MAX_DOUBLINGS = 64
"""A float overflows after about a thousand doublings. Every cap is reached long before."""

Jitter = Callable[[float, float], float]
"""Returns a number between two bounds, such as `random.uniform`."""


def backoff(attempt: int, base: float, cap: float, jitter: Jitter | None = None) -> float:
    """Return the seconds to wait after a failed attempt: `base` after the first (1), then twice as long each time.

    The delay is at most `cap`. With `jitter` it is spread over the upper half, so that retries do not come together.
    """
    delay = min(base * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), cap)
    return delay if jitter is None else jitter(delay / 2, delay)
