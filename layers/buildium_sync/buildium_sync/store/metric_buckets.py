"""Numbers for the console and the digest: one item of the control table per quarter of an hour, for two days.

pk                       what
metrics#2026-11-22T14:15 m15, m16, …: the calls to Buildium of each of its minutes; the other numbers by their names
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from buildium_sync.clock import format_iso
from buildium_sync.domain.metric_counts import CALLS, CountsByMinute
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BUCKET_MINUTES = 15
_BUCKETS_READ = 96
"""A day."""
_RETENTION_SECONDS = 2 * 86_400
_KEYS = frozenset({"pk", "expiresAt"})


class MetricBuckets:
    """The numbers in one control table. Minutes are counted since the epoch, buckets too."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, counts: CountsByMinute) -> None:
        """Add the numbers of some minutes, with one write per bucket."""
        buckets: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for minute, numbers in counts.items():
            for name, number in numbers.items():
                buckets[minute // BUCKET_MINUTES][f"m{minute % 60:02}" if name == CALLS else name] += number
        for bucket, numbers in buckets.items():
            values = {f":{name}": number for name, number in numbers.items()}
            expires = bucket * BUCKET_MINUTES * 60 + _RETENTION_SECONDS
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes(_key(bucket)),
                UpdateExpression="SET expiresAt = :expires ADD " + ", ".join(f"{name} :{name}" for name in numbers),
                ExpressionAttributeValues=to_attributes({**values, ":expires": expires}),
            )

    def calls(self, first: int, last: int) -> dict[int, int]:
        """Return the calls of each minute from the first to the last that had any."""
        found: dict[int, int] = {}
        for bucket, item in self._read(first // BUCKET_MINUTES, last // BUCKET_MINUTES).items():
            hour = bucket * BUCKET_MINUTES // 60 * 60
            found |= {hour + int(name[1:]): number for name, number in item.items() if _is_minute(name)}
        return {minute: number for minute, number in found.items() if first <= minute <= last}

    def last_day(self, now: float) -> tuple[int, list[Mapping[str, int]]]:
        """Return the first bucket of the last day, and the numbers of each bucket. `now` is in epoch seconds."""
        last = int(now // (BUCKET_MINUTES * 60))
        first = last - _BUCKETS_READ + 1
        found = self._read(first, last)
        return first, [_summed(found.get(bucket, {})) for bucket in range(first, last + 1)]

    def _read(self, first: int, last: int) -> dict[int, Mapping[str, int]]:
        buckets = {_key(bucket)["pk"]: bucket for bucket in range(first, last + 1)}
        items = batch_get(self._client, self._table, ((pk,) for pk in buckets), consistent=False)
        return {
            buckets[item["pk"]]: {name: int(value) for name, value in item.items() if name not in _KEYS}
            for item in items
        }


def _summed(item: Mapping[str, int]) -> Mapping[str, int]:
    """Return the numbers of an item by name, with the calls of all its minutes."""
    calls = sum(number for name, number in item.items() if _is_minute(name))
    return {CALLS: calls, **{name: number for name, number in item.items() if not _is_minute(name)}}


def _is_minute(name: str) -> bool:
    return name[0] == "m" and name[1:].isdigit()


def _key(bucket: int) -> dict[str, str]:
    return {"pk": f"metrics#{format_iso(bucket * BUCKET_MINUTES * 60)[:16]}"}
