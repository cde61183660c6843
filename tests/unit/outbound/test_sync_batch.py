import threading
import time
from collections.abc import Callable

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.outbound import sync_batch as batch_module
from buildium_sync.outbound.sync_batch import Batch
from buildium_sync.store.queues import SyncMessage

SLOW_SECONDS = 20.0
"""Seconds after which a slow entity gives up; no passing test waits for it."""


def message(entity_id: str, version: int = 1) -> SyncMessage:
    return SyncMessage(EntityRef("property", entity_id), version, "request-1")


class Flow:
    """Processes entities; a slow one finishes when a test releases it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun: list[str] = []
        self.fails: set[str] = set()
        self.release = threading.Event()

    def sync(self, taken: SyncMessage) -> None:
        entity_id = taken.ref.entity_id
        self.begun.append(entity_id)
        if entity_id.startswith("slow"):
            assert self.release.wait(SLOW_SECONDS), "nothing else was done in the meantime"
        if entity_id in self.fails:
            raise ConnectionError("the table is away")
        self.done.append(entity_id)


class Queue:
    """Entities to process before the invocation ends. `add` appends to them."""

    def __init__(self) -> None:
        self.left: list[SyncMessage] = []
        self.looks = 0

    def __call__(self) -> list[SyncMessage]:
        self.looks += 1
        return list(self.left)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "_SLOW_SECONDS", 0.01)


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def behind() -> Queue:
    return Queue()


def release_when(flow: Flow, is_time: Callable[[], bool]) -> threading.Thread:
    def watch() -> None:
        end = time.monotonic() + SLOW_SECONDS / 2
        while not is_time() and time.monotonic() < end:
            time.sleep(0.005)
        if is_time():
            flow.release.set()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_queued_entities_do_not_wait_for_a_slow_one(flow: Flow, behind: Queue) -> None:
    behind.left = [message(f"{n}") for n in range(7)]
    thread = release_when(flow, lambda: len(flow.done) == 7)

    assert Batch(flow, behind, lambda: True).sync([message("slow")]) == set()

    thread.join()
    assert flow.done[-1] == "slow"


def test_an_early_started_slow_entity_delays_no_other(flow: Flow, behind: Queue) -> None:
    behind.left = [message("slow-2")]

    def is_time() -> bool:
        if "slow-2" in flow.begun:
            behind.left = [message("slow-2"), message("quick")]
        return "quick" in flow.done

    thread = release_when(flow, is_time)
    Batch(flow, behind, lambda: True).sync([message("slow-1")])

    thread.join()
    assert sorted(flow.done) == ["quick", "slow-1", "slow-2"]


def test_a_fast_batch_starts_no_queued_entities(flow: Flow, behind: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "_SLOW_SECONDS", SLOW_SECONDS)
    behind.left = [message("other")]

    Batch(flow, behind, lambda: True).sync([message("a"), message("b")])

    assert sorted(flow.done) == ["a", "b"]
    assert behind.looks == 0


def test_each_version_is_synced_once(flow: Flow, behind: Queue) -> None:
    behind.left = [message("slow"), message("other"), message("other", 2)]
    thread = release_when(flow, lambda: behind.looks > 5)

    Batch(flow, behind, lambda: True).sync([message("slow")])

    thread.join()
    assert sorted(flow.begun) == ["other", "other", "slow"]


def test_no_queued_entity_starts_without_enough_time(flow: Flow, behind: Queue) -> None:
    behind.left = [message("other")]
    asked: list[bool] = []

    def no_time() -> bool:
        asked.append(False)
        return False

    thread = release_when(flow, lambda: len(asked) > 3)
    Batch(flow, behind, no_time).sync([message("slow")])

    thread.join()
    assert flow.done == ["slow"]


def test_the_number_of_extra_entities_is_limited(flow: Flow, behind: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "MAX_BATCH_SIZE", 2)
    monkeypatch.setattr(batch_module, "MAX_IN_PROGRESS", 4)
    behind.left = [message(f"slow-{n}") for n in range(1, 20)]
    thread = release_when(flow, lambda: len(flow.begun) >= 4)

    Batch(flow, behind, lambda: not flow.release.is_set()).sync([message("slow-0")])

    thread.join()
    assert 4 <= len(flow.begun) <= 5


def test_only_failures_of_the_batch_itself_are_reported(flow: Flow, behind: Queue) -> None:
    flow.fails = {"slow", "other"}
    behind.left = [message("other")]
    thread = release_when(flow, lambda: "other" in flow.begun)

    assert Batch(flow, behind, lambda: True).sync([message("slow")]) == {EntityRef("property", "slow")}
    thread.join()


def test_an_unavailable_table_does_not_fail_the_batch(flow: Flow) -> None:
    looks: list[int] = []

    def away() -> list[SyncMessage]:
        looks.append(1)
        raise ConnectionError("the table is away")

    thread = release_when(flow, lambda: len(looks) > 1)

    assert Batch(flow, away, lambda: True).sync([message("slow")]) == set()
    thread.join()


def test_an_empty_batch_ends_at_once(flow: Flow, behind: Queue) -> None:
    assert Batch(flow, behind, lambda: True).sync([]) == set()
    assert behind.looks == 0
