import pytest

from buildium_sync.sweep import Swept
from tests.functions.workers import Context, event, load


class OneSweep:
    """Stands for the sweep."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self) -> Swept:
        self.runs += 1
        return Swept(syncs=2, events=1)


def test_the_schedule_runs_one_sweep_and_tells_how_much_it_took_up(monkeypatch: pytest.MonkeyPatch) -> None:
    app = load("reconcile")
    sweep = OneSweep()
    monkeypatch.setattr(app, "sweep", lambda: sweep)

    assert app.handler(event("reconcile-schedule"), Context()) == {"syncs": 2, "events": 1}
    assert sweep.runs == 1


def test_a_sweep_that_fails_is_not_taken_for_one_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> OneSweep:
        raise ConnectionError("the table is away")

    app = load("reconcile")
    monkeypatch.setattr(app, "sweep", fail)

    with pytest.raises(ConnectionError):
        app.handler(event("reconcile-schedule"), Context())
