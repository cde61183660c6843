"""The control state of the stack: one item of the control table, which exists after the first pause or resume.

pk             what
control-state  changeCount; pauses; changes: the last pauses and resumes, newest first
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.clock import Clock
from buildium_sync.domain.control_keys import CONTROL_STATE_PK
from buildium_sync.domain.pauses import ControlState, Direction, Pause
from buildium_sync.errors import ConcurrentWrite, InboundPaused
from buildium_sync.observability import logger
from buildium_sync.store.dynamodb import Item, from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MAX_CHANGES = 100
_CACHE_TTL_SECONDS = 5.0
"""A pause is effective everywhere within 10 seconds. Each process reads it after 5 seconds at most."""


class ControlStateStore:
    """The control state of one stack. Every function reads it here."""

    def __init__(self, client: "DynamoDBClient", table: str, *, start_mode: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._initial = ControlState.initial(start_mode)
        self._clock = clock
        self._cached: tuple[float, ControlState] | None = None

    def current(self) -> ControlState:
        """Return the state, at most 5 seconds old.

        While it cannot be read, the last known state is valid. Without one, raises the client's error: nothing may
        start or stop on a guess.
        """
        return self._valid() or self._refreshed()

    def _valid(self) -> ControlState | None:
        """Return the cached state while it needs no read, else None."""
        cached = self._cached
        return cached[1] if cached is not None and self._clock() < cached[0] else None

    def _refreshed(self) -> ControlState:
        now, cached = self._clock(), self._cached
        try:
            state = self.state_of(self.read())
        except (BotoCoreError, ClientError) as error:
            if cached is None:
                raise
            logger.warning("Control state could not be read", extra={"error": type(error).__name__})
            state = cached[1]
        # Threads may read at the same time. One assignment keeps time and state together.
        self._cached = (now + _CACHE_TTL_SECONDS, state)
        return state

    def outbound_pause(self, entity_type: str | None = None) -> Pause | None:
        """Return the pause that stops the outbound sync of a type, or of all types."""
        return self._pause_of(Direction.OUTBOUND, [entity_type] if entity_type else [])

    def inbound_pause(self, entity_types: Iterable[str] = ()) -> Pause | None:
        """Return the pause that stops the inbound sync of one of these types. Without types, of all types."""
        return self._pause_of(Direction.INBOUND, list(entity_types))

    def _pause_of(self, direction: Direction, entity_types: Sequence[str]) -> Pause | None:
        """Return the pause, read again if it is cached: a sync that is left pending waits for the next sweep."""
        cached = self._valid()
        if cached is not None and cached.pause_of(direction, entity_types) is None:
            return None
        return self._refreshed().pause_of(direction, entity_types)

    def check_inbound(self, entity_types: Iterable[str]) -> None:
        """Raise InboundPaused if the inbound sync of one of these types is paused."""
        pause = self.inbound_pause(entity_types)
        if pause is not None:
            raise InboundPaused(f"Inbound sync of {pause.types_text} is paused: {pause.reason}")

    def read(self) -> Item:
        """Return the item, {} if none is stored."""
        key = to_attributes({"pk": CONTROL_STATE_PK})
        response = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_attributes(response.get("Item", {}))

    def state_of(self, item: Item) -> ControlState:
        """Return the state of an item, and that of the start mode for {}."""
        if "changeCount" not in item:
            return self._initial
        return ControlState(tuple(map(_pause, item["pauses"])), item["changeCount"])

    def write(self, state: ControlState, changes: Sequence[Item], earlier: Sequence[Item]) -> None:
        """Store the next state with its changes and the earlier ones, newest first.

        Raises ConcurrentWrite if the stored number of changes is not that of `state`.
        """
        values = {
            ":before": state.change_count,
            ":count": state.change_count + 1,
            ":pauses": [to_item(each) for each in state.pauses],
            ":changes": [*changes, *earlier][:_MAX_CHANGES],
        }
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": CONTROL_STATE_PK}),
                UpdateExpression="SET changeCount = :count, pauses = :pauses, #changes = :changes",
                ConditionExpression="attribute_not_exists(changeCount) OR changeCount = :before",
                ExpressionAttributeNames={"#changes": "changes"},
                ExpressionAttributeValues=to_attributes(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ConcurrentWrite("Control state was changed concurrently") from error
        self._cached = None


def to_item(pause: Pause) -> Item:
    """Return a pause as it is stored, and as the API shows it."""
    named: dict[str, Any] = {"direction": pause.direction.value, "entityType": pause.entity_type}
    return {**named, "since": pause.since, "by": pause.by, "reason": pause.reason}


def _pause(item: Item) -> Pause:
    return Pause(Direction(item["direction"]), item["entityType"], item["since"], item["by"], item["reason"])
