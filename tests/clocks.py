"""A clock that moves only when a test sets it or code sleeps."""

import threading


class VirtualClock:
    """Seconds since the epoch; `sleep` advances it at once."""

    def __init__(self, now: float = 1_795_356_000.0) -> None:
        self.now = now
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
