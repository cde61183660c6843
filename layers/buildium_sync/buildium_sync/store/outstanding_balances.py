"""The outstanding balances of leases, as Buildium listed them. They are items of the entities table.

    pk               sk          what
    lease-balances   0000000501  the balance of Buildium lease 501, in cents; `readAt` is the start of its read
    balance-refresh  lease       `refreshedAt`: the start of the last complete refresh

Times are in epoch seconds. A complete refresh writes every listed lease with a later `readAt` than its start. So an
older item is of a lease that it did not list, and reads ignore it. An item is replaced only by a later read.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from buildium_sync.domain.lease_balance import BalanceAging, LeaseBalance
from buildium_sync.errors import MalformedRequest
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_PK = "lease-balances"
_REFRESH_KEY = {"pk": "balance-refresh", "sk": "lease"}
_ID_DIGITS = 10
"""Buildium: ids are 32-bit integers. With leading zeros, strings have the order of the ids."""
_READ_SIZE_ITEMS = 500
"""Items that one query evaluates."""
_CENTS = 100


class LeaseBalanceStore:
    """The balances in one entities table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, balance: LeaseBalance) -> bool:
        """Store a balance. Returns False, and writes nothing, if the stored one was read at the same time or later."""
        return self._replace(_to_item(balance), "readAt")

    def finish_refresh(self, refreshed_at: float) -> None:
        """Record that every listed lease was read and stored since `refreshed_at`."""
        self._replace({**_REFRESH_KEY, "refreshedAt": refreshed_at}, "refreshedAt")

    def refreshed_at(self) -> float | None:
        """Return the start of the last complete refresh, None before the first one."""
        item = self._get(_REFRESH_KEY)
        return item["refreshedAt"] if item else None

    def read(self, buildium_lease_id: int) -> LeaseBalance | None:
        """Return the balance of a lease: zero if Buildium did not list it, None if it was never read."""
        # First the refresh: an item that is older than this one stays ignored, whatever is written after.
        refreshed_at = self.refreshed_at()
        item = self._get({"pk": _PK, "sk": _sk(buildium_lease_id)})
        if item and (refreshed_at is None or item["readAt"] >= refreshed_at):
            return _from_item(item)
        return None if refreshed_at is None else LeaseBalance.zero(buildium_lease_id, refreshed_at)

    def page(self, minimum: Decimal, *, limit: int, cursor: str | None) -> tuple[list[LeaseBalance], str | None]:
        """Return one page of the balances of at least `minimum`, in order of Buildium's lease id, and the next cursor.

        Raises MalformedRequest for a cursor that is not of this list.
        """
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "FilterExpression": "totalCents >= :minimum AND readAt >= :refreshed",
            "ExpressionAttributeValues": to_attributes(
                {":pk": _PK, ":minimum": _in_cents(minimum), ":refreshed": self.refreshed_at() or 0}
            ),
            "ConsistentRead": True,
            "Limit": _READ_SIZE_ITEMS,
        }
        if cursor:
            query["ExclusiveStartKey"] = to_attributes(_key_of(cursor))
        items: list[Item] = []
        while len(items) <= limit:
            response = self._client.query(**query)
            items += map(from_attributes, response["Items"])
            if "LastEvaluatedKey" not in response:
                break
            query["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        found = items[:limit]
        next_cursor = encode_cursor({"pk": _PK, "sk": found[-1]["sk"]}) if len(items) > limit else None
        return [_from_item(item) for item in found], next_cursor

    def _replace(self, item: Item, time: str) -> bool:
        """Put an item unless the stored one has the same or a later time; return whether it was put."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR #time < :time",
                ExpressionAttributeNames={"#time": time},
                ExpressionAttributeValues=to_attributes({":time": item[time]}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _get(self, key: Item) -> Item:
        response = self._client.get_item(TableName=self._table, Key=to_attributes(key), ConsistentRead=True)
        return from_attributes(response.get("Item", {}))


def _key_of(cursor: str) -> Item:
    key = decode_cursor(cursor, {"pk": _PK}, "sk")
    if not (key["sk"].isascii() and key["sk"].isdigit()):
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return key


def _sk(buildium_lease_id: int) -> str:
    return f"{buildium_lease_id:0{_ID_DIGITS}}"


def _to_item(balance: LeaseBalance) -> Item:
    aging = balance.aging
    return {
        "pk": _PK,
        "sk": _sk(balance.buildium_lease_id),
        "buildiumId": balance.buildium_lease_id,
        "totalCents": _in_cents(balance.total),
        "days0To30Cents": _in_cents(aging.days_0_to_30),
        "days31To60Cents": _in_cents(aging.days_31_to_60),
        "days61To90Cents": _in_cents(aging.days_61_to_90),
        "over90DaysCents": _in_cents(aging.over_90_days),
        "readAt": balance.read_at,
    }


def _from_item(item: Item) -> LeaseBalance:
    aging = BalanceAging(
        _from_cents(item["days0To30Cents"]),
        _from_cents(item["days31To60Cents"]),
        _from_cents(item["days61To90Cents"]),
        _from_cents(item["over90DaysCents"]),
    )
    return LeaseBalance(item["buildiumId"], _from_cents(item["totalCents"]), aging, item["readAt"])


def _in_cents(amount: Decimal) -> int:
    return int(amount * _CENTS)


def _from_cents(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
