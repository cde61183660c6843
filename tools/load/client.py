"""Sends batches to the API, and repeats what was not written."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from tools.load.rows import Row

_MAX_FAILURES = 12
"""Failed requests in a row after which the load stops: about five minutes."""
_INITIAL_WAIT_SECONDS, _MAX_WAIT_SECONDS = 0.5, 30.0
_TIMEOUT_SECONDS = 60
_MAX_ITEM_ATTEMPTS = 4
"""Attempts of an item with the status 500."""
_SPLIT = frozenset({400, 413, 422})
"""Problems of a whole batch that one row may have caused."""
_CREATED, _BUSY, _INTERNAL = 201, frozenset({429, 502, 503, 504}), 500
_WRITTEN = frozenset({200, _CREATED})


class LoadStopped(Exception):
    """The load cannot continue. Another run resumes it."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not written, and the problem (RFC 9457)."""

    row: Row
    status: int
    problem: dict[str, Any]


class ApiClient:
    """The API at `url`, up to its stage."""

    def __init__(self, url: str, api_key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["x-api-key"] = api_key
        self._sleep = sleep

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        response = self._send("GET", "/openapi.json")
        if response.status_code != requests.codes.ok:
            raise LoadStopped(f"{self._url}/openapi.json returned {response.status_code}.")
        return dict(response.json())

    def write(self, collection: str, rows: Sequence[Row]) -> list[Rejection]:
        """Create or update the rows in order, and return the rejected ones. Raises LoadStopped."""
        rejected: list[Rejection] = []
        left = list(rows)
        for attempt in range(1, _MAX_FAILURES + 1):
            results = self._batch(collection, left, rejected)
            again = [
                row
                for row, result in results
                if result["status"] in _BUSY or (result["status"] == _INTERNAL and attempt < _MAX_ITEM_ATTEMPTS)
            ]
            rejected += [
                Rejection(row, result["status"], result["problem"])
                for row, result in results
                if result["status"] not in _WRITTEN and row not in again
            ]
            if not again:
                return rejected
            if len(again) == len(left):
                self._sleep(_wait(attempt))
            left = again
        raise LoadStopped("The API does not write the remaining rows of a batch.")

    def _batch(
        self, collection: str, rows: Sequence[Row], rejected: list[Rejection]
    ) -> list[tuple[Row, dict[str, Any]]]:
        """Return the result of each row. A batch that is rejected as a whole is divided to find the cause."""
        response = self._send("POST", f"/api/{collection}/batch", {"items": [row.body for row in rows]})
        if response.status_code == requests.codes.ok:
            return list(zip(rows, response.json()["results"], strict=True))
        if response.status_code not in _SPLIT:
            raise LoadStopped(f"The API returned {response.status_code}: {response.text[:300]}")
        if len(rows) == 1:
            rejected.append(Rejection(rows[0], response.status_code, response.json()))
            return []
        middle = len(rows) // 2
        return [
            *self._batch(collection, rows[:middle], rejected),
            *self._batch(collection, rows[middle:], rejected),
        ]

    def _send(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send a request until the API handles it. Raises LoadStopped after repeated failures."""
        reason = ""
        for attempt in range(1, _MAX_FAILURES + 1):
            try:
                response = self._session.request(method, self._url + path, json=body, timeout=_TIMEOUT_SECONDS)
            except requests.RequestException as error:
                reason = str(error)
                self._sleep(_wait(attempt))
                continue
            if response.status_code not in _BUSY and response.status_code != _INTERNAL:
                return response
            reason = f"status {response.status_code}"
            self._sleep(_retry_after(response) or _wait(attempt))
        raise LoadStopped(f"{self._url}{path} failed {_MAX_FAILURES} times in a row: {reason}")


def _wait(attempt: int) -> float:
    return float(min(_INITIAL_WAIT_SECONDS * 2 ** (attempt - 1), _MAX_WAIT_SECONDS))


def _retry_after(response: requests.Response) -> float | None:
    seconds = response.headers.get("Retry-After", "")
    return min(float(seconds), _MAX_WAIT_SECONDS) if seconds.isdigit() else None
