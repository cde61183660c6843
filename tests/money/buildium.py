"""The simulated Buildium without sockets and threads: a call is a function call, and delays move the clock."""

import copy
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from tests.clocks import VirtualClock
from tests.simulator import Exchange, Simulator
from tests.simulator.api import Api
from tests.simulator.entities import Entities
from tests.simulator.events import EventMaker
from tests.simulator.faults import Faults
from tests.simulator.journal import Journal
from tests.simulator.model import CREATED, Change, Json, Request, Response
from tests.simulator.operations import Operations
from tests.simulator.rate_limit import RateLimit
from tests.simulator.registry import ENTITY_TYPES, VIEWS
from tests.simulator.state import State

ORIGIN = "http://buildium.test"
CLIENT_ID, API_KEY = "client-id", "api-key"


class Buildium(Operations):
    """A Buildium account. `list_delay` returns the seconds for which lists omit a new entity."""

    def __init__(self, clock: VirtualClock, send: Callable[[Json], None], observe: Callable[[Exchange], None]) -> None:
        self.seed = True
        self.list_delay: Callable[[], float] = lambda: 0.0
        self._clock = clock
        self._send_event = send
        self._observer = observe
        state = State({name: kind.first_id for name, kind in ENTITY_TYPES.items()}, clock)
        self.entities = Entities(ENTITY_TYPES, state, views=VIEWS)
        self.events = EventMaker(123456, clock)
        self.journal = Journal()
        self.limit = RateLimit(0, clock)
        self.script = Faults()
        self.api = Api(
            client_id=CLIENT_ID,
            api_key=API_KEY,
            origin=ORIGIN,
            entities=self.entities,
            script=self.script,
            rate_limit=self.limit,
            journal=self.journal,
            emit=self.emit,
            pause=clock.sleep,
            observe=self._observe,
        )
        self.entities.seed()

    def emit(self, changes: list[Change]) -> None:
        """Hide new entities from lists for a while, and send the events."""
        for change in changes:
            made = self.entities.state.find(change.type_name, change.id)
            if made and change.operation == CREATED:
                made.visible_from = self._clock() + self.list_delay()
        for event in self.events.of(changes, self.entities.types):
            self._send_event(event)

    def _observe(self, exchange: Exchange) -> None:
        for each in (*Simulator.shared_observers, self._observer):
            each(exchange)

    def snapshot(self) -> Any:
        """Return a copy of all entities."""
        state = self.entities.state
        return copy.deepcopy((dict(state._records), state._next_id))

    def restore(self, snapshot: Any) -> None:
        """Replace all entities by those of a snapshot; clear faults, log and the time of the last event."""
        state = self.entities.state
        records, state._next_id = copy.deepcopy(snapshot)
        state._groups.clear()
        state._records.clear()
        state._records.update(records)
        self.events = EventMaker(123456, self._clock)
        self.script.clear()
        self.journal.clear()


class InProcessAdapter(HTTPAdapter):
    """Passes requests to the account. `around` makes each call, and may raise before or after it."""

    def __init__(self, account: Buildium, clock: VirtualClock, around: Callable[[Callable[[], Response]], Response]):
        super().__init__()
        self._account = account
        self._clock = clock
        self._around = around

    def send(self, request: requests.PreparedRequest, *_more: Any, timeout: Any = None, **_options: Any) -> Any:
        """Return the response. Raises ConnectionError for a lost one, and ReadTimeout for a late one."""
        url, body = urlsplit(str(request.url)), request.body or b""
        incoming = Request(
            str(request.method),
            url.path,
            url.query,
            dict(request.headers),
            body.encode() if isinstance(body, str) else body,
        )
        response = self._around(lambda: self._account.api.respond(incoming))
        seconds = min(response.delay, timeout[1])
        self._clock.sleep(seconds)
        if response.delay > seconds:
            raise requests.ReadTimeout("Read timed out.")
        if response.abort:
            raise requests.ConnectionError("Connection aborted.")
        return self.build_response(request, _http(response))


def _http(response: Response) -> HTTPResponse:
    raw = json.dumps(response.body).encode() if response.raw is None else response.raw
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(raw)), **response.headers}
    return HTTPResponse(io.BytesIO(raw), headers, response.status, preload_content=False)
