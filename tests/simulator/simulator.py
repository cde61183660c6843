"""The complete simulator: creates, starts and stops its parts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from tests.simulator.api import PREFIX, Api
from tests.simulator.control import CONTROL_PREFIX, Control
from tests.simulator.entities import Entities
from tests.simulator.events import EventMaker
from tests.simulator.faults import Faults
from tests.simulator.journal import Exchange, Journal, Observer
from tests.simulator.model import Request, Response
from tests.simulator.operations import Operations
from tests.simulator.rate_limit import RateLimit
from tests.simulator.registry import ENTITY_TYPES, VIEWS
from tests.simulator.server import LoopbackServer
from tests.simulator.state import State
from tests.simulator.webhooks import WebhookConfig, WebhookSender

SIGNING_KEY = "webhook-secret"


@dataclass
class Simulator(Operations):
    """A Buildium simulator on loopback: `with Simulator(rate_limit=0) as buildium: call(buildium.base_url)`.

    - `port` 0 picks a free one. `seed` creates one active bank account, id 1, and one each of the vendor
      categories, task categories, staff users and general ledger accounts.
    - `rate_limit`: calls a second, 0 for none; a token bucket, or a strict window with `sliding_window`.
    - `strict_keys`: reject keys and parameters that Buildium would ignore, and record them in `stats()`.
    - `strict_states`: accept only the fifty US states and DC.
    - `strict_bill_lists`: reject a bill list without a filter for unpaid bills or for at most one year of paid
      bills, as some accounts do; the others list the paid ones.
    - `latency`: seconds added to every response. `clock`: UNIX seconds, for the rate limit, event times and
      `lastupdatedfrom`; delays and webhook retries take real time.
    - `observer` and every entry of `shared_observers` receive each exchange before its response is sent.
    """

    shared_observers: ClassVar[list[Observer]] = []

    client_id: str = "client-id"
    api_key: str = "api-key"
    host: str = "127.0.0.1"
    port: int = 0
    seed: bool = True
    rate_limit: float = 10
    sliding_window: bool = False
    strict_keys: bool = True
    strict_states: bool = False
    strict_bill_lists: bool = True
    latency: float = 0.0
    account_id: int = 123456
    webhook_url: str | None = None
    webhook_secret: str = SIGNING_KEY
    clock: Callable[[], float] = time.time
    observer: Observer | None = None

    def __post_init__(self) -> None:
        self._server = LoopbackServer((self.host, self.port), self._response)
        self.port = self._server.server_port
        state = State({name: kind.first_id for name, kind in ENTITY_TYPES.items()}, self.clock)
        self.entities = Entities(
            ENTITY_TYPES, state, self.strict_keys, self.strict_states, VIEWS, self.strict_bill_lists
        )
        self.events = EventMaker(self.account_id, self.clock)
        self.journal = Journal()
        self.limit = RateLimit(self.rate_limit, self.clock, self.sliding_window)
        self.script = Faults()
        self.webhooks = WebhookSender(WebhookConfig(self.webhook_url, self.webhook_secret), self._pause)
        self._control = Control(self)
        self._api = self._make_api()
        self.reset()

    def _make_api(self) -> Api:
        return Api(
            client_id=self.client_id,
            api_key=self.api_key,
            origin=self.origin,
            entities=self.entities,
            script=self.script,
            rate_limit=self.limit,
            journal=self.journal,
            emit=self.emit,
            pause=self._pause,
            observe=self._observe,
        )

    @property
    def origin(self) -> str:
        """`http://host:port`."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The value for `BUILDIUM_BASE_URL`."""
        return f"{self.origin}{PREFIX}"

    @property
    def control_url(self) -> str:
        """The base URL of the control API."""
        return f"{self.origin}{CONTROL_PREFIX}"

    def start(self) -> None:
        """Start serving."""
        self.webhooks.start()
        self._server.start()

    def stop(self) -> None:
        """Close every connection and end all threads."""
        self._server.close()
        self.webhooks.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _response(self, request: Request) -> Response:
        if request.path.startswith(f"{CONTROL_PREFIX}/"):
            return self._control.respond(request)
        self._pause(self.latency)
        return self._api.respond(request)

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._server.stopping.wait(seconds)

    def _observe(self, exchange: Exchange) -> None:
        for observer in (*self.shared_observers, *([self.observer] if self.observer else [])):
            observer(exchange)
