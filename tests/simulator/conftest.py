"""Fixtures for the tests of the simulator itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.model import Json, Request, Response
from tests.simulator.payloads import lease, rent, rental, tenant, vendor
from tests.simulator.rented_home import RentedHome
from tests.simulator.server import LoopbackServer

NINE = 1767603600.0  # 2026-01-05 09:00:00 UTC


@dataclass
class Caller:
    """Sends requests with valid keys over one connection."""

    simulator: Simulator
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.headers["x-buildium-client-id"] = self.simulator.client_id
        self.session.headers["x-buildium-client-secret"] = self.simulator.api_key

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """The response to one request; the options are those of requests."""
        url = self.simulator.base_url + path
        return self.session.request(method, url, json=body, **{"timeout": 10, **options})

    def created(self, path: str, body: Json) -> Json:
        """The entity that a POST created."""
        response = self("POST", path, body)
        assert response.status_code == 201, response.text
        made: Json = response.json()
        return made

    def ids(self, path: str, **parameters: object) -> list[int]:
        """The ids in a list, in its order."""
        response = self("GET", path, params=parameters)
        assert response.status_code == 200, response.text
        return [row["Id"] for row in response.json()]

    def rejected_keys(self, method: str, path: str, body: Json) -> list[str]:
        """The keys in the errors of a 422."""
        response = self(method, path, body)
        assert response.status_code == 422, response.text
        return [error["Key"] for error in response.json()["Errors"]]


@dataclass
class Receiver:
    """A webhook endpoint that responds with `status` and records requests."""

    url: str = ""
    status: int = 200
    got: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """Record a request."""
        self.got.append(request)
        return Response(self.status)


@pytest.fixture
def clock() -> VirtualClock:
    """The simulator's time, which starts at a full second."""
    return VirtualClock(NINE)


@pytest.fixture
def buildium(clock: VirtualClock) -> Iterator[Simulator]:
    """A simulator without a rate limit."""
    with Simulator(rate_limit=0, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def call(buildium: Simulator) -> Caller:
    """Calls that simulator."""
    return Caller(buildium)


@pytest.fixture
def home(call: Caller) -> int:
    """The id of a property."""
    entity_id: int = call.created("/rentals", rental())["Id"]
    return entity_id


@pytest.fixture
def flat(call: Caller, home: int) -> int:
    """The id of the unit of that property."""
    return call.ids("/rentals/units", propertyids=home)[0]


@pytest.fixture
def lease_id(call: Caller, flat: int) -> int:
    """The id of a lease of that unit."""
    entity_id: int = call.created("/leases", lease(flat))["Id"]
    return entity_id


@pytest.fixture
def rented(call: Caller, flat: int) -> RentedHome:
    """The lease of 2026, with two tenants and monthly rent of 1,500."""
    return RentedHome(call, call.created("/leases", lease(flat, Tenants=[tenant(), tenant()], Rent=rent())))


@pytest.fixture
def vendor_id(call: Caller) -> int:
    """The id of a vendor."""
    entity_id: int = call.created("/vendors", vendor())["Id"]
    return entity_id


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A listening webhook endpoint."""
    endpoint = Receiver()
    with LoopbackServer(("127.0.0.1", 0), endpoint) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield endpoint
