"""Counts the calls to Buildium as they are sent. Each uses up one of the account's calls, whatever its response."""

import threading
import time
from collections import Counter
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from buildium_sync.clock import Clock


class CallCounter:
    """The calls of this process per minute (since the epoch) that have not been reported yet."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._minutes: Counter[int] = Counter()
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count one call."""
        with self._lock:
            self._minutes[int(self._clock() // 60)] += 1

    def take(self) -> dict[int, int]:
        """Return the counts and reset them."""
        with self._lock:
            counts, self._minutes = self._minutes, Counter()
        return dict(counts)


class CountingAdapter(HTTPAdapter):
    """Sends requests and counts them."""

    def __init__(self, calls: CallCounter, **options: Any) -> None:
        self._calls = calls
        super().__init__(**options)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request."""
        self._calls.add()
        return super().send(request, *args, **options)
