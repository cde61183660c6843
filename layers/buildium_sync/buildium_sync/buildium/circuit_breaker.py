"""Circuit breakers: all functions skip calls that would fail.

A call has four circuits. They belong to Buildium as a whole (`outage`), its base URL (`address`), the API key (`key`),
and the key's permission for this kind of call (`GET /rentals`, `WRITE /leases`). One item of the control table holds
the open circuits, one attribute each:

    status, reason   what opened it
    since, until     no call is made between these times (seconds since the epoch)
    probes           probe calls since then, one after each pause; a failed one doubles the pause

A process reads the item every few seconds at most. If the table is not available, all circuits count as closed. So the
table's outage stops no call here; the rate limiter stops calls in that case.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.backoff import backoff
from buildium_sync.buildium.call_classifier import KEY, OUTAGE, WRONG_BASE_URL, classify_call
from buildium_sync.clock import format_iso
from buildium_sync.domain.control_keys import CIRCUITS_PK
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRejected, ErrorCode, WrongBaseUrl
from buildium_sync.observability import logger, record_metric

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CACHE_TTL_SECONDS = 5.0
_RECOVERY_TIMEOUT_SECONDS, _MAX_RECOVERY_TIMEOUT_SECONDS = 30.0, 300.0
_STALE_AFTER_SECONDS = 1800.0
"""The time after its pause in which an open circuit counts. It exceeds every retry delay.

