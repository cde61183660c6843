"""A DynamoDB stream and its event source mapping, as the template sets it up.

AWS: records of one item come in order and at least once. A batch that fails is tried again from the first record that
the function named, or in two halves when it raised; after its retries it is dropped, and the failure destination gets
what says where it was, without its content.
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

_ARRIVES = (0.02, 0.6)
"""Seconds until a record is read."""
_BACKOFF = (0.5, 2.0)


@dataclass
class Batch:
    """Records that are delivered together, and how often they failed."""

    records: list[dict[str, Any]]
    failures: int = 0


class Stream:
    """The entities table's stream. `twice` is how likely a batch is to come again although it succeeded."""

    def __init__(self, mapping: Mapping[str, Any], function: Function, dropped: Queue, timeline: Timeline) -> None:
        self.twice = 0.0
        self.delivered: list[list[str]] = []
        """The sequence numbers of every batch that was handed over."""
        self._pattern = json.loads(mapping["FilterCriteria"]["Filters"][0]["Pattern"])
        self._size = mapping["BatchSize"]
        self._retries = mapping["MaximumRetryAttempts"]
        self._age = mapping["MaximumRecordAgeInSeconds"]
        assert mapping["BisectBatchOnFunctionError"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        self._function = function
        self._dropped = dropped
        self._timeline = timeline
        self._lanes = [Lane(self) for _ in range(mapping["ParallelizationFactor"])]
        self._known: set[tuple[str, str]] = set()
        self._taken: list[dict[str, Any]] = []

    def put(self, item: Mapping[str, Any]) -> None:
        """Take note of an item that was written, in DynamoDB's form."""
        key = (item["pk"]["S"], item["sk"]["S"])
        name = "MODIFY" if key in self._known else "INSERT"
        self._known.add(key)
        number = len(self._taken) + 1
        record = {
            "eventID": f"{number:032}",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": self._timeline.now,
                "Keys": {"pk": item["pk"], "sk": item["sk"]},
                "NewImage": dict(item),
                "SequenceNumber": str(number),
                "StreamViewType": "NEW_IMAGE",
            },
        }
        if _matches(self._pattern, record):
            self._taken.append(record)
            self._lane(record).add(record)

    def deliver_again(self) -> None:
        """Deliver every record so far once more, as after a checkpoint that was lost."""
        for record in self._taken:
            self._lane(record).add(record)

    def _lane(self, record: Mapping[str, Any]) -> "Lane":
        key: str = record["dynamodb"]["Keys"]["pk"]["S"]
        return self._lanes[zlib.crc32(key.encode()) % len(self._lanes)]

    @property
    def backlog(self) -> int:
        """How many records are not done with."""
        return sum(lane.backlog for lane in self._lanes)


class Lane:
    """The records of some of the items, one batch after the other."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._records: deque[dict[str, Any]] = deque()
        self._batches: deque[Batch] = deque()
        self._busy = False

    @property
    def backlog(self) -> int:
        return len(self._records) + sum(len(batch.records) for batch in self._batches)

    def add(self, record: dict[str, Any]) -> None:
        self._records.append(record)
        self._later(self._stream._timeline.chance.uniform(*_ARRIVES))

    def _later(self, seconds: float) -> None:
        self._stream._timeline.after(seconds, self._deliver)

    def _deliver(self) -> None:
        if self._busy:
            return
        if not self._batches and self._records:
            count = min(len(self._records), self._stream._timeline.chance.randint(1, self._stream._size))
            self._batches.append(Batch([self._records.popleft() for _ in range(count)]))
        if not self._batches:
            return
        self._busy = True
        batch = self._batches[0]
        self._stream.delivered.append([record["dynamodb"]["SequenceNumber"] for record in batch.records])
        self._stream._function.invoke({"Records": batch.records}, self._ended)

    def _ended(self, invocation: Invocation) -> None:
        self._busy = False
        batch = self._batches.popleft()
        rest = self._rest(batch, invocation)
        if rest and (batch.failures > self._stream._retries or self._is_old(batch)):
            self._drop(batch)
        else:
            self._batches.extendleft(reversed(rest))
        self._later(self._stream._timeline.chance.uniform(*_BACKOFF) * 2**batch.failures if rest else 0)

    def _rest(self, batch: Batch, invocation: Invocation) -> list[Batch]:
        """What is to be delivered again of a batch."""
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
        again = self._stream._timeline.chance.random() < self._stream.twice
        return [Batch(batch.records)] if again else []

    def _is_old(self, batch: Batch) -> bool:
        oldest = batch.records[0]["dynamodb"]["ApproximateCreationDateTime"]
        return bool(self._stream._timeline.now - oldest > self._stream._age)

    def _drop(self, batch: Batch) -> None:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.records]
        letter = {
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
        self._stream._dropped.send(json.dumps(letter))


def _matches(pattern: Any, value: Any) -> bool:
    """EventBridge's patterns, as far as the template's go: objects of objects, and lists of allowed values."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(part, value.get(name)) for name, part in pattern.items())
    return value in pattern
