"""Stream records are recorded exactly once, whatever happens to their batches."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.stream_records import StreamChange, SyncChange
from buildium_sync.store.timeline_checkpoints import CheckpointUpdate
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY
from tests.unit.timeline.stream import NOON, life

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEVEN, EIGHT = EntityRef("property", "7"), EntityRef("property", "8")


class Flaky(TimelineStore):
    """A store whose commits sometimes fail, before or after the write, as in a killed function."""

    def __init__(self, client: "DynamoDBClient", dice: random.Random) -> None:
        super().__init__(client, ACTIVITY)
        self._dice = dice

    def commit(self, steps: Any, now: float) -> None:
        if self._dice.random() < 0.2:
            raise ConnectionError("before")
        super().commit(steps, now)
        if self._dice.random() < 0.2:
            raise ConnectionError("after")


@pytest.fixture
def store(dynamodb: "DynamoDBClient") -> TimelineStore:
    return TimelineStore(dynamodb, ACTIVITY)


@pytest.fixture
def observing(store: TimelineStore) -> TimelineRecorder:
    return TimelineRecorder(store, lambda: NOON)


def kinds(store: TimelineStore, ref: EntityRef = SEVEN) -> Iterator[str]:
    return (entry["kind"] for page in store.pages(ref, NOON) for entry in page.entries)


def nonzero(store: TimelineStore) -> dict[str, dict[str, int]]:
    counts = {name: {s: n for s, n in by_state.items() if n} for name, by_state in store.counts().items()}
    return {name: by_state for name, by_state in counts.items() if by_state}


def test_a_batch_is_one_page_and_one_commit(
    observing: TimelineRecorder, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    real = store.commit

    def commit(steps: Sequence[CheckpointUpdate], now: float) -> None:
        commits.append(len(steps))
        real(steps, now)

    monkeypatch.setattr(store, "commit", commit)
    observing.record(life(SEVEN, Status.BLOCKED) + life(EIGHT, Status.BLOCKED))
    assert commits == [2]
    assert list(kinds(store)) == ["updated_by_client", "picked_up", "attempt_finished"]
    assert store.counts() == {"property": {"blocked": 2}}


def test_a_redelivered_batch_writes_nothing(
    observing: TimelineRecorder, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    observing.record(life(SEVEN, Status.BLOCKED))
    monkeypatch.setattr(store, "commit", lambda _steps, _now: pytest.fail("nothing is new"))
    observing.record(life(SEVEN, Status.BLOCKED))


def test_a_split_batch_is_recorded_like_a_whole_one(observing: TimelineRecorder, store: TimelineStore) -> None:
    changes = life(SEVEN, Status.BLOCKED, Status.FAILED)
    for part in (changes[:1], changes[:2], changes[:3], changes[1:]):
        observing.record(part)
    assert list(kinds(store)) == ["updated_by_client", "picked_up", "attempt_finished", "attempt_finished"]
    assert nonzero(store) == {"property": {"failed": 1}}


def test_internal_record_changes_cause_no_write(
    observing: TimelineRecorder, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    [entity, wanted] = life(SEVEN)
    assert isinstance(wanted, SyncChange)
    observing.record([entity, wanted])
    monkeypatch.setattr(store, "commit", lambda _steps, _now: pytest.fail("nothing happened"))
    later = replace(wanted.after, revision=1, due=format_iso(NOON + 900))
    observing.record([SyncChange(wanted.after, later, format_iso(NOON))])


def test_a_skipped_record_is_compensated_by_the_next_one(observing: TimelineRecorder, store: TimelineStore) -> None:
    changes = life(SEVEN, Status.SYNCING, Status.FAILED, Status.SYNCED)
    observing.record(changes[:2])
    observing.record(changes[4:])
    assert nonzero(store) == {"property": {"synced": 1}}


def test_a_concurrently_updated_checkpoint_is_read_again(
    observing: TimelineRecorder, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = life(SEVEN, Status.BLOCKED)
    real = store.checkpoints

    def overtaken(refs: Any) -> Any:
        markers = real(refs)
        monkeypatch.setattr(store, "checkpoints", real)
        TimelineRecorder(store, lambda: NOON).record(changes[:2])
        return markers

    monkeypatch.setattr(store, "checkpoints", overtaken)
    observing.record(changes)
    assert list(kinds(store)) == ["updated_by_client", "picked_up", "attempt_finished"]
    assert nonzero(store) == {"property": {"blocked": 1}}


def test_repeated_checkpoint_contention_leaves_the_batch_for_redelivery(
    observing: TimelineRecorder, store: TimelineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_steps: Any, _now: float) -> None:
        raise ConcurrentWrite("lost")

    monkeypatch.setattr(store, "commit", lose)
    with pytest.raises(ConcurrentWrite):
        observing.record(life(SEVEN))


@pytest.mark.parametrize("seed", range(20))
def test_counts_are_exact_despite_repeated_reordered_or_interrupted_batches(
    seed: int, dynamodb: "DynamoDBClient"
) -> None:
    dice = random.Random(seed)
    lives = {EntityRef("property", str(n)): dice.choices(list(Status), k=dice.randint(0, 6)) for n in range(4)}
    changes = [change for ref, states in lives.items() for change in life(ref, *states)]
    for _ in range(3):
        dice.shuffle(changes)
        deliver(TimelineRecorder(Flaky(dynamodb, dice), lambda: NOON), changes, dice)
    # Finally every record is delivered once to a function that is not killed.
    store = TimelineStore(dynamodb, ACTIVITY)
    TimelineRecorder(store, lambda: NOON).record(changes)
    assert nonzero(store) == {"property": dict(Counter(s[-1].value if s else "pending" for s in lives.values()))}


def deliver(observing: TimelineRecorder, changes: list[StreamChange], dice: random.Random) -> None:
    """Deliver the changes in batches. Some are repeated, and each may fail."""
    left = list(changes)
    while left:
        size = dice.randint(1, 5)
        batch, left = left[:size], left[size:]
        for _ in range(dice.randint(1, 2)):
            with suppress(ConnectionError):
                observing.record(batch)
