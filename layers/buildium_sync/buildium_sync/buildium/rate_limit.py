"""One rate limit for the account, shared by every function through one DynamoDB item.

The item holds the time of the next free slot. A call takes that slot and moves it on by one interval with a
single conditional update, so that no two callers get the same slot and no burst comes through (Buildium: 10
requests a second for an account). This is the generic cell rate algorithm without a burst.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.errors import RateLimited
from buildium_sync.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 50
"""Lost races before giving up; each means that another caller got a slot."""


class RateLimit:
    """Slots for calls to one Buildium account.

    `rate` is in calls a second; `clock` gives seconds since the epoch. With `near` (seconds) the calls have a low
    priority: they take no slot that is further away, and look again later, so that all others go first.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        rate: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        near: float | None = None,
        account: str = "buildium",
    ) -> None:
        self._client = client
        self._table = table
        self._interval = 1000 / rate
        self._clock = clock
        self._sleep = sleep
        self._near = near
        self._key = {"pk": {"S": f"rate#{account}"}}

    def wait(self, longest: float) -> None:
        """Take the next slot and sleep until it comes.

        Raises RateLimited, without a slot taken, when the next one is more than `longest` seconds away, and
        when the table cannot be reached: without it a call could be one too many.
        """
        if longest < 0:
            raise RateLimited("No time is left for another call")
        until = self._clock() + longest
        try:
            slot = self._reserve_near(self._near, until) if self._near else self._reserve(longest * 1000)
            # One that took long to get lies in the past, and so do others': they would all be used at once.
            while slot / 1000 < self._clock() - self._interval / 1000:
                slot = self._reserve((until - self._clock()) * 1000)
        except (BotoCoreError, ClientError) as error:
            raise RateLimited("The table of the rate limit does not answer") from error
        self._sleep(max(0.0, slot / 1000 - self._clock()))

    def _reserve_near(self, near: float, until: float) -> float:
        """Reserve a slot that is at most `near` seconds away, as soon as there is one. Raises RateLimited."""
        while (left := until - self._clock()) > near:
            try:
                return self._reserve(near * 1000)
            except RateLimited:
                self._sleep(near)
        return self._reserve(max(left, 0) * 1000)

    def penalise(self, seconds: float) -> None:
        """Keep every caller away for `seconds` from now: Buildium answered 429 all the same.

        Best effort: the next slot is waited for anyway.
        """
        until = self._clock() * 1000 + seconds * 1000
        try:
            self._set(until, "attribute_not_exists(nextSlot) OR nextSlot < :value")
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        except (BotoCoreError, ClientError) as error:
            logger.warning("The rate limit is not slowed down", extra={"error": type(error).__name__})

    def _reserve(self, longest: float) -> float:
        """Return the reserved slot in milliseconds since the epoch."""
        for _ in range(_ATTEMPTS):
            now = self._clock() * 1000
            try:
                return self._follow(now, now + longest)
            except self._client.exceptions.ConditionalCheckFailedException as refusal:
                occupied = _next_slot(refusal)
            if occupied is not None and occupied > now + longest:
                break
            try:
                self._set(now + self._interval, "attribute_not_exists(nextSlot) OR nextSlot < :now", now)
            except self._client.exceptions.ConditionalCheckFailedException:
                continue
            return now
        raise RateLimited("Buildium's rate limit leaves no slot for this call in time")

    def _follow(self, now: float, latest: float) -> float:
        answer = self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET nextSlot = nextSlot + :interval",
            ConditionExpression="nextSlot BETWEEN :now AND :latest",
            ExpressionAttributeValues={
                ":interval": _number(self._interval),
                ":now": _number(now),
                ":latest": _number(latest),
            },
            ReturnValues="UPDATED_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return float(answer["Attributes"]["nextSlot"]["N"])

    def _set(self, value: float, condition: str, now: float | None = None) -> None:
        values = {":value": _number(value)}
        if now is not None:
            values[":now"] = _number(now)
        self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET nextSlot = :value",
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )


def _number(milliseconds: float) -> dict[str, str]:
    return {"N": f"{milliseconds:.3f}"}


def _next_slot(refusal: ClientError) -> float | None:
    response: Mapping[str, Any] = refusal.response
    return float(response["Item"]["nextSlot"]["N"]) if "Item" in response else None
