"""Circuit breakers: calls that would fail anyway are not made, by any function.

Four circuits lie in the way of a call: Buildium as a whole (`outage`), its base URL (`address`), the API key (`key`),
and the key's permission for the kind of call (`GET /rentals`, `WRITE /leases`), which is given by type. One item of
the control table holds those that are open, each an attribute:

    status, reason   what opened it
    since, until     from when on, and until when, no call is made (seconds since the epoch)
    probes           calls that were let through since, one after each pause; each that fails doubles the pause

A process reads the item every few seconds at most. Without the table circuits are closed: it is not there to become
the outage itself, and the rate limit makes no call then.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.call_classifier import KEY, OUTAGE, WRONG_BASE_URL, verdicts
from buildium_sync.clock import iso
from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRefused, WrongBaseUrl
from buildium_sync.observability import logger, measure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FRESH = 5.0
"""Seconds for which a process believes what it has read."""
_PAUSE, _LONGEST_PAUSE = 30.0, 300.0
_FORGOTTEN = 1800.0
"""Seconds after its pause that an open circuit counts, longer than anything that waits for it is put off: when nobody
has tried it by then, nobody needs it."""
_FAILURES = {OUTAGE: 5, KEY: 1}
_REFUSALS = 3
"""Failures in a row, as one process sees them, that open a circuit."""


@dataclass(frozen=True, slots=True)
class Open:
    """An open circuit, as described above."""

    status: int | None
    reason: str
    since: float
    until: float
    probes: int = 0

    def error(self) -> BuildiumError:
        """Return the error of a call that is not made, of the kind that opened the circuit."""
        text = f"Buildium is not called for now: {self.reason}"
        if self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return CredentialsRefused(text, status=self.status)
        if self.status in WRONG_BASE_URL:
            return WrongBaseUrl(text, status=self.status)
        return BuildiumUnavailable(text, outage=True, status=self.status)


class Circuits:
    """The circuits of one Buildium account. `probe` is how long a call that is let through may take, in seconds."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], float],
        probe: float,
        account: str = "buildium",
    ) -> None:
        self._client = client
        self._table = table
        self._key = {"pk": {"S": f"circuits#{account}"}}
        self._clock = clock
        self._probe = probe
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._probed: set[str] = set()
        self._known: dict[str, Open] = {}
        self._fresh_until = 0.0

    def check(self, names: tuple[str, ...]) -> None:
        """Let a call through these circuits pass.

        An open one lets one call through after each pause. Raises CredentialsRefused, WrongBaseUrl or
        BuildiumUnavailable, with the reason, for the others.
        """
        known = self._open()
        for name in names:
            circuit = known.get(name)
            if circuit is not None and not self._is_probed_by_us(name, circuit):
                raise circuit.error()

    def note(self, names: tuple[str, ...], error: BuildiumError | None) -> None:
        """Draw the conclusions from how a call ended."""
        for name, works in verdicts(names, error).items():
            if works:
                self._works(name)
            elif error is not None:
                self._fails(name, error)

    def needed(self) -> dict[str, Open]:
        """Return the circuits that are open now and that somebody still needs, by their names."""
        with self._lock:
            self._fresh_until = 0.0
        now = self._clock()
        return {name: circuit for name, circuit in self._open().items() if circuit.until > now - _FORGOTTEN}

    def report(self) -> int:
        """Measure how many circuits are open that somebody still needs, log each, and return their number."""
        needed = self.needed()
        for name, circuit in needed.items():
            about = {"circuit": name, "status": circuit.status, "since": iso(circuit.since), "probes": circuit.probes}
            logger.warning("A circuit is open", extra=about)
        measure("OpenCircuits", len(needed), MetricUnit.Count)
        return len(needed)

    def _is_probed_by_us(self, name: str, circuit: Open) -> bool:
        now = self._clock()
        if circuit.until > now:
            return False
        probed = replace(circuit, until=now + self._probe, probes=circuit.probes + 1)
        if not self._replace(name, circuit, probed):
            return False
        with self._lock:
            self._probed.add(name)
        return True

    def _works(self, name: str) -> None:
        with self._lock:
            self._failures.pop(name, None)
            self._probed.discard(name)
            circuit = self._known.get(name)
        if circuit is not None and self._replace(name, circuit, None):
            logger.warning("Circuit closed", extra={"circuit": name, "seconds": round(self._clock() - circuit.since)})

    def _fails(self, name: str, error: BuildiumError) -> None:
        now = self._clock()
        with self._lock:
            circuit = self._known.get(name)
            self._failures[name] = failures = self._failures.get(name, 0) + 1
            probed = name in self._probed
            self._probed.discard(name)
        if circuit is None:
            if failures < _FAILURES.get(name, _REFUSALS):
                return
            opened = Open(error.status, str(error), now, now + _PAUSE)
        elif not probed:
            # Its call was on its way when the circuit opened.
            return
        else:
            pause = min(_PAUSE * 2.0 ** min(circuit.probes, 10), _LONGEST_PAUSE)
            opened = replace(circuit, status=error.status, reason=str(error), until=now + pause)
        if self._replace(name, circuit, opened):
            about = {"circuit": name, "status": error.status, "probes": opened.probes}
            logger.warning("Circuit open", extra=about)

    def _open(self) -> dict[str, Open]:
        with self._lock:
            if self._clock() < self._fresh_until:
                return self._known
        try:
            answer = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            logger.warning("The circuits cannot be read", extra={"error": type(error).__name__})
            return {}
        self._remember(dict(_circuits(answer.get("Item", {}))))
        return self._known

    def _remember(self, known: dict[str, Open]) -> None:
        with self._lock:
            self._known = known
            self._fresh_until = self._clock() + _FRESH

    def _replace(self, name: str, before: Open | None, after: Open | None) -> bool:
        """Write a circuit, None for a closed one; False when another has been faster, or the table is away."""
        told = {":before": before, ":after": after}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=self._key,
                UpdateExpression="SET #name = :after" if after else "REMOVE #name",
                ConditionExpression="#name = :before" if before else "attribute_not_exists(#name)",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={key: _attribute(value) for key, value in told.items() if value},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as lost:
            response: Mapping[str, Any] = lost.response
            self._remember(dict(_circuits(response.get("Item", {}))))
            return False
        except (BotoCoreError, ClientError) as error:
            logger.warning("A circuit cannot be written", extra={"error": type(error).__name__})
            return False
        self._remember(dict(_circuits(answer.get("Attributes", {}))))
        return True


def _attribute(circuit: Open) -> dict[str, Any]:
    """Return a circuit as an attribute. Its numbers are texts: DynamoDB compares maps whole, by how numbers look."""
    return {"M": {name: {"S": str(value)} for name, value in asdict(circuit).items() if value is not None}}


def _circuits(item: Mapping[str, Any]) -> Iterator[tuple[str, Open]]:
    for name, attribute in item.items():
        if "M" in attribute:
            told = {key: value["S"] for key, value in attribute["M"].items()}
            status = int(told["status"]) if "status" in told else None
            since, until = float(told["since"]), float(told["until"])
            yield name, Open(status, told["reason"], since, until, int(told["probes"]))
