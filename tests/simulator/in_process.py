"""A Buildium account in one process: the simulator's rules and data, without sockets."""

import io
import json
from collections.abc import Callable

from urllib3 import HTTPResponse

from tests.simulator.api import Api
from tests.simulator.entities import Entities
from tests.simulator.events import EventMaker
from tests.simulator.faults import Faults
from tests.simulator.journal import Exchange, Journal, Observer
from tests.simulator.model import CREATED, Change, Json, Response
from tests.simulator.operations import Operations
from tests.simulator.rate_limit import RateLimit
from tests.simulator.registry import ENTITY_TYPES, VIEWS
from tests.simulator.simulator import Simulator
from tests.simulator.state import State

ORIGIN = "https://buildium.test"
ACCOUNT_ID = 123456


class InProcessAccount(Operations):
    """A Buildium account. `send` gets each event, `pause` the seconds of a slow response.

    `list_delay` returns the seconds for which lists omit a new entity. `on_exchange` gets each exchange.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        client_id: str,
        api_key: str,
        script: Faults,
        send: Callable[[Json], None],
        pause: Callable[[float], None],
    ) -> None:
        self.seed = True
        self.list_delay: Callable[[], float] = lambda: 0.0
        self.on_exchange: list[Observer] = []
        self.script = script
        state = State({name: kind.first_id for name, kind in ENTITY_TYPES.items()}, clock)
        self.entities = Entities(ENTITY_TYPES, state, views=VIEWS)
        self.events = EventMaker(ACCOUNT_ID, clock)
        self.journal = Journal()
        self.limit = RateLimit(0, clock)
        self._send_event = send
        self.api = Api(
            client_id=client_id,
            api_key=api_key,
            origin=ORIGIN,
            entities=self.entities,
            script=script,
            rate_limit=self.limit,
            journal=self.journal,
            emit=self.emit,
            pause=pause,
            observe=self._observe,
        )
        self.entities.seed()

    def emit(self, changes: list[Change]) -> None:
        """Hide new entities from lists for a while, and send the events."""
        state = self.entities.state
        for change in changes:
            made = state.find(change.type_name, change.id)
            if made and change.operation == CREATED:
                made.visible_from = state.clock() + self.list_delay()
        for event in self.events.of(changes, self.entities.types):
            self._send_event(event)

    def _observe(self, exchange: Exchange) -> None:
        for observer in [*Simulator.shared_observers, *self.on_exchange]:
            observer(exchange)


def http_response(response: Response) -> HTTPResponse:
    """Return a response of the account as an HTTP client receives it."""
    raw = json.dumps(response.body).encode() if response.raw is None else response.raw
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(raw)), **response.headers}
    return HTTPResponse(io.BytesIO(raw), headers, response.status, preload_content=False, request_method="GET")
