"""The highest Buildium id of each entity type that any function has seen: one item of the control table.

    pk           what
    highest-ids  one attribute for each entity type: its highest Buildium id

Buildium gives ids in ascending order. So an entity whose id is not higher existed before, and no later create made it.
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": "highest-ids"}


class HighestIds:
    """The ids in one control table, and those that this process has not stored yet."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._stored: dict[str, int] = {}

    def note(self, entity_type: str, buildium_ids: Iterable[int]) -> None:
        """Record ids of one type that Buildium returned. `flush` stores the highest one."""
        highest = max(buildium_ids, default=0)
        with self._lock:
            if highest > self._seen.get(entity_type, -1):
                self._seen[entity_type] = highest

    def read(self, entity_type: str) -> int | None:
        """Return the highest id that any function has seen of a type, None before the first one."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(_KEY), ConsistentRead=True)
        stored = from_attributes(response.get("Item", {}))
        with self._lock:
            self._stored |= {name: highest for name, highest in stored.items() if name != "pk"}
            known = [each[entity_type] for each in (self._stored, self._seen) if entity_type in each]
        return max(known, default=None)

    def flush(self) -> None:
        """Store the new highest ids. Raises what the client raises."""
        with self._lock:
            new = {name: each for name, each in self._seen.items() if each > self._stored.get(name, -1)}
        for entity_type, highest in new.items():
            self._raise(entity_type, highest)
            with self._lock:
                self._stored[entity_type] = highest

    def _raise(self, entity_type: str, highest: int) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes(_KEY),
                UpdateExpression="SET #type = :highest",
                ConditionExpression="attribute_not_exists(#type) OR #type < :highest",
                ExpressionAttributeNames={"#type": entity_type},
                ExpressionAttributeValues=to_attributes({":highest": highest}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
