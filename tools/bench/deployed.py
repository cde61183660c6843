"""The system on a separate local cloud, deployed as by `make up`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from tests.simulator import RemoteSimulator
from tools.local_cloud.down import take_down
from tools.local_cloud.http import session
from tools.local_cloud.paths import ROOT
from tools.local_cloud.run_e2e import SETTINGS
from tools.local_cloud.state import State
from tools.local_cloud.up import bring_up

_DIRECTORY = ROOT / ".local-bench/cloud"


@dataclass(frozen=True)
class Deployed:
    """A client with its API key, the API's URL, and the Buildium simulator."""

    client: requests.Session
    api_url: str
    buildium: RemoteSimulator


@contextmanager
def deployed() -> Iterator[Deployed]:
    """Deploy the system. It is removed after the block."""
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    state = State(_DIRECTORY)
    with state.lock():
        take_down(state)
        try:
            stack = bring_up(state, SETTINGS)
            client = session()
            client.headers["x-api-key"] = stack.api_key
            yield Deployed(client, stack.api_url, RemoteSimulator(stack.simulator_url or ""))
        finally:
            take_down(state)
