"""The simulated Buildium in the timeline: its rules and its data are the simulator's, its sockets are not.

Its webhooks go out as Buildium's do: again after a minute, ten minutes and an hour, and no more after twenty failures
in a row.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from tests.faults.calls import Calls, Fate
from tests.faults.timeline import KilledError, Strand, Timeline
from tests.simulator import Exchange, Simulator
from tests.simulator.api import Api
from tests.simulator.entities import Entities
from tests.simulator.events import EventMaker
from tests.simulator.faults import Fault, Faults
from tests.simulator.journal import Journal
from tests.simulator.model import CREATED, Answer, Change, Json, Request
from tests.simulator.operations import Operations
from tests.simulator.rate_limit import RateLimit
from tests.simulator.registry import ENTITY_TYPES, VIEWS
from tests.simulator.state import State
from tests.simulator.webhooks import SUSPENDED_AFTER, signed_headers

ORIGIN = "http://buildium.test"
_THERE = 0.02
"""Seconds until a request arrives. Always the same, so that Buildium sees the pace at which calls are made."""
_BACK = (0.03, 0.4)
_RETRIES = (60.0, 600.0, 3600.0)
"""Buildium: seconds until a refused webhook is sent again, after which it is dropped."""

Receiver = Callable[[Json, Callable[[int], None]], None]
"""Receives a signed event's body and returns the status of the response."""


@dataclass
class Weather(Faults):
    """The script of faults, and after it those that come by chance: `draw` makes one for a request, or None."""

    draw: Callable[[str, str], Fault | None] = lambda _method, _path: None

    def __post_init__(self) -> None:
        super().__init__()

    def take(self, method: str, path: str, body: bytes) -> Fault | None:
        return super().take(method, path, body) or self.draw(method, path)


@dataclass
class Post:
    """Buildium's webhooks: how late they come (seconds), and how likely each is to come twice or never."""

    timeline: Timeline
    receive: Receiver = lambda _body, _event: None
    late: tuple[float, float] = (0.05, 3.0)
    twice: float = 0.0
    lost: float = 0.0
    failures_in_a_row: int = 0
    refused: int = 0
    on_their_way: int = 0
    sent: list[Json] = field(default_factory=list)

    @property
    def suspended(self) -> bool:
        return self.failures_in_a_row >= SUSPENDED_AFTER

    def send(self, body: Json) -> None:
        """Send an event some time from now."""
        chance = self.timeline.chance
        self.sent.append(body)
        if self.suspended or chance.random() < self.lost:
            return
        for _ in range(1 + (chance.random() < self.twice)):
            self.deliver(body, chance.uniform(*self.late))

    def deliver(self, body: Json, seconds: float, attempt: int = 0) -> None:
        """Deliver an event in so many seconds, and again if it is refused."""
        self.on_their_way += 1

        def answered(status: int) -> None:
            self.on_their_way -= 1
            if 200 <= status < 300:
                self.failures_in_a_row = 0
                return
            self.failures_in_a_row += 1
            self.refused += 1
            if attempt < len(_RETRIES):
                self.deliver(body, _RETRIES[attempt], attempt + 1)

        self.timeline.after(seconds, lambda: self.receive(body, answered))


