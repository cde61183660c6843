import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from buildium_sync.settings import Credentials
from buildium_sync.store.secrets import SecretCache


class SecretsManager:
    """A secret that can be changed, and how often it was read."""

    def __init__(self) -> None:
        self.key = "first"
        self.text: str | None = None
        self.reads: list[str] = []
        self.let_through = threading.Event()
        self.let_through.set()

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 -- botocore's name
        self.reads.append(SecretId)
        assert self.let_through.wait(10)
        return {"SecretString": self.text or json.dumps({"BUILDIUM_API_KEY": self.key})}


class Stage:
    """Credentials kept for a minute, in a time of their own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.manager = SecretsManager()
        client = cast("Any", self.manager)
        self.credentials = SecretCache(lambda: client, "buildium", seconds=60, clock=lambda: self.now)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def key(credentials: Credentials) -> str:
    return credentials.api_key


def test_the_secret_is_cached_until_it_expires(stage: Stage) -> None:
    assert key(stage.credentials.current()) == "first"
    stage.manager.key = "second"

    stage.now += 59
    assert key(stage.credentials.current()) == "first"
    assert stage.manager.reads == ["buildium"]

    stage.now += 1
    assert key(stage.credentials.current()) == "second"


def test_reloaded_credentials_are_cached(stage: Stage) -> None:
    stage.credentials.current()
    stage.manager.key = "second"

    assert key(stage.credentials.fresh()) == "second"
    assert key(stage.credentials.current()) == "second"
    assert len(stage.manager.reads) == 2


def test_concurrent_threads_read_the_secret_once(stage: Stage) -> None:
    stage.manager.let_through.clear()
    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(stage.credentials.current) for _ in range(8)]
        stage.manager.let_through.set()

    assert {key(each.result()) for each in found} == {"first"}
    assert len(stage.manager.reads) == 1


def test_a_read_after_an_invalid_secret_succeeds(stage: Stage) -> None:
    stage.manager.text = "no JSON"
    with pytest.raises(ValueError, match="Expecting value"):
        stage.credentials.current()

    stage.manager.text = None
    assert key(stage.credentials.current()) == "first"
