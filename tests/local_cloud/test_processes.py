"""Exactly the started processes are terminated."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.local_cloud.processes import Process, is_running, start, stop

_SLEEP = "import time; time.sleep(60)"
_WITH_CHILD = f"""\
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", {_SLEEP!r}]).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def process(log: Path, tmp_path: Path) -> Iterator[Process]:
    started = start([sys.executable, "-c", _WITH_CHILD], {"ONLY": "this"}, log, tmp_path)
    yield started
    stop(started)


def test_a_process_runs_until_it_is_stopped(process: Process) -> None:
    assert is_running(process)
    assert stop(process)
    assert not is_running(process)
    assert not stop(process)


def test_child_processes_end_with_their_parent(process: Process, log: Path) -> None:
    child = _child(log)
    stop(process)
    _wait_until(lambda: not _exists(child))


def test_a_reused_pid_is_not_stopped(process: Process) -> None:
    other = Process(process.pid, "some other time")
    assert not is_running(other)
    assert not stop(other)
    assert is_running(process)


def test_a_process_that_ignores_sigterm_is_killed(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.local_cloud.processes.STOP_TIMEOUT_SECONDS", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True);" + _SLEEP
    process = start([sys.executable, "-c", deaf], {}, log, tmp_path)
    _wait_for_output(log)
    stop(process)
    assert not is_running(process)


def _child(log: Path) -> int:
    return int(_wait_for_output(log))


def _wait_for_output(log: Path) -> str:
    _wait_until(lambda: log.read_text().endswith("\n"))
    return log.read_text()


def _wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, because a terminated process ends with a delay; fail if it never holds."""
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("It did not come true.")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or " Z " not in stat.read_text()
