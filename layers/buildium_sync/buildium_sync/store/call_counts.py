"""How many calls went to Buildium in each minute: one item of the control table an hour, for two days.

pk                    what
calls#2026-11-22T14   m00, m01, …: the calls of each of its minutes
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from buildium_sync.clock import format_iso
from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_HOURS = 48
_BATCH = 100
"""DynamoDB: keys in one BatchGetItem."""


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
        """Return the calls of each minute from the first to the last that had any; at most four days."""
        hours = {_key(hour)["pk"]: hour for hour in range(first // 60, last // 60 + 1)}
        found: dict[int, int] = {}
        pending: Any = [to_attributes({"pk": pk}) for pk in hours][:_BATCH]
        while pending:
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": pending}})
            for item in map(from_attributes, answer["Responses"].get(self._table, [])):
                begin = hours[item["pk"]] * 60
                found |= {begin + int(name[1:]): n for name, n in item.items() if name[0] == "m"}
            pending = answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"]
        return {minute: count for minute, count in found.items() if first <= minute <= last}


def _key(hour: int) -> dict[str, str]:
    return {"pk": f"calls#{format_iso(hour * 3600)[:13]}"}
