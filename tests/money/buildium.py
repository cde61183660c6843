"""The simulated Buildium without sockets and threads: a call is a function call, and delays move the clock."""

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.clocks import VirtualClock
from tests.simulator.events import EventMaker
from tests.simulator.faults import Faults
from tests.simulator.in_process import ACCOUNT_ID, InProcessAccount, http_response
from tests.simulator.journal import Observer
from tests.simulator.model import Json, Request, Response

CLIENT_ID, API_KEY = "client-id", "api-key"


class Buildium(InProcessAccount):
    """A Buildium account whose state can be restored."""

    def __init__(self, clock: VirtualClock, send: Callable[[Json], None], observe: Observer) -> None:
        super().__init__(clock, client_id=CLIENT_ID, api_key=API_KEY, script=Faults(), send=send, pause=clock.sleep)
        self.on_exchange.append(observe)

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
        self.events = EventMaker(ACCOUNT_ID, state.clock)
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
        return self.build_response(request, http_response(response))
