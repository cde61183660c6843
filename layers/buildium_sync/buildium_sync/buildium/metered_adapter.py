"""Counts the calls to Buildium and their response times. Each uses up one of the account's calls."""

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from buildium_sync.domain.metric_counts import CALLS, MetricCounts


class MeteredAdapter(HTTPAdapter):
    """Sends requests and counts them. A response time ends with the headers, or with a timeout."""

    def __init__(self, counts: MetricCounts, **options: Any) -> None:
        self._counts = counts
        super().__init__(**options)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request."""
        self._counts.add(CALLS)
        started = time.monotonic()
        try:
            return super().send(request, *args, **options)
        finally:
            self._counts.add_latency(time.monotonic() - started)
