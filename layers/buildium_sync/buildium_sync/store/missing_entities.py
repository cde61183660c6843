"""Entities that nightly drift checks did not find in Buildium: one item of the control table for each.

pk                  what
missing#property#7  `buildiumId`; `firstAt` (ISO 8601): the first read in a row that found nothing; `check`: the start
                    of the last drift check that read it. It expires after a month
"""

from typing import TYPE_CHECKING, NamedTuple

from buildium_sync.domain.entity import EntityRef
from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TTL_SECONDS = 31 * 86_400


class MissingEntity(NamedTuple):
    """An entity that Buildium did not have since `first_at`. `check` names the last drift check that read it."""

    ref: EntityRef
    buildium_id: int
    first_at: str
    check: str


class MissingEntityStore:
    """The missing entities in one control table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, ref: EntityRef) -> MissingEntity | None:
        """Return what is stored of an entity, which may have been found since."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(_key(ref)), ConsistentRead=True)
        if "Item" not in response:
            return None
        item = from_attributes(response["Item"])
        return MissingEntity(ref, item["buildiumId"], item["firstAt"], item["check"])

    def put(self, missing: MissingEntity, now: float) -> None:
        """Store an entity that was not found at `now` (epoch seconds)."""
        item = {
            **_key(missing.ref),
            "buildiumId": missing.buildium_id,
            "firstAt": missing.first_at,
            "check": missing.check,
            "expiresAt": int(now) + _TTL_SECONDS,
        }
        self._client.put_item(TableName=self._table, Item=to_attributes(item))


def _key(ref: EntityRef) -> dict[str, str]:
    return {"pk": f"missing#{ref.pk}"}
