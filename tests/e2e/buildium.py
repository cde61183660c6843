"""Queries of the simulated Buildium."""

import re

from tests.simulator import Exchange, RemoteSimulator
from tests.simulator.model import Json


def rentals_named(simulator: RemoteSimulator, name: str) -> list[Json]:
    """The properties of exactly this name."""
    return [rental for rental in simulator.state()["rentals"] if rental["Name"] == name]


def owners_named(simulator: RemoteSimulator, last_name: str) -> list[Json]:
    """The owners of exactly this last name."""
    return [owner for owner in simulator.state()["owners"] if owner["LastName"] == last_name]


def calls_about(simulator: RemoteSimulator, path: str) -> list[Exchange]:
    """The calls to one path below /v1."""
    return [exchange for exchange in simulator.requests() if exchange.path == f"/v1{path}"]


def writes_to_properties(simulator: RemoteSimulator) -> list[Exchange]:
    """The requests that create or change a property; a killed function's owners may be sent at any time."""
    sent = [exchange for exchange in simulator.requests() if exchange.method in {"POST", "PUT"}]
    return [exchange for exchange in sent if re.fullmatch(r"/v1/rentals(/\d+)?", exchange.path)]


def creates_of(simulator: RemoteSimulator, name: str) -> list[Exchange]:
    """The POSTs of properties of this name."""
    posts = [exchange for exchange in calls_about(simulator, "/rentals") if exchange.method == "POST"]
    return [exchange for exchange in posts if exchange.body["Name"] == name]
