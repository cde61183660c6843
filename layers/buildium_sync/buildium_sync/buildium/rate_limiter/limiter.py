"""The account's rate limiter: all functions share it through one DynamoDB item.

The item holds the time of the next free slot. A call takes the slot and moves it by one interval with a conditional
update. So each slot goes to one call, and there are no bursts (Buildium: 10 requests per second and account). This is
the generic cell rate algorithm without a burst. The same update returns the learned rate after throttled calls (see
`pacing`) and the clock of the last caller.

Times follow the fastest clock. The item holds the time at which its last slot was taken, and a process whose clock is
behind adds the difference to its own. So a slot means the same moment for all processes.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.rate_limiter.pacing import LimiterState, throttled_rate
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.errors import RateLimited
from buildium_sync.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MAX_ATTEMPTS = 50
"""Lost races before an error. In each, another process got a slot."""
_RESTART_MARGIN_MS = 30.0
"""After an idle time the first call waits for the write of its slot, and so is late by its duration."""
_MAX_CLOCK_SKEW_MS = 50.0
"""Clocks agree within a few milliseconds. Above this difference, a process adjusts its clock."""
_SKEW_GUARD_MS = 20.0
"""Added to the interval of a process with an adjusted clock: its calls may be late by as much."""
_CLOCK_POLL_SECONDS = 0.005
_MAX_CLOCK_POLLS = 60
"""Reads of a process with a wrong clock, until another process takes a slot."""
_NO_SLOT = "No rate-limit slot available in time"


class Slot(NamedTuple):
    """The time of a call (milliseconds since the epoch, by the shared clock), and the rate in calls per second.

    `throttles` is the number of throttled calls before it, `granted` the number of slots after the last of them.
    """

    at: float
    rate: float
    throttles: int
    granted: int


class RateLimiter:
    """Slots for the calls of this process to one Buildium account.

    `rate` is the limit in calls per second. `clock` returns seconds since the epoch. Only one thread of a process takes
    a slot at a time, shortly before the process's last slot. A slot that is reserved far ahead would ignore throttling
    and priorities.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        rate: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        account: str = "buildium",
    ) -> None:
        self._client = client
        self._table = table
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._key = {"pk": {"S": f"rate#{account}"}}
        self._name = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._clock_offset_ms = 0.0
        self._state: LimiterState | None = None
        self._clock_unsynced = True
        self._clock_checked = False
        self._seen = 0.0
        self._only_caller = True
        self._last = 0.0
        self._closed_until = 0.0

    def warm_up(self) -> None:
        """Compare the clocks while a new process does the work before its first call.

        A process that has compared before does nothing. Errors are only logged: `acquire` compares if necessary.
        """
        try:
            with self._lock:
                if self._clock_unsynced and not self._clock_checked:
                    self._sync_clock()
                    self._clock_checked = True
        except Exception as error:  # noqa: BLE001 -- `acquire` raises the error again
            logger.warning("Rate limiter state could not be read", extra={"error": type(error).__name__})

    def acquire(self, longest: float, priority: Priority = Priority.INTERACTIVE) -> Slot:
        """Take the next slot for the priority, wait for it, and return it. `longest` is in seconds.

        Raises RateLimited if there is no slot within `longest`, or if the table is unavailable, because a call could
        then exceed the limit.
        """
        until = self._clock() + longest
        while True:
            seconds_left = until - self._clock()
            if seconds_left < 0:
                raise RateLimited("Not enough time left for another call")
            try:
                with self._serialized(seconds_left):
                    slot = self._acquire_slot(until, priority)
            except (BotoCoreError, ClientError) as error:
                raise RateLimited("Rate limiter table unavailable") from error
            self._sleep(max(0.0, slot.at - self._now()) / 1000)
            if slot.at >= self._closed_until:
                return slot

    def state(self) -> LimiterState | None:
        """Return the shared state: the rate and its throttled calls. None before the first call."""
        item = self._read()
        return LimiterState.of(item) if item else None

    def pause(self, seconds: float) -> None:
        """Let no process call for `seconds` from now, as Buildium requests. Errors are only logged."""
        try:
            self._close(seconds)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Rate limiter could not be paused", extra={"error": type(error).__name__})

    def report_throttled(self, slot: Slot, seconds: float) -> None:
        """Reduce the rate after a 429, and let no process call for `seconds` from now.

        Throttled calls of the same rate reduce it once. Errors are only logged, because the next slot is waited for
        anyway.
        """
        learned = throttled_rate(slot.rate, self._rate, slot.granted if slot.throttles else None)
        try:
            if learned is not None:
                self._record_throttle(slot, learned)
            self._close(seconds)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Rate limiter state could not be updated", extra={"error": type(error).__name__})

    def _close(self, seconds: float) -> None:
        """Leave no slot free for `seconds` from now. A call of this process with an earlier slot takes another one."""
        until = _number(self._now() + seconds * 1000)
        self._closed_until = max(self._closed_until, float(until["N"]))
        try:
            self._update("SET nextSlot = :until", "nextSlot < :until", {":until": until})
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _record_throttle(self, slot: Slot, learned: float) -> None:
        values = {":learned": learned, ":seen": slot.throttles, ":zero": 0, ":one": 1}
        try:
            self._update(
                "SET learned = :learned, granted = :zero ADD throttles :one",
                "throttles = :seen OR (attribute_not_exists(throttles) AND :seen = :zero)",
                {name: _number(value) for name, value in values.items()},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
        logger.warning("Rate limiter slowed down", extra={"from": round(slot.rate, 2), "to": round(learned, 2)})

    @contextmanager
    def _serialized(self, longest: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=min(longest, threading.TIMEOUT_MAX)):
            raise RateLimited(_NO_SLOT)
        try:
            yield
        finally:
            self._lock.release()

    def _acquire_slot(self, until: float, priority: Priority) -> Slot:
        """Reserve a slot that has not passed yet. Raises RateLimited."""
        rules = priority.value
        seconds_early = (self._last - self._now()) / 1000 - rules.lookahead_seconds
        self._sleep(max(0.0, min(seconds_early, until - self._clock())))
        yields_until = min(self._clock() + rules.max_yield_seconds, until - rules.lookahead_seconds)
        while True:
            yields = self._clock() < yields_until
            within = rules.lookahead_seconds if yields else until - self._clock()
            slot = self._reserve(within * 1000)
            if slot is None and not yields:
                raise RateLimited(_NO_SLOT)
            if slot is None:
                self._wait_and_refresh(within, yields_until)
            # After a slow update the slot lies in the past. Several such slots would be used at once.
            elif slot.at >= self._now() - 1000 / slot.rate:
                self._last = slot.at
                return slot

    def _wait_and_refresh(self, within: float, latest: float) -> None:
        """Sleep until the next slot may be near enough, and read the item, which costs no write."""
        away = (self._state.next_slot - self._now()) / 1000 if self._state else 0.0
        self._sleep(max(min(away - within, latest - self._clock()), 1 / self._rate / 4))
        self._refresh(self._read())

    def _reserve(self, within: float) -> Slot | None:
        """Reserve the next slot, None if it is more than `within` milliseconds away. Raises RateLimited."""
        optimistic = not self._only_caller
        for _ in range(_MAX_ATTEMPTS):
            if self._clock_unsynced and not self._clock_checked:
                self._sync_clock()
                optimistic = False
            self._clock_checked = False
            now = self._now()
            state = self._state or LimiterState(now, now)
            begin = (
                now
                if self._state is None
                else state.restart_at(now, self._seen, self._name, is_clock_unknown=self._clock_unsynced)
            )
            if optimistic and state.next_slot < now:
                # This process's last state is outdated: other processes have taken slots since.
                begin = None
            at = state.next_slot if begin is None else begin
            # The next slot may have moved since it was read. It only moves forward.
            if at > now + within:
                return None
            try:
                if begin is None:
                    return self._take_next(state, now, within)
                if state.next_slot < now < begin:
                    # Wait before taking the slot. A slot further ahead would delay the next caller even more.
                    self._sleep((begin - now) / 1000)
                    now = begin = self._now()
                return self._restart(state, now, begin)
            except self._client.exceptions.ConditionalCheckFailedException as lost:
                self._refresh(_item(lost))
                optimistic = False
        raise RateLimited(_NO_SLOT)

    def _sync_clock(self) -> None:
        """Compare this process's clock with those of the others, and again in short intervals if it is wrong."""
        self._refresh(self._read())
        first = self._state
        for _ in range(_MAX_CLOCK_POLLS if self._clock_offset_ms > _MAX_CLOCK_SKEW_MS else 0):
            self._sleep(_CLOCK_POLL_SECONDS)
            self._refresh(self._read())
            if self._state != first:
                return

    def _interval(self, rate: float) -> float:
        return round(1000 / rate + (_SKEW_GUARD_MS if self._clock_offset_ms > _MAX_CLOCK_SKEW_MS else 0.0), 3)

    def _take_next(self, state: LimiterState, now: float, within: float) -> Slot:
        rate = state.rate(self._rate)
        old = self._update(
            "SET nextSlot = nextSlot + :interval, takenAt = :now, takenBy = :by ADD granted :one",
            "nextSlot BETWEEN :now AND :latest AND takenAt <= :known",
            {
                ":interval": _number(self._interval(rate)),
                ":now": _number(now),
                ":latest": _number(now + within),
                ":known": _number(now + _MAX_CLOCK_SKEW_MS),
                **self._slot_attributes(),
            },
        )
        before = LimiterState.of(old)
        return self._record_slot(before, before.next_slot, now, rate, before.next_slot + self._interval(rate))

    def _restart(self, state: LimiterState, now: float, at: float) -> Slot:
        rate = state.rate(self._rate)
        next_slot = at + self._interval(rate) + _RESTART_MARGIN_MS
        values = {":next": _number(next_slot), ":now": _number(now), **self._slot_attributes()}
        condition = "attribute_not_exists(nextSlot)"
        if self._state is not None:
            condition, values[":seen"] = "nextSlot = :seen", _number(state.next_slot)
        self._update("SET nextSlot = :next, takenAt = :now, takenBy = :by ADD granted :one", condition, values)
        return self._record_slot(state, at, now, rate, next_slot)

    def _record_slot(self, before: LimiterState, at: float, now: float, rate: float, next_slot: float) -> Slot:
        self._clock_unsynced = False
        self._only_caller = before.last_instance in (self._name, "")
        self._clock_offset_ms += max(0.0, before.clock - now)
        self._state = before._replace(
            next_slot=round(next_slot, 3),
            clock=now,
            last_instance=self._name,
            granted=before.granted + 1,
        )
        return Slot(at, rate, before.throttles, before.granted)

    def _slot_attributes(self) -> dict[str, Any]:
        return {":by": {"S": self._name}, ":one": _number(1)}

    def _now(self) -> float:
        """Return the milliseconds since the epoch by the shared clock, as far as it is known."""
        return self._clock() * 1000 + self._clock_offset_ms

    def _refresh(self, item: Mapping[str, Any] | None) -> None:
        if not item:
            self._state = None
            return
        self._state = LimiterState.of(item)
        behind = self._state.clock - self._now()
        self._clock_offset_ms += max(0.0, behind)
        self._seen = self._now()
        self._clock_unsynced = self._clock_unsynced or behind > _MAX_CLOCK_SKEW_MS

    def _read(self) -> Mapping[str, Any] | None:
        response = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        item = response.get("Item")
        return item if item and "nextSlot" in item else None

    def _update(self, expression: str, condition: str, values: dict[str, Any]) -> Mapping[str, Any]:
        """Update the item under a condition, and return its previous attributes."""
        response = self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return response.get("Attributes", {})


def _number(value: float) -> dict[str, str]:
    return {"N": f"{value:.3f}"}


def _item(conflict: ClientError) -> Mapping[str, Any] | None:
    response: Mapping[str, Any] = conflict.response
    return response.get("Item")