class Buildium(Operations):
    """An account at Buildium. `refuses_connections` is how an outage of the whole is met."""

    def __init__(self, timeline: Timeline, client_id: str, api_key: str) -> None:
        def clock() -> float:
            return timeline.now

        self.seed = True
        self.api_key = api_key
        self.refuses_connections = False
        self.hides: Callable[[], float] = lambda: 0.0
        """Seconds for which lists do not show what was created."""
        self.post = Post(timeline)
        state = State({name: kind.first_id for name, kind in ENTITY_TYPES.items()}, clock)
        self.entities = Entities(ENTITY_TYPES, state, views=VIEWS)
        self.events = EventMaker(123456, clock)
        self.journal = Journal()
        self.limit = RateLimit(0, clock)
        self.script = self.weather = Weather()
        self.on_exchange: list[Callable[[Exchange], None]] = []
        self.api = Api(
            client_id=client_id,
            api_key=api_key,
            origin=ORIGIN,
            entities=self.entities,
            script=self.script,
            rate_limit=self.limit,
            journal=self.journal,
            emit=self.emit,
            pause=lambda _seconds: None,
            observe=self._observe,
        )
        self.entities.seed()

    def calm(self) -> None:
        """End every fault of Buildium's."""
        self.script.clear()
        self.weather.draw = lambda _method, _path: None
        self.refuses_connections = False
        self.hides = lambda: 0.0
        self.post.lost = self.post.twice = 0.0

    def on_commit(self, method: str, path: str, act: Callable[[Json], None]) -> None:
        """Do something at once after the next such call was carried out, with what it is answered."""

        def observe(exchange: Exchange) -> None:
            if exchange.method == method and exchange.path.startswith(path) and exchange.response:
                self.on_exchange.remove(observe)
                act(exchange.response)

        self.on_exchange.append(observe)

    @property
    def arrivals(self) -> list[float]:
        """When each call came, in seconds since the epoch."""
        return [exchange.at for exchange in self.requests()]

    def count(self, method: str, path: str = "/v1/*") -> int:
        """How many calls came of a method, to paths of this shell pattern."""
        return sum(1 for call in self.requests() if call.method == method and fnmatchcase(call.path, path))

    def emit(self, changes: list[Change]) -> None:
        for change in changes:
            made = self.entities.state.find(change.type_name, change.id)
            if made and change.operation == CREATED:
                made.visible_from = self.entities.state.clock() + self.hides()
        for event in self.events.of(changes, self.entities.types):
            self.post.send(event)

    def _observe(self, exchange: Exchange) -> None:
        for observer in [*Simulator.shared_observers, *self.on_exchange]:
            observer(exchange)


class Wire(HTTPAdapter):
    """Carries requests to the account, through the timeline."""

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
        strand = Strand.current()
        assert strand is not None
        assert timeout is not None
        url = urlsplit(str(request.url))
        call = self._calls.record(strand, "buildium", str(request.method), url.path, request.body)
        fate = self._calls.judge(call)
        if fate is Fate.KILLED_BEFORE:
            strand.process.kill()
        strand.check()
        if self._account.refuses_connections:
            strand.sleep(_THERE)
            raise requests.ConnectionError(MaxRetryError(_NOWHERE, url.path, NewConnectionError(_NOWHERE, "refused")))  # type: ignore[arg-type]
        body = request.body or b""
        asked = Request(
            str(request.method),
            url.path,
            url.query,
            dict(request.headers),
            body.encode() if isinstance(body, str) else body,
        )
        answer = self._exchange(strand, asked, timeout[1])
        if fate is Fate.KILLED_AFTER:
            strand.process.kill()
            raise KilledError
        if answer is None:
            raise requests.ReadTimeout("Read timed out.")
        if answer.abort:
            raise requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError()))
        return self.build_response(request, _response(answer))

    def _exchange(self, strand: Strand, asked: Request, longest: float) -> Answer | None:
        """Return the answer, or None when it did not come in time."""
        timeline = self._calls.timeline
        answers: list[Answer | None] = []

        def come(answer: Answer | None) -> None:
            if not answers:
                answers.append(answer)
                strand.wake()

        def arrive() -> None:
            answer = self._account.api.answer(asked)
            timeline.after(timeline.chance.uniform(*_BACK) + answer.delay, lambda: come(answer))

        timeline.after(_THERE + self.stalls(), arrive)
        timeline.after(longest, lambda: come(None))
        strand.wait()
        return answers[0]


def _response(answer: Answer) -> HTTPResponse:
    raw = json.dumps(answer.body).encode() if answer.raw is None else answer.raw
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(raw)), **answer.headers}
    return HTTPResponse(io.BytesIO(raw), headers, answer.status, preload_content=False, request_method="GET")


def signed(body: Json, secret: str, now: float) -> tuple[bytes, dict[str, str]]:
    """The bytes of an event and the headers that Buildium sends with it."""
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return raw, signed_headers(secret, raw, int(now))


_NOWHERE = HTTPConnectionPool("buildium.test")
