"""The log of requests to the simulator and their responses."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.simulator.errors import Problem
from tests.simulator.model import Json, Request, Response

API_KEY_HEADER = "x-buildium-client-secret"


@dataclass(frozen=True)
class Exchange:
    """One request to /v1 and its response.

    `body` and `response` are the parsed JSON, or the raw string if it is not JSON, or None; `headers` omits the API
    key. `at` is the arrival time in UNIX seconds of the simulator's clock. `status` is 0 if the connection was closed
    without a response; `fault` names the applied scripted fault. `violations` are keys and parameters unknown to
    Buildium.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    at: float
    status: int
    response: Any
    fault: str | None
    violations: tuple[str, ...]

    def dump(self) -> Json:
        """The exchange as JSON."""
        return asdict(self)


Observer = Callable[[Exchange], None]


class Journal:
    """The request log and its counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._arrivals: list[float] = []

    def arrived(self, at: float) -> None:
        """Count a call of the account, even if it is throttled."""
        with self._lock:
            self._arrivals.append(at)

    def add(self, exchange: Exchange) -> None:
        """Append to the log."""
        with self._lock:
            self._exchanges.append(exchange)

    def exchanges(self) -> list[Exchange]:
        """The log in the order of responses."""
        with self._lock:
            return list(self._exchanges)

    def clear(self) -> None:
        """Reset the journal and its counts."""
        with self._lock:
            self._exchanges.clear()
            self._arrivals.clear()

    def stats(self) -> Json:
        """calls, throttled (429), unauthorised (401), max_calls_in_a_second, contract_violations."""
        with self._lock:
            statuses = [exchange.status for exchange in self._exchanges]
            return {
                "calls": len(self._arrivals),
                "throttled": statuses.count(429),
                "unauthorised": statuses.count(401),
                "max_calls_in_a_second": most_in_a_second(self._arrivals),
                "contract_violations": [
                    f"{exchange.method} {exchange.path}: {violation}"
                    for exchange in self._exchanges
                    for violation in exchange.violations
                ],
            }


def most_in_a_second(times: list[float]) -> int:
    """The largest number of these times, in seconds, within any interval of one second."""
    ordered = sorted(times)
    most = first = 0
    for last, time in enumerate(ordered):
        while time - ordered[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def record(
    request: Request, response: Response, at: float, fault: str | None, problems: tuple[Problem, ...]
) -> Exchange:
    """The exchange of a request and its response."""
    return Exchange(
        method=request.method,
        path=request.path,
        query=request.query,
        headers={k: v for k, v in request.headers.items() if k.lower() != API_KEY_HEADER},
        body=_parsed(request.body),
        at=at,
        status=0 if response.abort else response.status,
        response=response.body if response.raw is None else _parsed(response.raw),
        fault=fault,
        violations=tuple(problem.key for problem in problems if problem.unknown),
    )


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
