"""A DynamoDB stream and its event source mapping, as the template configures it.

AWS: records of one item are delivered in order and at least once. A failed batch is retried from the first failed
record, or in two halves if the function raised. After its retries it is dropped, and the failure destination receives
its position in the stream, without its content.
"""

import json
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.lambdas import Function, Invocation
from tests.faults.queues import Queue
from tests.faults.timeline import Timeline
from tests.harness.events import stream_record

_ARRIVAL_SECONDS = (0.02, 0.6)
"""Seconds until a record is read."""
_BACKOFF_SECONDS = (0.5, 2.0)


@dataclass
class Batch:
    """Records that are delivered together, and how often they failed."""

    records: list[dict[str, Any]]
    failures: int = 0


class Stream:
    """The entities table's stream. `duplicate_probability`: how likely a successful batch is delivered again."""

    def __init__(self, mapping: Mapping[str, Any], function: Function, dropped: Queue, timeline: Timeline) -> None:
        self.duplicate_probability = 0.0
        self.delivered: list[list[str]] = []
        """The sequence numbers of every delivered batch."""
        self._pattern = json.loads(mapping["FilterCriteria"]["Filters"][0]["Pattern"])
        self._size = mapping["BatchSize"]
        self._retries = mapping["MaximumRetryAttempts"]
        self._age = mapping["MaximumRecordAgeInSeconds"]
        assert mapping["BisectBatchOnFunctionError"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        self._function = function
        self._dropped = dropped
        self._timeline = timeline
        self._shards = [Shard(self) for _ in range(mapping["ParallelizationFactor"])]
        self.most_concurrent = 0
        """The most batches that were delivered at the same time."""
        self._images: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._all_records: list[dict[str, Any]] = []

    def put(self, item: Mapping[str, Any]) -> None:
        """Record a written item, in DynamoDB's form."""
        key = (item["pk"]["S"], item["sk"]["S"])
        record = stream_record(
            item, self._images.get(key), number=len(self._all_records) + 1, written_at=self._timeline.now
        )
        self._images[key] = item
        if _matches(self._pattern, record):
            self._all_records.append(record)
            self._shard(record).add(record)

    def use_shards(self, count: int) -> None:
        """Deliver the records of a new run by so many shards."""
        assert not self._all_records
        self._shards = [Shard(self) for _ in range(count)]

    def record_concurrency(self) -> None:
        """Count the batches that are being delivered."""
        self.most_concurrent = max(self.most_concurrent, sum(shard.is_busy for shard in self._shards))

    def deliver_again(self) -> None:
        """Deliver every record so far again, as after a lost checkpoint."""
        for record in self._all_records:
            self._shard(record).add(record)

    def _shard(self, record: Mapping[str, Any]) -> "Shard":
        key: str = record["dynamodb"]["Keys"]["pk"]["S"]
        return self._shards[zlib.crc32(key.encode()) % len(self._shards)]

    @property
    def backlog(self) -> int:
        """The number of records that are not processed yet."""
        return sum(lane.backlog for lane in self._shards)


class Shard:
    """The records of some items, delivered batch by batch."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._records: deque[dict[str, Any]] = deque()
        self._batches: deque[Batch] = deque()
        self.is_busy = False

    @property
    def backlog(self) -> int:
        return len(self._records) + sum(len(batch.records) for batch in self._batches)

    def add(self, record: dict[str, Any]) -> None:
        self._records.append(record)
        self._later(self._stream._timeline.rng.uniform(*_ARRIVAL_SECONDS))

    def _later(self, seconds: float) -> None:
        self._stream._timeline.after(seconds, self._deliver)

    def _deliver(self) -> None:
        if self.is_busy:
            return
        if not self._batches and self._records:
            count = min(len(self._records), self._stream._timeline.rng.randint(1, self._stream._size))
            self._batches.append(Batch([self._records.popleft() for _ in range(count)]))
        if not self._batches:
            return
        self.is_busy = True
        self._stream.record_concurrency()
        batch = self._batches[0]
        self._stream.delivered.append([record["dynamodb"]["SequenceNumber"] for record in batch.records])
        self._stream._function.invoke({"Records": batch.records}, self._ended)

    def _ended(self, invocation: Invocation) -> None:
        self.is_busy = False
        batch = self._batches.popleft()
        rest = self._rest(batch, invocation)
        if rest and (batch.failures > self._stream._retries or self._is_old(batch)):
            self._drop(batch)
        else:
            self._batches.extendleft(reversed(rest))
        self._later(self._stream._timeline.rng.uniform(*_BACKOFF_SECONDS) * 2**batch.failures if rest else 0)

    def _rest(self, batch: Batch, invocation: Invocation) -> list[Batch]:
        """The parts of a batch to deliver again."""
        if invocation.failed:
            half = len(batch.records) // 2
            if half:
                return [Batch(batch.records[:half], batch.failures), Batch(batch.records[half:], batch.failures)]
            batch.failures += 1
            return [batch]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
        failed = [numbers.index(failure["itemIdentifier"]) for failure in invocation.result["batchItemFailures"]]
        if failed:
            batch.failures += 1
            return [Batch(batch.records[min(failed) :], batch.failures)]
        again = self._stream._timeline.rng.random() < self._stream.duplicate_probability
        return [Batch(batch.records)] if again else []

    def _is_old(self, batch: Batch) -> bool:
        oldest = batch.records[0]["dynamodb"]["ApproximateCreationDateTime"]
        return bool(self._stream._timeline.now - oldest > self._stream._age)

    def _drop(self, batch: Batch) -> None:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
        dead_letter = {
            "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": batch.failures},
            "version": "1.0",
            "DDBStreamBatchInfo": {
                "shardId": "shardId-1",
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "batchSize": len(numbers),
                "streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/entities/stream/1",
            },
        }
        self._stream._dropped.send(json.dumps(dead_letter))


def _matches(pattern: Any, value: Any) -> bool:
    """Match EventBridge's patterns as far as the template uses them: objects, and lists of allowed values."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(part, value.get(name)) for name, part in pattern.items())
    return value in pattern
