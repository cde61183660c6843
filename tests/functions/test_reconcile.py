from collections.abc import Callable
from typing import Any

from buildium_sync.composition.reconcile import ReconcileComposition

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.errors import InvocationFailed
from buildium_sync.reconcile.sweeper import SweepResult
from tests.functions.workers import compose, event, load
from tests.harness.events import Context


class OneSweep:
    """Fake of the sweep."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self) -> SweepResult:
        self.runs += 1
        return SweepResult(syncs=2, events=1, dead_letters=4)


class Rest:
    """Fake of the rejection monitor, circuit breakers, poll and import; `order` records two of them."""

    unfinished = frozenset({"lease"})

    def __init__(self) -> None:
        self.order: list[str] = []

    def report(self) -> int:
        self.order.append("guard")
        return 3

    def emit_metrics(self) -> int:
        return 1

    def resume(self) -> None:
        """No import is running."""

    def current(self) -> "Rest":
        return self

    def run(self, unfinished: frozenset[str]) -> dict[str, int]:
        self.order.append("poll")
        return {"left out": len(unfinished)}


class Gauges:
    """Fake of the gauges, the digest and the nightly drift check."""

    def report(self) -> float:
        return 99.5

    def send_if_due(self) -> bool:
        return False

    def start_if_due(self) -> bool:
        return False


class OneBalancePoll:
    """Fake of the poll of balances; `order` is that of the other parts."""

    def __init__(self, order: list[str]) -> None:
        self.order = order

    def run(self) -> int:
        self.order.append("balances")
        return 5


def test_the_schedule_runs_one_sweep_and_returns_its_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    app = load("reconcile")
    sweep, rest = OneSweep(), Rest()
    names = ("rejection_monitor", "import_service", "drift_service", "erasure_service")
    services = {name: lambda: rest for name in names}
    parts: dict[str, Any] = {
        "sweeper": lambda: sweep,
        "poller": lambda _time_left: rest,
        "balance_poller": lambda _time_left: OneBalancePoll(rest.order),
        "circuit_breakers": rest,
        "sync_gauges": Gauges,
        "daily_digest": Gauges,
        "nightly_drift": Gauges,
        **services,
    }
    compose(monkeypatch, ReconcileComposition, **parts)

    response = app.lambda_handler(event("reconcile-schedule"), Context())

    assert response == {
        "syncs": 2,
        "events": 1,
        "dead_letters": 4,
        "rejections": 3,
        "circuits": 1,
        "polled": {"left out": 1},
        "balances": 5,
        "inSyncPercent": 99.5,
    }
    assert sweep.runs == 1
    # A gap in the webhooks is then polled in the same minute.
    assert rest.order == ["guard", "poll", "balances"]


def test_a_failed_sweep_fails_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> OneSweep:
        raise ConnectionError("the table is away")

    app = load("reconcile")
    compose(monkeypatch, ReconcileComposition, sweeper=fail)

    with pytest.raises(InvocationFailed, match="ConnectionError"):
        app.lambda_handler(event("reconcile-schedule"), Context())


@pytest.mark.parametrize(
    ("case", "worker"), [("import", "import_worker"), ("drift", "drift_worker"), ("repair", "repair_worker")]
)
def test_a_queue_message_runs_only_its_own_job(case: str, worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load("reconcile")
    left: list[float] = []

    class OneSlice:
        def run(self) -> None:
            left.append(self.time_left())

        def __init__(self, time_left: Callable[[], float]) -> None:
            self.time_left = time_left

    compose(monkeypatch, ReconcileComposition, **{worker: OneSlice})

    assert app.lambda_handler(event(f"reconcile-{case}"), Context()) == {"batchItemFailures": []}
    assert left == [90.0]


@pytest.mark.parametrize(("case", "worker"), [("comparison", "comparison_worker"), ("erasure", "erasure_worker")])
def test_a_message_about_one_entity_runs_its_job(case: str, worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = load("reconcile")
    run: list[EntityRef] = []

    class Worker:
        def run(self, ref: EntityRef) -> None:
            run.append(ref)

    compose(monkeypatch, ReconcileComposition, **{worker: lambda _time_left: Worker()})

    assert app.lambda_handler(event(f"reconcile-{case}"), Context()) == {"batchItemFailures": []}
    assert run == [EntityRef("property", "7")]


def test_a_failed_slice_fails_the_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_time_left: object) -> None:
        raise ConnectionError("the table is away")

    app = load("reconcile")
    compose(monkeypatch, ReconcileComposition, import_worker=fail)

    with pytest.raises(InvocationFailed, match="ConnectionError"):
        app.lambda_handler(event("reconcile-import"), Context())
