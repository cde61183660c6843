"""The deliveries of the app webhook: items of the timeline table, for 30 days.

pk           sk         what
app-webhook  <at>#<id>  id, type, entityType, entityId, at, status, attempts, error, attemptedAt
                        failures: the failed attempts that count towards the dead-letter queue
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.app_webhook import DeliveryStatus, Outcome
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes
from buildium_sync.store.newest_first import newest_first

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PK = "app-webhook"
_RETENTION_SECONDS = 30 * 86_400
_ABOUT = ("id", "type", "entityType", "entityId", "at")
_OPTIONAL = ("entityType", "entityId", "error")
_INTERNAL = ("pk", "sk", "failures", "expiresAt")


class DeliveryStore:
    """The deliveries, newest first by the time of their change."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def record(self, event: Mapping[str, Any], outcome: Outcome, *, counts: bool) -> int:
        """Store an attempt, and return the number of counted failures. A delivery, and `counts` false, add none."""
        status = DeliveryStatus.DELIVERED if outcome.is_delivered else DeliveryStatus.RETRYING
        failures = int(counts and not outcome.is_delivered)
        item = self._update(event, status, outcome.error, {"attempts": 1, "failures": failures})
        return int(item["failures"])

    def record_dead_letter(self, event: Mapping[str, Any], error: str) -> None:
        """Store that an event is a dead letter. After a redrive its failures are counted from zero."""
        self._update(event, DeliveryStatus.DEAD_LETTERED, error, {}, "failures")

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
        """Return one page of the deliveries, and the cursor of the next. Raises MalformedRequest."""
        items, next_cursor = newest_first(self._client, self._table, _PK, limit=limit, cursor=cursor)
        return [_from_item(item) for item in items], next_cursor

    def _update(
        self,
        event: Mapping[str, Any],
        status: DeliveryStatus,
        error: str | None,
        added: Mapping[str, int],
        *removed: str,
    ) -> Item:
        now = self._clock()
        values = {name: event.get(name) for name in _ABOUT}
        values |= {"status": status.value, "error": error, "attemptedAt": format_iso(now)}
        values |= {"expiresAt": int(now) + _RETENTION_SECONDS}
        present = {name: value for name, value in values.items() if value is not None}
        gone = [*removed, *(name for name, value in values.items() if value is None)]
        parts = [f"SET {', '.join(f'#{name} = :{name}' for name in present)}"]
        parts += [f"ADD {', '.join(f'#{name} :{name}' for name in added)}"] if added else []
        parts += [f"REMOVE {', '.join(f'#{name}' for name in gone)}"] if gone else []
        response = self._client.update_item(
            TableName=self._table,
            Key=to_attributes({"pk": _PK, "sk": f"{event['at']}#{event['id']}"}),
            UpdateExpression=" ".join(parts),
            ExpressionAttributeNames={f"#{name}": name for name in (*present, *added, *gone)},
            ExpressionAttributeValues=to_attributes(
                {f":{name}": value for name, value in {**present, **added}.items()}
            ),
            ReturnValues="ALL_NEW",
        )
        return from_attributes(response["Attributes"])


def _from_item(item: Item) -> Item:
    shown = {name: value for name, value in item.items() if name not in _INTERNAL}
    return {**dict.fromkeys(_OPTIONAL), "attempts": 0, **shown}