If no call has probed the circuit by then, no call needs it.
"""
_FAILURE_THRESHOLDS = {OUTAGE: 5, KEY: 1}
_DEFAULT_FAILURE_THRESHOLD = 3
"""Consecutive failures in one process that open a circuit."""


class OpenCircuit(NamedTuple):
    """An open circuit. The module describes its members."""

    status: int | None
    reason: str
    since: float
    until: float
    probes: int = 0

    def error(self) -> BuildiumError:
        """Return the error of a skipped call, of the kind that opened the circuit."""
        text = f"Buildium calls are paused: {self.reason}"
        if self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return CredentialsRejected(text, status=self.status)
        if self.status in WRONG_BASE_URL:
            return WrongBaseUrl(text, status=self.status)
        return BuildiumUnavailable(text, is_outage=True, code=ErrorCode.PAUSED, status=self.status)


class CircuitBreakers:
    """The circuits of one Buildium account. A probe call lasts at most `probe` seconds."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], float],
        probe: float,
    ) -> None:
        self._client = client
        self._table = table
        self._key = {"pk": {"S": CIRCUITS_PK}}
        self._clock = clock
        self._probe = probe
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._probed: set[str] = set()
        self._known: dict[str, OpenCircuit] = {}
        self._cached_until = 0.0

    def before_call(self, names: tuple[str, ...]) -> None:
        """Check the circuits of a call. After each pause, an open circuit allows one probe call.

        Raises CredentialsRejected, WrongBaseUrl or BuildiumUnavailable, with the reason, for the other calls.
        """
        known = self._load()
        for name in names:
            circuit = known.get(name)
            if circuit is not None and not self._acquire_probe(name, circuit):
                raise circuit.error()

    def after_call(self, names: tuple[str, ...], error: BuildiumError | None) -> None:
        """Open or close circuits according to the result of a call."""
        for name, works in classify_call(names, error).items():
            if works:
                self._record_success(name)
            elif error is not None:
                self._record_failure(name, error)

    def open_circuits(self) -> dict[str, OpenCircuit]:
        """Return the open circuits that calls still need, by name."""
        with self._lock:
            self._cached_until = 0.0
        now = self._clock()
        return {name: circuit for name, circuit in self._load().items() if circuit.until > now - _STALE_AFTER_SECONDS}

    def emit_metrics(self) -> int:
        """Record the number of open circuits that calls still need, log each, and return the number."""
        needed = self.open_circuits()
        for name, circuit in needed.items():
            about = {
                "circuit": name,
                "status": circuit.status,
                "since": format_iso(circuit.since),
                "probes": circuit.probes,
            }
            logger.warning("Circuit is open", extra=about)
        record_metric("OpenCircuits", len(needed), MetricUnit.Count)
        return len(needed)

    def _acquire_probe(self, name: str, circuit: OpenCircuit) -> bool:
        now = self._clock()
        if circuit.until > now:
            return False
        probed = circuit._replace(until=now + self._probe, probes=circuit.probes + 1)
        if not self._compare_and_set(name, circuit, probed):
            return False
        with self._lock:
            self._probed.add(name)
        return True

    def _record_success(self, name: str) -> None:
        with self._lock:
            self._failures.pop(name, None)
            self._probed.discard(name)
            circuit = self._known.get(name)
        if circuit is not None and self._compare_and_set(name, circuit, None):
            logger.warning("Circuit closed", extra={"circuit": name, "seconds": round(self._clock() - circuit.since)})

    def _record_failure(self, name: str, error: BuildiumError) -> None:
        now = self._clock()
        with self._lock:
            circuit = self._known.get(name)
            self._failures[name] = failures = self._failures.get(name, 0) + 1
            probed = name in self._probed
            self._probed.discard(name)
        if circuit is None:
            if failures < _FAILURE_THRESHOLDS.get(name, _DEFAULT_FAILURE_THRESHOLD):
                return
            opened = OpenCircuit(error.status, str(error), now, now + _RECOVERY_TIMEOUT_SECONDS)
        elif not probed:
            # This call started before the circuit opened.
            return
        else:
            pause = backoff(circuit.probes + 1, _RECOVERY_TIMEOUT_SECONDS, _MAX_RECOVERY_TIMEOUT_SECONDS)
            opened = circuit._replace(status=error.status, reason=str(error), until=now + pause)
        if self._compare_and_set(name, circuit, opened):
            about = {"circuit": name, "status": error.status, "probes": opened.probes}
            logger.warning("Circuit opened", extra=about)

    def _load(self) -> dict[str, OpenCircuit]:
        with self._lock:
            if self._clock() < self._cached_until:
                return self._known
        try:
            response = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Circuit breaker state could not be loaded", extra={"error": type(error).__name__})
            return {}
        self._cache(dict(_circuits(response.get("Item", {}))))
        return self._known

    def _cache(self, known: dict[str, OpenCircuit]) -> None:
        with self._lock:
            self._known = known
            self._cached_until = self._clock() + _CACHE_TTL_SECONDS

    def _compare_and_set(self, name: str, before: OpenCircuit | None, after: OpenCircuit | None) -> bool:
        """Write a circuit, None to close it. Returns False if another process was first or the table is unavailable."""
        circuits = {":before": before, ":after": after}
        try:
            response = self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET #name = :after" if after else "REMOVE #name",
                ConditionExpression="#name = :before" if before else "attribute_not_exists(#name)",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={key: _attribute(value) for key, value in circuits.items() if value},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as lost:
            current: Mapping[str, Any] = lost.response
            self._cache(dict(_circuits(current.get("Item", {}))))
            return False
        except (BotoCoreError, ClientError) as error:
            logger.warning("Circuit breaker state could not be saved", extra={"error": type(error).__name__})
            return False
        self._cache(dict(_circuits(response.get("Attributes", {}))))
        return True


def still_open(item: Mapping[str, Any], now: float) -> dict[str, OpenCircuit]:
    """Return the open circuits of a stored item, in Python's types, that calls still need at `now` (epoch seconds)."""
    found = ((name, _circuit(stored)) for name, stored in item.items() if isinstance(stored, dict))
    return {name: circuit for name, circuit in found if circuit.until > now - _STALE_AFTER_SECONDS}


def _attribute(circuit: OpenCircuit) -> dict[str, Any]:
    """Return a circuit as an attribute. Its numbers are strings, so that DynamoDB's comparison of maps is exact."""
    return {"M": {name: {"S": str(value)} for name, value in circuit._asdict().items() if value is not None}}


def _circuits(item: Mapping[str, Any]) -> Iterator[tuple[str, OpenCircuit]]:
    for name, attribute in item.items():
        if "M" in attribute:
            yield name, _circuit({key: value["S"] for key, value in attribute["M"].items()})


def _circuit(stored: Mapping[str, str]) -> OpenCircuit:
    status = int(stored["status"]) if "status" in stored else None
    since, until = float(stored["since"]), float(stored["until"])
    return OpenCircuit(status, stored["reason"], since, until, int(stored["probes"]))
