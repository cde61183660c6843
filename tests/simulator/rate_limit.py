"""Buildium's limit of calls a second for the account, in two interpretations."""

import threading
from collections import deque
from collections.abc import Callable


class RateLimit:
    """Decides whether one more call stays within `calls` a second; 0 means no limit.

    As a token bucket (the default) it allows a burst of `calls` and refills evenly. With `sliding`, no interval of one
    second contains more than `calls` accepted calls.
    """

    def __init__(self, calls: float, clock: Callable[[], float], sliding: bool = False) -> None:
        self._calls = calls
        self._clock = clock
        self._sliding = sliding
        self._lock = threading.Lock()
        self._tokens = calls
        self._filled_at = clock()
        self._let_through: deque[float] = deque()

    def allows(self) -> bool:
        """Count a call if it is allowed."""
        if not self._calls:
            return True
        with self._lock:
            return self._in_window() if self._sliding else self._takes_token()

    def refill(self) -> None:
        """Reset the limit, as after a time without calls."""
        with self._lock:
            self._tokens = self._calls
            self._let_through.clear()

    def _in_window(self) -> bool:
        now = self._clock()
        while self._let_through and self._let_through[0] <= now - 1:
            self._let_through.popleft()
        if len(self._let_through) >= self._calls:
            return False
        self._let_through.append(now)
        return True

    def _takes_token(self) -> bool:
        now = self._clock()
        self._tokens = min(self._calls, self._tokens + (now - self._filled_at) * self._calls)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
