"""One rate limit for the account, shared by every function through one DynamoDB item.

The item holds the time of the next free slot. A call takes that slot and moves it on by one interval with a single
conditional update, so that no two callers get the same slot and no burst comes through (Buildium: 10 requests a
second for an account). This is the generic cell rate algorithm without a burst. The same update brings back what
refusals have taught about the pace (`pace`), and what the others' clocks say.

Times are those of the clock that is furthest ahead: the item tells when its last slot was taken, and whoever is
behind that adds the difference from then on. So a slot means the same moment to everybody, however wrong the clocks.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.buildium.rate_limiter.pacing import LimiterState, throttled_rate
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.errors import RateLimited
from buildium_sync.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = 50
"""Lost races before giving up; each means that another caller got a slot."""
_MAX_CLOCK_SKEW_MS = 50.0
"""Milliseconds by which another's clock may be ahead before an update is made anew: clocks agree within a few, and
an update may overtake another."""
_SKEW_GUARD_MS = 20.0
"""Milliseconds more that are left after the call of one whose clock is corrected: it may be late by as much."""
_CLOCK_POLL_SECONDS = 0.005
_CLOCK_POLLS = 60
"""Seconds between two looks, and how many, at when somebody takes a slot: by that a wrong clock is corrected."""
_NO_SLOT = "No rate-limit slot available in time"


@dataclass(frozen=True, slots=True)
class Slot:
    """When a call may be made (milliseconds since the epoch, by the shared clock), at which pace it was given.

    It was after `refusals` refusals, and `granted` calls after the last of them.
    """

    at: float
    rate: float
    refusals: int
    granted: int


class RateLimiter:
    """Slots for this process's calls to one Buildium account.

    `rate` is the most calls a second; `clock` gives seconds since the epoch. One caller of a process asks at a time,
    and only shortly before the process's last slot: what is reserved far ahead heeds no refusal, and lets nobody pass.
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
        self._pace: LimiterState | None = None
        self._clock_unsynced = True
        self._clock_checked = False
        self._seen = 0.0
        self._only_caller = True
        self._last = 0.0
        self._closed_until = 0.0

    def warm_up(self) -> None:
        """Look at the slots that others have, so that they pass while this new process does what comes before its call.

        Nothing is done in a process that has looked before. Best effort: `wait` looks itself where nobody has.
        """
        try:
            with self._lock:
                if self._clock_unsynced and not self._clock_checked:
                    self._sync_clock()
                    self._clock_checked = True
        except Exception as error:  # noqa: BLE001 -- who needs a slot will hear of it
            logger.warning("Rate limiter state could not be read", extra={"error": type(error).__name__})

    def acquire(self, longest: float, lane: Priority = Priority.INTERACTIVE) -> Slot:
        """Take the next slot that the lane may have, sleep until it comes, and return it.

        Raises RateLimited, without a slot taken, when there is none within `longest` seconds, and when the table
        cannot be reached: without it a call could be one too many.
        """
        until = self._clock() + longest
        while True:
            left = until - self._clock()
            if left < 0:
                raise RateLimited("Not enough time left for another call")
            try:
                with self._serialized(left):
                    slot = self._acquire_slot(until, lane)
            except (BotoCoreError, ClientError) as error:
                raise RateLimited("Rate limiter table unavailable") from error
            self._sleep(max(0.0, slot.at - self._now()) / 1000)
            if slot.at >= self._closed_until:
                return slot

    def pause(self, seconds: float) -> None:
        """Keep everybody away for `seconds` from now, as Buildium asks. Best effort, as after a refusal."""
        try:
            self._close(seconds)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Rate limiter could not be paused", extra={"error": type(error).__name__})

    def report_throttled(self, slot: Slot, seconds: float) -> None:
        """Slow everybody down, and keep everybody away for `seconds` from now: Buildium answered 429 all the same.

        Refusals of calls that were given the same pace teach once. Best effort: the next slot is waited for anyway.
        """
        learned = throttled_rate(slot.rate, self._rate, slot.granted if slot.refusals else None)
        try:
            if learned is not None:
                self._record_throttle(slot, learned)
            self._close(seconds)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Rate limiter state could not be updated", extra={"error": type(error).__name__})

    def _close(self, seconds: float) -> None:
        """Leave no slot free for `seconds` from now. A call of this process that has one already takes another."""
        until = _number(self._now() + seconds * 1000)
        self._closed_until = max(self._closed_until, float(until["N"]))
        try:
            self._update("SET nextSlot = :until", "nextSlot < :until", {":until": until})
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _record_throttle(self, slot: Slot, learned: float) -> None:
        values = {":learned": learned, ":seen": slot.refusals, ":zero": 0, ":one": 1}
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

    def _acquire_slot(self, until: float, lane: Priority) -> Slot:
        """Reserve a slot that is not past when it comes. Raises RateLimited."""
        standing = lane.value
        early = (self._last - self._now()) / 1000 - standing.lookahead_seconds
        self._sleep(max(0.0, min(early, until - self._clock())))
        yields_until = min(self._clock() + standing.max_yield_seconds, until - standing.lookahead_seconds)
        while True:
            yields = self._clock() < yields_until
            within = standing.lookahead_seconds if yields else until - self._clock()
            slot = self._reserve(within * 1000)
            if slot is None and not yields:
                raise RateLimited(_NO_SLOT)
            if slot is None:
                self._wait_and_refresh(within, yields_until)
            # One that took long to get lies in the past, and so do others': they would all be used at once.
            elif slot.at >= self._now() - 1000 / slot.rate:
                self._last = slot.at
                return slot

    def _wait_and_refresh(self, within: float, latest: float) -> None:
        """Sleep until the next slot may be near enough, and look, which costs no write."""
        away = (self._pace.next_slot - self._now()) / 1000 if self._pace else 0.0
        self._sleep(max(min(away - within, latest - self._clock()), 1 / self._rate / 4))
        self._refresh(self._read())

    def _reserve(self, within: float) -> Slot | None:
        """Reserve the next slot, or return None when it is more than `within` milliseconds away. Raises RateLimited."""
        optimistic = not self._only_caller
        for _ in range(_ATTEMPTS):
            if self._clock_unsynced and not self._clock_checked:
                self._sync_clock()
                optimistic = False
            self._clock_checked = False
            now = self._now()
            pace = self._pace or LimiterState(now, now)
            begin = (
                now
                if self._pace is None
                else pace.restart_at(now, self._seen, self._name, stranger=self._clock_unsynced)
            )
            if optimistic and pace.next_slot < now:
                # What this process left behind: the others have taken slots since, as they did before.
                begin = None
            at = pace.next_slot if begin is None else begin
            # It may have moved on since it was seen, and never moves back.
            if at > now + within:
                return None
            try:
                if begin is None:
                    return self._take_next(pace, now, within)
                if pace.next_slot < now < begin:
                    # Waited out before the slot is taken: one further ahead would have the next caller wait longer yet.
                    self._sleep((begin - now) / 1000)
                    now = begin = self._now()
                return self._restart(pace, now, begin)
            except self._client.exceptions.ConditionalCheckFailedException as lost:
                self._refresh(_item(lost))
                optimistic = False
        raise RateLimited(_NO_SLOT)

    def _sync_clock(self) -> None:
        """Compare this process's clock with the others', closely if it turns out to be wrong."""
        self._refresh(self._read())
        first = self._pace
        for _ in range(_CLOCK_POLLS if self._clock_offset_ms > _MAX_CLOCK_SKEW_MS else 0):
            self._sleep(_CLOCK_POLL_SECONDS)
            self._refresh(self._read())
            if self._pace != first:
                return

    def _interval(self, rate: float) -> float:
        return round(1000 / rate + (_SKEW_GUARD_MS if self._clock_offset_ms > _MAX_CLOCK_SKEW_MS else 0.0), 3)

    def _take_next(self, pace: LimiterState, now: float, within: float) -> Slot:
        rate = pace.rate(self._rate)
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
        return self._record_slot(before, before.next_slot, now, rate)

    def _restart(self, pace: LimiterState, now: float, at: float) -> Slot:
        rate = pace.rate(self._rate)
        values = {":next": _number(at + self._interval(rate)), ":now": _number(now), **self._slot_attributes()}
        condition = "attribute_not_exists(nextSlot)"
        if self._pace is not None:
            condition, values[":seen"] = "nextSlot = :seen", _number(pace.next_slot)
        self._update("SET nextSlot = :next, takenAt = :now, takenBy = :by ADD granted :one", condition, values)
        return self._record_slot(pace, at, now, rate)

    def _record_slot(self, before: LimiterState, at: float, now: float, rate: float) -> Slot:
        self._clock_unsynced = False
        self._only_caller = before.last_instance in (self._name, "")
        self._clock_offset_ms += max(0.0, before.clock - now)
        self._pace = replace(
            before,
            next_slot=round(at + self._interval(rate), 3),
            clock=now,
            last_instance=self._name,
            granted=before.granted + 1,
        )
        return Slot(at, rate, before.refusals, before.granted)

    def _slot_attributes(self) -> dict[str, Any]:
        return {":by": {"S": self._name}, ":one": _number(1)}

    def _now(self) -> float:
        """Return the milliseconds since the epoch by the shared clock, as far as it is known."""
        return self._clock() * 1000 + self._clock_offset_ms

    def _refresh(self, item: Mapping[str, Any] | None) -> None:
        if not item:
            self._pace = None
            return
        self._pace = LimiterState.of(item)
        behind = self._pace.clock - self._now()
        self._clock_offset_ms += max(0.0, behind)
        self._seen = self._now()
        self._clock_unsynced = self._clock_unsynced or behind > _MAX_CLOCK_SKEW_MS

    def _read(self) -> Mapping[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        item = answer.get("Item")
        return item if item and "nextSlot" in item else None

    def _update(self, expression: str, condition: str, values: dict[str, Any]) -> Mapping[str, Any]:
        """Update the item if it is as the condition says, and return what it was."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return answer.get("Attributes", {})


def _number(value: float) -> dict[str, str]:
    return {"N": f"{value:.3f}"}


def _item(refusal: ClientError) -> Mapping[str, Any] | None:
    response: Mapping[str, Any] = refusal.response
    return response.get("Item")
