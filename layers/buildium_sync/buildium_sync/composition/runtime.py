"""What a process provides for the composition of its function."""

import os
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, cast

from buildium_sync.composition.clients import Clients

from buildium_sync.clock import Clock
from buildium_sync.environment_variables import Settings

TimeLeft = Callable[[], float]
"""Returns the seconds until Lambda ends the invocation."""


@dataclass
class Runtime:
    """The AWS clients and the clock of a process, and the compositions that it keeps between invocations."""

    clients: Clients = field(default_factory=Clients)
    clock: Clock = time.time
    sleep: Callable[[float], None] = time.sleep
    compositions: MutableMapping[type, Any] = field(default_factory=dict)


runtime = Runtime()
"""The runtime of this process. Tests replace its fields."""


class Composition:
    """The parts of one function. Parts that keep state between invocations are created once."""

    settings_type: ClassVar[type[Settings]]
    settings: Settings

    def __init__(self) -> None:
        self.settings = self.settings_type(os.environ)

    @classmethod
    def current(cls) -> Self:
        """Return the composition of this process. The first call creates it and raises ValueError for a setting."""
        compositions = runtime.compositions
        if cls not in compositions:
            compositions[cls] = cls()
        return cast("Self", compositions[cls])
