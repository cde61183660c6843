"""Installs what the functions' compositions use: environment variables, AWS clients, a clock and its sleep."""

import json
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from buildium_sync.composition.buildium import BuildiumComposition
from buildium_sync.composition.runtime import runtime

import pytest

from tests.environment import set_environment


@dataclass
class SecretsManager:
    """Secrets Manager with one secret. `values` can change at any time; `text` replaces their JSON."""

    values: dict[str, str]
    text: str | None = None

    def get_secret_value(self, **_arguments: str) -> dict[str, str]:
        return {"SecretString": json.dumps(self.values) if self.text is None else self.text}


@dataclass
class FakeClients:
    """AWS clients that a test provides instead of boto3's."""

    dynamodb: Any
    sqs: Any
    secrets_manager: SecretsManager
    eventbridge: Any = None
    best_effort_dynamodb: Any = field(init=False)

    def __post_init__(self) -> None:
        self.best_effort_dynamodb = self.dynamodb


def install(
    patch: pytest.MonkeyPatch,
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    clients: FakeClients | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    compositions: MutableMapping[type, Any] | None = None,
) -> None:
    """Install a new process's runtime until the patch ends.

    `environment` changes the variables that the template sets. Without `clients`, boto3's clients call moto.
    """
    set_environment(patch, **environment)
    if clients is not None:
        patch.setattr(runtime, "clients", clients)
    patch.setattr(runtime, "clock", clock)
    patch.setattr(runtime, "sleep", sleep)
    patch.setattr(runtime, "compositions", {} if compositions is None else compositions)


def clear_compositions() -> None:
    """Remove the compositions, as in a new process. AWS clients stay, because they know no tables or queues."""
    runtime.compositions.clear()


def share_parts(owner: BuildiumComposition, other: BuildiumComposition) -> None:
    """Let two compositions of one process use the same stores and connections."""
    for name in ("entities", "jobs", "highest_ids", "metric_counts", "session"):
        vars(other)[name] = getattr(owner, name)
