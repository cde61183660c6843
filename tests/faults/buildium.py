"""The simulated Buildium in virtual time: the simulator's rules and data, without sockets.

A rejected webhook is sent again after a minute, ten minutes and an hour. After 20 consecutive failures none is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from tests.faults.calls import CallOutcome, Calls
from tests.faults.timeline import KilledError, Timeline, VirtualThread
from tests.simulator import Exchange
from tests.simulator.faults import Fault, Faults
from tests.simulator.in_process import InProcessAccount, http_response
from tests.simulator.model import Json, Request, Response
from tests.simulator.webhooks import SUSPENDED_AFTER

_REQUEST_SECONDS = 0.02
"""Seconds until a request arrives. They are constant, so that Buildium sees the true rate of calls."""
_RESPONSE_SECONDS = (0.03, 0.4)
_RETRY_SECONDS = (60.0, 600.0, 3600.0)
"""Buildium: seconds until a rejected webhook is sent again; after the last one it is dropped."""

Receiver = Callable[[Json, Callable[[int], None]], None]
"""Receives a signed event's body and returns the status of the response."""


@dataclass
class FaultPlan(Faults):
    """Scripted faults first, then random ones: `draw` returns one for a request, or None."""

    draw: Callable[[str, str], Fault | None] = lambda _method, _path: None

    def __post_init__(self) -> None:
        super().__init__()

    def take(self, method: str, path: str, body: bytes) -> Fault | None:
        return super().take(method, path, body) or self.draw(method, path)


@dataclass
class WebhookSender:
    """Sends Buildium's webhooks. `late` is the delay in seconds; some are sent twice or never."""

    timeline: Timeline
    receive: Receiver = lambda _body, _event: None
    late: tuple[float, float] = (0.05, 3.0)
    duplicate_probability: float = 0.0
    loss_probability: float = 0.0
    consecutive_failures: int = 0
    rejected: int = 0
    in_flight: int = 0
    sent: list[Json] = field(default_factory=list)

    @property
    def suspended(self) -> bool:
        return self.consecutive_failures >= SUSPENDED_AFTER

    def send(self, body: Json) -> None:
        """Send an event after a random delay."""
        rng = self.timeline.rng
        self.sent.append(body)
        if self.suspended or rng.random() < self.loss_probability:
            return
        for _ in range(1 + (rng.random() < self.duplicate_probability)):
            self.deliver(body, rng.uniform(*self.late))

    def deliver(self, body: Json, seconds: float, attempt: int = 0) -> None:
        """Deliver an event after so many seconds, and again if it is rejected."""
        self.in_flight += 1

        def on_status(status: int) -> None:
            self.in_flight -= 1
            if 200 <= status < 300:
                self.consecutive_failures = 0
                return
            self.consecutive_failures += 1
            self.rejected += 1
            if attempt < len(_RETRY_SECONDS):
                self.deliver(body, _RETRY_SECONDS[attempt], attempt + 1)

        self.timeline.after(seconds, lambda: self.receive(body, on_status))


class Buildium(InProcessAccount):
    """A Buildium account. `is_down` simulates a complete outage."""

    def __init__(self, timeline: Timeline, client_id: str, api_key: str) -> None:
        self.api_key = api_key
        self.is_down = False
        self.webhook_sender = WebhookSender(timeline)
        self.fault_plan = FaultPlan()
        super().__init__(
            lambda: timeline.now,
            client_id=client_id,
            api_key=api_key,
            script=self.fault_plan,
            send=self.webhook_sender.send,
            pause=lambda _seconds: None,
        )

    def clear_faults(self) -> None:
        """End every fault of the simulator."""
        self.script.clear()
        self.fault_plan.draw = lambda _method, _path: None
        self.is_down = False
        self.list_delay = lambda: 0.0
        self.webhook_sender.loss_probability = self.webhook_sender.duplicate_probability = 0.0

    def on_commit(self, method: str, path: str, act: Callable[[Json], None]) -> None:
        """Run an action with the response of the next such call, right after Buildium applied it.

        `path` is the beginning of a shell pattern.
        """

        def observe(exchange: Exchange) -> None:
            if exchange.method == method and fnmatchcase(exchange.path, f"{path}*") and exchange.response:
                self.on_exchange.remove(observe)
                act(exchange.response)

        self.on_exchange.append(observe)

    @property
    def arrivals(self) -> list[float]:
        """When each call arrived, in seconds since the epoch."""
        return [exchange.at for exchange in self.requests()]

    def count(self, method: str, path: str = "/v1/*") -> int:
        """The number of calls with a method and a path of this shell pattern."""
        return sum(1 for call in self.requests() if call.method == method and fnmatchcase(call.path, path))


class HttpTransport(HTTPAdapter):
    """Sends requests to the account in virtual time."""

    def __init__(self, account: Buildium, calls: Calls) -> None:
        super().__init__()
        self.stalls: Callable[[], float] = lambda: 0.0
        """Seconds by which a request arrives late; Buildium handles it anyway."""
        self._account = account
        self._calls = calls

    def send(  # type: ignore[override]
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: tuple[float, float] | None = None,
        verify: bool = True,
        cert: None = None,
        proxies: object = None,
    ) -> requests.Response:
        thread = VirtualThread.current()
        assert thread is not None
        assert timeout is not None
        url = urlsplit(str(request.url))
        call = self._calls.record(thread, "buildium", str(request.method), url.path, request.body)
        outcome = self._calls.decide(call)
        if outcome is CallOutcome.KILLED_BEFORE:
            thread.process.kill()
        thread.check()
        if self._account.is_down:
            thread.sleep(_REQUEST_SECONDS)
            error = NewConnectionError(_UNREACHABLE_POOL, "refused")  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(_UNREACHABLE_POOL, url.path, error))
        body = request.body or b""
        incoming = Request(
            str(request.method),
            url.path,
            url.query,
            dict(request.headers),
            body.encode() if isinstance(body, str) else body,
        )
        response = self._exchange(thread, incoming, timeout[1])
        if outcome is CallOutcome.KILLED_AFTER:
            thread.process.kill()
            raise KilledError
        if response is None:
            raise requests.ReadTimeout("Read timed out.")
        if response.abort:
            raise requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError()))
        return self.build_response(request, http_response(response))

    def _exchange(self, thread: VirtualThread, incoming: Request, longest: float) -> Response | None:
        """Return the response, or None after a timeout."""
        timeline = self._calls.timeline
        responses: list[Response | None] = []

        def come(response: Response | None) -> None:
            if not responses:
                responses.append(response)
                thread.wake()

        def arrive() -> None:
            response = self._account.api.respond(incoming)
            timeline.after(timeline.rng.uniform(*_RESPONSE_SECONDS) + response.delay, lambda: come(response))

        timeline.after(_REQUEST_SECONDS + self.stalls(), arrive)
        timeline.after(longest, lambda: come(None))
        thread.wait()
        return responses[0]


_UNREACHABLE_POOL = HTTPConnectionPool("buildium.test")
