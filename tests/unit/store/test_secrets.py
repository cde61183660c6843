import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self, cast

import pytest
from aws_lambda_powertools.utilities.parameters import TransformParameterError, base
from botocore.exceptions import EndpointConnectionError

from buildium_sync.credentials import Credentials
from buildium_sync.store.secrets import CachedSecret


class SecretsManager:
    """A secret that can be changed, with the number of its reads."""

    def __init__(self) -> None:
        self.key = "first"
        self.text: str | None = None
        self.error: Exception | None = None
        self.reads: list[str] = []
        self.let_through = threading.Event()
        self.let_through.set()

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 -- botocore's name
        self.reads.append(SecretId)
        assert self.let_through.wait(10)
        if self.error:
            raise self.error
        return {"SecretString": self.text or json.dumps({"BUILDIUM_API_KEY": self.key})}


class Stage:
    """Credentials that are cached for a while."""

    def __init__(self, max_age_seconds: int = 60) -> None:
        self.manager = SecretsManager()
        client = cast("Any", self.manager)
        self.credentials = CachedSecret(
            lambda: client, "buildium", Credentials.from_mapping, max_age_seconds=max_age_seconds
        )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def key(credentials: Credentials) -> str:
    return credentials.api_key


def let_pass(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """Advance the clock that Powertools reads."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(seconds=seconds)

    patch.setattr(base, "datetime", Later)


def test_the_secret_is_cached_until_it_expires(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert key(stage.credentials.current()) == "first"
    stage.manager.key = "second"

    let_pass(monkeypatch, 30)
    assert key(stage.credentials.current()) == "first"
    assert stage.manager.reads == ["buildium"]

    let_pass(monkeypatch, 61)
    assert key(stage.credentials.current()) == "second"


def test_a_cache_of_zero_seconds_reads_each_time() -> None:
    stage = Stage(max_age_seconds=0)

    stage.credentials.current()
    stage.credentials.current()

    assert stage.manager.reads == ["buildium", "buildium"]


def test_a_failed_read_raises_the_error_of_botocore(stage: Stage) -> None:
    stage.manager.error = EndpointConnectionError(endpoint_url="https://secretsmanager")

    with pytest.raises(EndpointConnectionError):
        stage.credentials.current()


def test_reloaded_credentials_are_cached(stage: Stage) -> None:
    stage.credentials.current()
    stage.manager.key = "second"

    assert key(stage.credentials.reload()) == "second"
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
    with pytest.raises(TransformParameterError):
        stage.credentials.current()

    stage.manager.text = None
    assert key(stage.credentials.current()) == "first"
