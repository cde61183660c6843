"""The account function, invoked as by API Gateway, with a simulated Buildium account."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from buildium_sync.domain.operator import Role
from buildium_sync.store.dynamodb import to_attributes
from buildium_sync.store.operator_items import operator_key
from tests.aws import CONTROL
from tests.functions.workers import load
from tests.harness.events import Context, api_request
from tests.harness.runtime import FakeClients, SecretsManager, clear_compositions, install
from tests.openapi.assertions import assert_documented
from tests.simulator import Simulator


@dataclass
class Account:
    """The function, its secret and its Buildium account."""

    buildium: Simulator
    dynamodb: Any
    secret: SecretsManager
    patch: pytest.MonkeyPatch

    def get(self, path: str, key: str = "", **query: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of a response, which must match the OpenAPI document."""
        event = api_request("GET", path, query=query or None, headers={"x-api-key": key})
        response = load("account").lambda_handler(event, Context(time_left=lambda: 29.0))
        body = json.loads(response["body"])
        assert_documented("GET", path, response["statusCode"], response["headers"]["Content-Type"], body)
        return response["statusCode"], body

    def set(self, **settings: str) -> None:
        """Change settings, as a new deployment does."""
        for name, value in settings.items():
            self.patch.setenv(name, value)
        clear_compositions()

    def add_operator(self, role: Role, key: str) -> None:
        """Store an operator with this API key."""
        item = {**operator_key(key), "name": "Ann", "role": role.value, "apiKeyId": "k3y1d"}
        self.dynamodb.put_item(TableName=CONTROL, Item=to_attributes(item))

    def use_key(self, value: str) -> None:
        """Store another API key in the secret."""
        self.secret.values["BUILDIUM_API_KEY"] = value
        clear_compositions()

    @property
    def calls(self) -> list[str]:
        """The requests that Buildium received, each as method and path."""
        return [f"{each.method} {each.path}" for each in self.buildium.requests()]


@contextmanager
def deployed_account(dynamodb: Any, buildium: Simulator, patch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The function in a new process, with the credentials of an account."""
    secret = SecretsManager(
        {
            "BUILDIUM_CLIENT_ID": buildium.client_id,
            "BUILDIUM_API_KEY": buildium.api_key,
        }
    )
    environment = {"BUILDIUM_BASE_URL": buildium.base_url, "NO_PROXY": "127.0.0.1", "HAS_WEBHOOK_SECRET": "true"}
    # Buildium's simulator has no limit, so that no call must wait for its slot.
    install(patch, environment, clients=FakeClients(dynamodb, None, secret), sleep=lambda _seconds: None)
    yield Account(buildium, dynamodb, secret, patch)
