"""Scripted faults: which requests fail, how, and how often."""

import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.simulator.model import Json

STATUS = "status"
RESET_BEFORE = "reset_before"
RESET_AFTER = "reset_after"
DELAY_AFTER = "delay_after"
ERROR_AFTER = "error_after"
GARBAGE_AFTER = "garbage_after"
HIDDEN = "hidden"
LATENCY = "latency"
KINDS = (STATUS, RESET_BEFORE, RESET_AFTER, DELAY_AFTER, ERROR_AFTER, GARBAGE_AFTER, HIDDEN, LATENCY)


@dataclass
class Fault:
    """One scripted fault.

    - `kind`: `status` responds with `status` and `body` without any effect; `reset_before` and `reset_after`
      close the connection without a response, before or after the change; `delay_after` makes the change and
      responds `seconds` later; `error_after` makes it and responds with `status`; `garbage_after` makes it and
      responds 201 with something that is not JSON; `hidden` omits what was created from lists for `seconds` of
      the simulator's clock; `latency` waits `seconds` first.
    - `method` (None: any), `path`: a shell pattern below /v1, such as `/rentals/*`; `*` also matches `/`.
    - `naming`: only requests whose body contains this string, so that no other client's request uses it up.
    - `times`: for how many requests, None for all; `skip`: how many requests pass first.
    - `body` None sends an `ApiErrorResponse`; `headers` are added to the response.
    """

    kind: str
    method: str | None = None
    path: str = "*"
    naming: str = ""
    times: int | None = 1
    skip: int = 0
    status: int = 500
    seconds: float = 0.0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    applied: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}, not one of {', '.join(KINDS)}")

    def matches(self, method: str, path: str, body: bytes) -> bool:
        """Whether the fault applies to this request and is not used up; `path` has no /v1."""
        left = self.times is None or self.applied < self.times
        meant = self.method in (None, method) and fnmatchcase(path, self.path)
        return left and meant and self.naming.encode() in body


class Faults:
    """The script. The first fault that matches a request is applied to it, and no other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Append a fault to the script."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, body: bytes) -> Fault | None:
        """The fault for this request, counted as applied."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, path, body):
                    return self._use(fault)
            return None

    def _use(self, fault: Fault) -> Fault | None:
        if fault.skip:
            fault.skip -= 1
            return None
        fault.applied += 1
        return fault

    def dump(self) -> list[Json]:
        """The script as JSON, with the number of applications of each fault."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
