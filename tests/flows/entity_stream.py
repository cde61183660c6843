"""The stream of the entities table, delivered to the timeline function as Lambda delivers it.

AWS: records of one key are in order, and a batch is delivered at least once. A failed batch is delivered in halves.
"""

import random
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.errors import InvocationFailed
from buildium_sync.store.timeline_pages import TimelineStore
from functions.timeline.app import lambda_handler
from tests.aws import ENTITIES
from tests.flows.system import System
from tests.harness.events import Context, stream_record
from tests.harness.rounds import rounds_while

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SHARDS = 2
_MAX_BATCH = 12
Record = dict[str, Any]


class KilledError(BaseException):
    """The function was killed."""


class EntityStream:
    """Records every written entity and sync record, and delivers them in random batches."""

    def __init__(self, system: System, patch: pytest.MonkeyPatch, rng: random.Random) -> None:
        self._bus = system.bus
        self._clock = system.clock
        self._rng = rng
        self._images: dict[tuple[str, str], Record] = {}
        self._shards: list[deque[Record]] = [deque() for _ in range(_SHARDS)]
        self._delivered: list[list[Record]] = []
        self._number = 0
        self.kill_probability = 0.0
        self._capture(system.dynamodb, patch)
        self._kill_sometimes(patch)

    @property
    def backlog(self) -> int:
        """The number of records that are not delivered."""
        return sum(map(len, self._shards))

    def deliver(self) -> None:
        """Deliver the next batch of one shard: once or twice, in one part or in halves after a failure."""
        shard = self._rng.choice(self._shards)
        batch = [shard.popleft() for _ in range(min(len(shard), self._rng.randint(1, _MAX_BATCH)))]
        if batch:
            self._deliver(batch)
            self._delivered.append(batch)

    def deliver_again(self) -> None:
        """Deliver an earlier batch again, as after a lost checkpoint of Lambda."""
        if self._delivered:
            self._deliver(self._rng.choice(self._delivered))

    def deliver_all(self) -> None:
        """Deliver all records."""
        for _ in rounds_while(lambda: self.backlog):
            self.deliver()

    def _deliver(self, batch: list[Record]) -> None:
        self._bus.is_down = self._rng.random() < 0.1
        try:
            lambda_handler({"Records": batch}, Context())
        except (InvocationFailed, KilledError):
            half = len(batch) // 2
            for part in (batch[:half], batch[half:]) if half else (batch,):
                self._deliver(part)
        finally:
            self._bus.is_down = False

    def _capture(self, client: "DynamoDBClient", patch: pytest.MonkeyPatch) -> None:
        call = client._make_api_call  # type: ignore[attr-defined]

        def call_and_record(operation: str, arguments: Any) -> Any:
            response = call(operation, arguments)
            actions = arguments["TransactItems"] if operation == "TransactWriteItems" else []
            puts = [action["Put"] for action in actions if "Put" in action]
            for put in [arguments] if operation == "PutItem" else puts:
                if put["TableName"] == ENTITIES and put["Item"]["sk"]["S"] in ("entity", "sync"):
                    self._put(put["Item"])
            return response

        patch.setattr(client, "_make_api_call", call_and_record)

    def _put(self, item: Record) -> None:
        key = (item["pk"]["S"], item["sk"]["S"])
        self._number += 1
        record = stream_record(item, self._images.get(key), number=self._number, written_at=self._clock())
        self._images[key] = item
        self._shards[zlib.crc32(key[0].encode()) % _SHARDS].append(record)

    def _kill_sometimes(self, patch: pytest.MonkeyPatch) -> None:
        commit = TimelineStore.commit

        def commit_or_die(store: TimelineStore, *arguments: Any) -> None:
            if self._rng.random() < self.kill_probability:
                raise KilledError
            commit(store, *arguments)
            if self._rng.random() < self.kill_probability:
                raise KilledError

        patch.setattr(TimelineStore, "commit", commit_or_die)
