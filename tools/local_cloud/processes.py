"""Processes that outlive the command which started them.

Each gets a session of its own, so that ending it ends its children too. It is known by its pid and the
time it started: a pid alone may belong to somebody else by the time it is used.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 3.0
_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process of ours: its pid, and when it started in words of the operating system."""

    pid: int
    started: str


def start(command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path) -> Process:
    """Start a command in a session of its own, with exactly this environment, logging to a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(child.pid, _start_time(child.pid) or "")


def is_running(process: Process) -> bool:
    """Whether this very process runs, and not another that got its pid."""
    return process.started != "" and _start_time(process.pid) == process.started


def stop(process: Process) -> bool:
    """End a process with all of its session; say whether it was running."""
    if not is_running(process):
        return False
    _signal(process, signal.SIGTERM)
    _wait_for_end(process)
    # The leader may have gone without its children.
    _signal(process, signal.SIGKILL)
    _wait_for_end(process)
    return True


def _wait_for_end(process: Process) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.02)


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _start_time(pid: int) -> str | None:
    return _start_time_of_proc(pid) if _PROC.joinpath("self/stat").exists() else _start_time_of_ps(pid)


def _start_time_of_proc(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold spaces, so the fields are counted after it: state, …, start time.
    state, *others = stat.rpartition(")")[2].split()
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return None if state == "Z" else f"{boot} {others[18]}"


def _start_time_of_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
