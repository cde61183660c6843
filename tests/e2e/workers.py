"""The processes in which the local cloud runs functions."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.local_cloud.processes import Process, is_running

PROC = Path("/proc")


def kill_workers(emulator: Process, function: str) -> int:
    """Kill the emulator's worker processes of one function, and return their number.

    Only its own children are checked. Skips where processes cannot be listed.
    """
    if not (PROC / "self/environ").exists():
        pytest.skip("There is no /proc to find the function's process in.")
    assert is_running(emulator)
    found = list(_workers(emulator.pid, function))
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def _workers(parent: int, function: str) -> Iterator[int]:
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    for directory in PROC.glob("[0-9]*"):
        try:
            after_name = (directory / "stat").read_text().rpartition(")")[2].split()
            environment = (directory / "environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if int(after_name[1]) == parent and wanted in environment:
            yield int(directory.name)
