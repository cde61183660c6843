"""Counts the AWS calls of the functions at the client, and records the changes in the entities table's stream."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient

from tests.aws import ACTIVITY, CONTROL, ENTITIES
from tools.bench.dynamodb_units import Item, index_units, item_size, read_units, write_units
from tools.local_cloud.template import load_template

Make = Callable[[BaseClient, str, dict[str, Any]], Any]
Change = tuple[Item | None, Item | None]
_TRANSACTION = "TransactWriteItems"
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@dataclass
class Used:
    """The calls and units since the last reading.

    `reads` and `writes` are units of the tables except the control table. `timeline_writes` are those of the timeline
    table, which are included in `writes`. `seconds` is the time in calls, most of it
    the emulator's.
    """

    calls: Counter[str] = field(default_factory=Counter)
    reads: float = 0
    control_reads: float = 0
    writes: int = 0
    timeline_writes: int = 0
    control_writes: int = 0
    index_writes: int = 0
    seconds: float = 0
    stream: list[Change] = field(default_factory=list)

    @property
    def aws(self) -> int:
        """The number of calls."""
        return self.calls.total()


class Meter:
    """Counts the calls of the SDK's clients to the emulator within `on`."""

    def __init__(self) -> None:
        self.used = Used()
        self.published: list[dict[str, Any]] = []
        tables = {
            name: resource["Properties"]
            for name, resource in load_template()["Resources"].items()
            if resource["Type"] == "AWS::DynamoDB::Table"
        }
        self._keys = {name: _key_names(table) for name, table in tables.items()}
        self._indexes = {
            name: [_key_names(index) for index in table.get("GlobalSecondaryIndexes", [])]
            for name, table in tables.items()
        }
        self._lock = threading.RLock()
        self._make: Make = BaseClient._make_api_call  # type: ignore[attr-defined]

    @contextmanager
    def on(self) -> Iterator["Meter"]:
        """Count while the block runs."""
        meter = self

        def counted(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            with meter._lock:  # moto is not thread-safe
                return meter._counted(client, operation, arguments)

        BaseClient._make_api_call = counted  # type: ignore[attr-defined]
        try:
            yield self
        finally:
            BaseClient._make_api_call = self._make  # type: ignore[attr-defined]

    def take(self) -> Used:
        """Return the counts since the last time, and reset them."""
        used, self.used = self.used, Used()
        return used

    def _counted(self, client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        writes = list(_writes(operation, arguments))
        before = [self._image(client, table, key) for table, key in self._places(writes)]
        started = time.perf_counter()
        self.used.calls[operation] += 1
        try:
            response = self._make(client, operation, arguments)
        finally:
            self.used.seconds += time.perf_counter() - started
            after = [self._image(client, table, key) for table, key in self._places(writes)]
            for write, old, new in zip(writes, before, after, strict=True):
                self._add_write(write["TableName"], old, new, 2 if operation == _TRANSACTION else 1)
        self._add_reads(operation, arguments, response)
        self.published += arguments["Entries"] if operation == "PutEvents" else []
        return response

    def _places(self, writes: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        for write in writes:
            source, table = write.get("Key") or write["Item"], write["TableName"]
            yield table, {name: source[name] for name in self._keys[table]}

    def _image(self, client: BaseClient, table: str, key: dict[str, Any]) -> Item | None:
        found: Item | None = self._make(client, "GetItem", {"TableName": table, "Key": key}).get("Item")
        return found

    def _add_write(self, table: str, before: Item | None, after: Item | None, times: int) -> None:
        units = times * write_units(before, after)
        if table == CONTROL:
            self.used.control_writes += units
        else:
            self.used.writes += units
            self.used.timeline_writes += units if table == ACTIVITY else 0
        self.used.index_writes += index_units(before, after, self._indexes[table])
        if table == ENTITIES and before != after:
            self.used.stream.append((before, after))

    def _add_reads(self, operation: str, arguments: dict[str, Any], response: dict[str, Any]) -> None:
        consistent = bool(arguments.get("ConsistentRead"))
        if operation == "GetItem":
            self._add_read(arguments["TableName"], [item_size(response.get("Item", {}))], consistent=consistent)
        elif operation == "Query":
            sizes = [item_size(item) for item in response["Items"]]
            self._add_read(arguments["TableName"], sizes, consistent=consistent)
        elif operation == "BatchGetItem":
            for table, asked in arguments["RequestItems"].items():
                sizes = [item_size(item) for item in response["Responses"].get(table, [])]
                for size in sizes + [0] * (len(asked["Keys"]) - len(sizes)):
                    self._add_read(table, [size], consistent=bool(asked.get("ConsistentRead")))

    def _add_read(self, table: str, sizes: list[int], *, consistent: bool) -> None:
        units = read_units(sizes, consistent=consistent)
        if table == CONTROL:
            self.used.control_reads += units
        else:
            self.used.reads += units


def _key_names(described: dict[str, Any]) -> list[str]:
    return [part["AttributeName"] for part in described["KeySchema"]]


def _writes(operation: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each write of a call. A condition check in a transaction costs as much as a write."""
    if operation in _WRITES:
        yield arguments
    elif operation == _TRANSACTION:
        for action in arguments["TransactItems"]:
            yield from action.values()
