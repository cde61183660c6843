"""A Buildium simulator for tests: a stateful HTTP server on loopback with Buildium's rules."""

from tests.simulator.client import RemoteSimulator
from tests.simulator.journal import Exchange
from tests.simulator.simulator import Simulator

__all__ = ["Exchange", "RemoteSimulator", "Simulator"]
