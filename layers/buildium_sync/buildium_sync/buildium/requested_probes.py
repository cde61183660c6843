"""The circuits of calls that a person requests to learn whether they work."""

from buildium_sync.buildium.circuit_breaker import CircuitBreakers


class RequestedProbes(CircuitBreakers):
    """Makes every call, and opens or closes its circuits by the result.

    So a check sees whether the cause of an open circuit is removed, and syncs resume at once.
    """

    def before_call(self, names: tuple[str, ...]) -> None:
        """Count the call as the probe of its circuits."""
        self._load()
        with self._lock:
            self._probed.update(names)
