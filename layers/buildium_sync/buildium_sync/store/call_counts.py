"""How many calls went to Buildium in each minute: one item of the control table an hour, for two days.

pk                    what
calls#2026-11-22T14   m00, m01, …: the calls of each of its minutes
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from buildium_sync.clock import format_iso
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_HOURS = 48


class CallCountStore:
    """The calls in one control table. Minutes are counted since the epoch."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, calls: Mapping[int, int]) -> None:
        """Add the calls of some minutes."""
        hours: dict[int, dict[str, int]] = defaultdict(dict)
        for minute, count in calls.items():
            hours[minute // 60][f"m{minute % 60:02}"] = count
        for hour, counts in hours.items():
            values = {f":{name}": count for name, count in counts.items()}
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes(_key(hour)),
                UpdateExpression="SET expiresAt = :expires ADD " + ", ".join(f"{name} :{name}" for name in counts),
                ExpressionAttributeValues=to_attributes({**values, ":expires": (hour + _KEPT_HOURS) * 3600}),
            )

    def read(self, first: int, last: int) -> dict[int, int]:
        """Return the calls of each minute from the first to the last that had any."""
        hours = {_key(hour)["pk"]: hour for hour in range(first // 60, last // 60 + 1)}
        found: dict[int, int] = {}
        for item in batch_get(self._client, self._table, ((pk,) for pk in hours), consistent=False):
            start = hours[item["pk"]] * 60
            found |= {start + int(name[1:]): n for name, n in item.items() if name[0] == "m"}
        return {minute: count for minute, count in found.items() if first <= minute <= last}


def _key(hour: int) -> dict[str, str]:
    return {"pk": f"calls#{format_iso(hour * 3600)[:13]}"}
