"""Counts the calls that go to Buildium, where they leave: each takes one of the account's, whatever its answer."""

import threading
import time
from collections import Counter
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from buildium_sync.clock import Clock


class CallCounter:
    """How many calls this process has made in each minute (since the epoch) and has not told of yet."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._minutes: Counter[int] = Counter()
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count one call."""
        with self._lock:
            self._minutes[int(self._clock() // 60)] += 1

    def take(self) -> dict[int, int]:
        """Return the counts and begin anew."""
        with self._lock:
            taken, self._minutes = self._minutes, Counter()
        return dict(taken)


class CountingAdapter(HTTPAdapter):
    """Sends requests as ever, and counts them."""

    def __init__(self, calls: CallCounter, **options: Any) -> None:
        self._calls = calls
        super().__init__(**options)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request."""
        self._calls.add()
        return super().send(request, *args, **options)
