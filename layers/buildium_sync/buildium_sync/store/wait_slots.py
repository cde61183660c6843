"""The slots of requests that wait for a sync, for an api function without a maximum of concurrent requests.

pk               what
wait-slot#<n>    heldUntil: until when a request has the slot (epoch seconds), 0 if none has it

A new AWS account runs ten functions at once. So the requests that wait leave half of them to the syncs.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock
from buildium_sync.observability import logger
from buildium_sync.store.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_WAITING = 5
_GRACE_SECONDS = 10
"""A slot is free so long after the end of its wait, even if its process was killed."""


class WaitSlots:
    """The slots of one control table."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    @contextmanager
    def allowed(self, seconds: float) -> Generator[float]:
        """Yield how long a request may wait: `seconds` with a slot, 0 without one."""
        until = self._clock() + seconds + _GRACE_SECONDS
        slot = next((slot for slot in range(MAX_WAITING) if self._hold(slot, until)), None)
        try:
            yield 0 if slot is None else seconds
        finally:
            if slot is not None:
                self._replace(slot, until, 0)

    def _hold(self, slot: int, until: float) -> bool:
        """Hold a free slot, and return whether it was free."""
        return self._replace(slot, self._clock(), until)

    def _replace(self, slot: int, latest: float, until: float) -> bool:
        """Set the end of a slot unless it is held longer than until `latest`. Return whether it is set."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": f"wait-slot#{slot}"}),
                UpdateExpression="SET heldUntil = :until",
                ConditionExpression="attribute_not_exists(pk) OR heldUntil <= :latest",
                ExpressionAttributeValues=to_attributes({":until": until, ":latest": latest}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except (BotoCoreError, ClientError) as error:
            # The entity is stored, so the request succeeds without a wait.
            logger.warning("Wait slot could not be changed", extra={"error": type(error).__name__})
            return False
        return True
