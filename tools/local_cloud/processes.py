"""Processes that outlive the command that started them.

Each has its own session, so that stopping it stops its children. The pid and the start time identify it: another
process may get the same pid later.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_TIMEOUT_SECONDS = 3.0
_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A started process: its pid, and its start time in the format of the operating system."""

    pid: int
    started: str


def start(command: Sequence[str], environment: Mapping[str, str], log: Path, cwd: Path) -> Process:
    """Start a command in its own session with exactly this environment, and write its output to a log file."""
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
    """Return whether this process is running, and not another one with its pid."""
    return process.started != "" and _start_time(process.pid) == process.started


def stop(process: Process) -> bool:
    """Stop a process with its session. Return whether it was running."""
    if not is_running(process):
        return False
    _signal(process, signal.SIGTERM)
    _wait_for_end(process)
    # The first process may have ended before its children.
    _signal(process, signal.SIGKILL)
    _wait_for_end(process)
    return True


def _wait_for_end(process: Process) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
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
    # The name in parentheses may contain spaces. The fields after it are: state, …, start time.
    state, *others = stat.rpartition(")")[2].split()
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    return None if state == "Z" else f"{boot} {others[18]}"


def _start_time_of_ps(pid: int) -> str | None:
    result = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = result.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
