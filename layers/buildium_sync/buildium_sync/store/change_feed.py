"""The change feed: numbered changes in the timeline table, for 90 days.

    pk          sk             what
    feed        counter        `last`: the number of the newest change, and `at`: when it was recorded
    feed#12     0000000123456  a change; a partition has 10,000 of them

A transaction that adds changes also moves the counter, on condition that the counter is as it was read. So the numbers
have no gaps, and changes become visible in order although several functions write them.

DynamoDB does not isolate a query from a transaction: it may return some of the transaction's items only. So a reader
stops at the first missing number. Times are in epoch seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from buildium_sync.errors import ChangesExpired, MalformedRequest
from buildium_sync.store.cursors import decode_cursor, encode_cursor
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

RETENTION_SECONDS = 90 * 86_400
_DELETION_DELAY_SECONDS = 3 * 86_400
"""DynamoDB deletes an expired item within a few days. A reader rejects the cursor of an expired change before."""
BUCKET_CHANGES = 10_000
_SEQUENCE_DIGITS = 13
_MAX_READ_CHANGES = 1000
"""Changes that one page evaluates, if it is of one entity type."""
_QUERY_CHANGES = 100
"""Changes that one query then returns."""
_PK = "feed"
_COUNTER_KEY = {"pk": _PK, "sk": "counter"}


class FeedCounter(NamedTuple):
    """The number of the newest change, 0 for none, and when it was recorded."""

    last: int = 0
    at: float = 0


class FeedPage(NamedTuple):
    """Changes in order. `has_more` says that others may follow, even if this page is empty."""

    changes: Sequence[Mapping[str, Any]]
    next_cursor: str
    has_more: bool


class ChangeFeed:
    """The change feed in one timeline table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def counter(self) -> FeedCounter:
        """Return the current counter."""
        response = self._client.get_item(TableName=self._table, Key=to_attributes(_COUNTER_KEY), ConsistentRead=True)
        item = from_attributes(response.get("Item", {}))
        return FeedCounter(item["last"], item["at"]) if item else FeedCounter()

    def newest_bucket(self) -> int:
        """Return the number of the newest partition."""
        return self.counter().last // BUCKET_CHANGES

    def appends(
        self, counter: FeedCounter, changes: Sequence[Mapping[str, Any]], now: float
    ) -> "list[TransactWriteItemTypeDef]":
        """Return the writes that add changes. The first one moves the counter, and fails if it was moved before."""
        # A clock that is behind must not record a change before an earlier one.
        at = max(now, counter.at)
        moved: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_attributes({**_COUNTER_KEY, "last": counter.last + len(changes), "at": at}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if counter.last:
            moved |= {"ConditionExpression": "#last = :last", "ExpressionAttributeNames": {"#last": "last"}}
            moved["ExpressionAttributeValues"] = to_attributes({":last": counter.last})
        numbered = enumerate(changes, start=counter.last + 1)
        items = [{**_key(number), **_recorded(change, at)} for number, change in numbered]
        puts: list[TransactWriteItemTypeDef] = [
            {"Put": {"TableName": self._table, "Item": to_attributes(item)}} for item in items
        ]
        return [{"Put": moved}, *puts]  # type: ignore[typeddict-item]

    def latest(self) -> FeedPage:
        """Return an empty page whose cursor is after the newest change."""
        return FeedPage([], _encode(self.counter().last), has_more=False)

    def page(self, *, entity_type: str | None, limit: int, cursor: str | None, now: float) -> FeedPage:
        """Return the changes after a cursor, or the oldest ones without it; of one entity type, or of all.

        Raises MalformedRequest for a cursor of another list, and ChangesExpired if changes after it are not kept.
        """
        cutoff = now - RETENTION_SECONDS
        after = _decode(cursor) if cursor else self._last_expired(cutoff)
        changes: list[Mapping[str, Any]] = []
        read = 0
        for item in self._following(after, limit if entity_type is None else _QUERY_CHANGES):
            if not read and item["recordedAt"] <= cutoff:
                raise ChangesExpired
            after, read = int(item["sk"]), read + 1
            if entity_type in (None, item["change"]["entityType"]):
                changes.append(item["change"])
            if len(changes) == limit or read == _MAX_READ_CHANGES:
                return FeedPage(changes, _encode(after), has_more=True)
        if not read:
            self._check_end(after)
        return FeedPage(changes, _encode(after), has_more=False)

    def _following(self, after: int, query_limit: int) -> Iterator[Item]:
        """Return the changes after a number, up to the first missing one."""
        while found := self._query(after, query_limit):
            for item in found:
                if int(item["sk"]) != after + 1:
                    return
                after += 1
                yield item

    def _query(self, after: int, limit: int) -> list[Item]:
        key = _key(after + 1)
        response = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk >= :sk",
            ExpressionAttributeValues=to_attributes({":pk": key["pk"], ":sk": key["sk"]}),
            ConsistentRead=True,
            Limit=limit,
        )
        return [from_attributes(item) for item in response["Items"]]

    def _check_end(self, after: int) -> None:
        """Raise ChangesExpired if changes after a number were deleted, or if the table is older than the cursor."""
        last = self.counter().last
        if last < after or (last > after and self._is_deleted(after + 1)):
            raise ChangesExpired

    def _last_expired(self, cutoff: float) -> int:
        """Return the number of the newest expired change, 0 for none, by binary search."""
        expired, kept = 0, self.counter().last + 1
        while kept - expired > 1:
            middle = (expired + kept) // 2
            if self._is_expired(middle, cutoff):
                expired = middle
            else:
                kept = middle
        return expired

    def _is_expired(self, number: int, cutoff: float) -> bool:
        item = self._isolated(number)
        return item is None or item.get("recordedAt", cutoff + 1) <= cutoff

    def _is_deleted(self, number: int) -> bool:
        return self._isolated(number) is None

    def _isolated(self, number: int) -> Item | None:
        """Return a change that the counter includes, None if it was deleted. It is empty while it is being written."""
        get = {"TableName": self._table, "Key": to_attributes(_key(number))}
        try:
            response = self._client.transact_get_items(TransactItems=[{"Get": get}])  # type: ignore[typeddict-item]
        except self._client.exceptions.TransactionCanceledException:
            return {}
        found = response["Responses"][0].get("Item")
        return from_attributes(found) if found else None


def bucket_pk(bucket: int) -> str:
    """Return the key of a partition."""
    return f"{_PK}#{bucket}"


def _key(number: int) -> Item:
    return {"pk": bucket_pk(number // BUCKET_CHANGES), "sk": f"{number:0{_SEQUENCE_DIGITS}}"}


def _recorded(change: Mapping[str, Any], at: float) -> Item:
    expires_at = int(at) + RETENTION_SECONDS + _DELETION_DELAY_SECONDS
    return {"change": change, "recordedAt": at, "expiresAt": expires_at}


def _encode(number: int) -> str:
    return encode_cursor({"pk": _PK, "after": f"{number:0{_SEQUENCE_DIGITS}}"})


def _decode(cursor: str) -> int:
    text = decode_cursor(cursor, {"pk": _PK}, "after")["after"]
    if len(text) != _SEQUENCE_DIGITS or not (text.isascii() and text.isdigit()):
        raise MalformedRequest.of("cursor", "is not a valid nextCursor value for this list")
    return int(text)
