"""Lambda functions, which run in separate processes with a time limit."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from tests.faults.timeline import Process, Timeline, VirtualThread
from tests.harness.events import Context

Handler = Callable[[dict[str, Any], Any], Any]
_ROUTER_ATTRIBUTES = ("current_event", "lambda_context")
_START_SECONDS = (0.001, 0.3)
"""Seconds until an invocation starts."""


@dataclass
class Container(Process):
    """A function's process. Powertools keeps state in a class, which on AWS belongs to one container."""

    kept: dict[str, Any] = field(default_factory=dict)
    compositions: dict[type, Any] = field(default_factory=dict)
    """The compositions that the process keeps between invocations."""

    def leave(self) -> None:
        self.kept = {name: getattr(BaseRouter, name, None) for name in _ROUTER_ATTRIBUTES}

    def enter(self) -> None:
        for name, value in self.kept.items():
            setattr(BaseRouter, name, value)


@dataclass
class Invocation:
    """One run of a function; `failed` if it raised, was killed or exceeded its time."""

    event: dict[str, Any]
    container: Container
    result: Any = None
    failed: bool = False
    over: bool = False


class Function:
    """A function with its time limit in seconds. `clocks_ahead`: the possible clock errors of its containers."""

    def __init__(self, name: str, handler: Handler, timeout: float, timeline: Timeline) -> None:
        self.name = name
        self.timeout = timeout
        self.clocks_ahead: tuple[float, ...] = (0.0,)
        self.overtime = 0.0
        """Seconds by which the platform ends an expired invocation too late."""
        self.running: list[Invocation] = []
        self.number = itertools.count(1)
        self._idle: list[Container] = []
        self._handler = handler
        self._timeline = timeline

    def invoke(self, event: dict[str, Any], ended: Callable[[Invocation], None]) -> Invocation:
        """Run the function on an event; `ended` is called when it has finished."""
        rng = self._timeline.rng
        container = self._idle.pop() if self._idle else Container(self.name, ahead=rng.choice(self.clocks_ahead))
        invocation = Invocation(event, container)
        number = next(self.number)

        def begin() -> None:
            deadline = self._timeline.now + self.timeout
            context = Context(f"{self.name}-{number}", self.name, lambda: deadline - self._timeline.now)

            def work() -> None:
                try:
                    invocation.result = self._handler(event, context)
                except Exception:  # noqa: BLE001 -- Lambda takes any for a failed run
                    invocation.failed = True

            def end() -> None:
                if not invocation.over:
                    invocation.over = True
                    invocation.failed |= container.dead
                    self.running.remove(invocation)
                    if not container.dead:
                        self._idle.append(container)
                    ended(invocation)

            def expire() -> None:
                if not invocation.over:
                    container.kill()
                    end()

            self._timeline.after(self.timeout + self.overtime, expire)
            VirtualThread(self._timeline, container, work, end).wake()

        self.running.append(invocation)
        self._timeline.after(rng.uniform(*_START_SECONDS), begin)
        return invocation

    def kill(self) -> None:
        """Kill every running container of the function."""
        for invocation in list(self.running):
            invocation.container.kill()
