"""The main use case over HTTP: a property and its owner are synced to Buildium."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from tools.local_cloud.environment import parameters
from tools.local_cloud.http import session
from tools.local_cloud.live_account import LIVE_HOST
from tools.local_cloud.paths import ROOT
from tools.local_cloud.servers import SIMULATOR_API_KEY, SIMULATOR_CLIENT_ID
from tools.local_cloud.state import Stack

_SYNC_TIMEOUT_SECONDS = 60
_UNFINISHED = {"pending", "syncing"}


class DemoError(Exception):
    """The main use case failed. The text says where."""


def show(stack: Stack, settings: Mapping[str, str]) -> None:
    """Run the main use case and print it, then the next steps. An error is printed and not raised."""
    kind = " (simulator)" if stack.simulator_url else ""
    print(f"\nAPI       {stack.api_url}\ndocs      {stack.api_url}/docs")
    print(f"console   {stack.api_url}/console\nAPI key   {stack.api_key}")
    print(f"webhooks  {stack.api_url}/api/webhooks/buildium")
    print(f"Buildium  {stack.buildium_url}{kind}")
    if stack.simulator_url and "BUILDIUM_API_KEY" in settings:
        print("BUILDIUM_BASE_URL is not set, so the simulator is used and BUILDIUM_API_KEY is ignored.")
    if urlsplit(stack.buildium_url).hostname == LIVE_HOST:
        print("\nThe smoke test is skipped: this is a real Buildium account, and created entities cannot be deleted.")
    elif parameters(settings)["BuildiumSyncEnabled"] == "false":
        print("\nThe smoke test is skipped: sync is disabled (BUILDIUM_SYNC_ENABLED=false). New entities stay pending.")
    else:
        try:
            _run_main_use_case(Api(stack.api_url, stack.api_key), _Buildium(stack, settings))
        except (DemoError, requests.RequestException) as error:
            print(f"\nThe smoke test failed: {error}\n`make logs` shows the logs of the functions.")
    print(_next_steps())


class Api:
    """Calls the API of a stack."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._session = session()
        self._session.headers["x-api-key"] = key

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a POST that waits for the sync. Raises DemoError unless the response is 201."""
        print(f"\nPOST {path}\n  {json.dumps(body)}")
        response = self._session.post(f"{self._url}{path}", json=body, headers={"Prefer": "wait=20"}, timeout=35)
        if response.status_code != requests.codes.created:
            raise DemoError(f"POST {path} returned {response.status_code}: {response.text}")
        content: dict[str, Any] = response.json()
        print(f"{response.status_code}\n  buildiumSync: {json.dumps(content['buildiumSync'])}")
        return content

    def update(self, path: str, body: Mapping[str, Any]) -> None:
        """Send a PUT. Raises DemoError unless the response is 200."""
        response = self._session.put(f"{self._url}{path}", json=body, headers={"Prefer": "wait=20"}, timeout=35)
        if response.status_code != requests.codes.ok:
            raise DemoError(f"PUT {path} returned {response.status_code}: {response.text}")

    def outcome(self, entity_type: str, entity_id: str) -> dict[str, Any]:
        """Return the sync's status as soon as it is final, or the current one after the timeout."""
        deadline = time.monotonic() + _SYNC_TIMEOUT_SECONDS
        query = {"entityType": entity_type, "entityId": entity_id}
        while True:
            response = self._session.get(f"{self._url}/api/buildium/sync", params=query, timeout=35)
            if response.status_code != requests.codes.ok:
                raise DemoError(f"GET /api/buildium/sync returned {response.status_code}: {response.text}")
            status: dict[str, Any] = response.json()["syncStatus"]
            if status["syncStatus"] not in _UNFINISHED or time.monotonic() > deadline:
                return status
            time.sleep(1)


class _Buildium:
    """Calls Buildium with the deployed credentials."""

    def __init__(self, stack: Stack, settings: Mapping[str, str]) -> None:
        simulated = stack.simulator_url is not None
        client_id = SIMULATOR_CLIENT_ID if simulated else settings.get("BUILDIUM_CLIENT_ID", "")
        api_key = SIMULATOR_API_KEY if simulated else settings.get("BUILDIUM_API_KEY", "")
        self._url = stack.buildium_url.rstrip("/")
        self._session = requests.Session() if not simulated else session()
        self._session.headers["x-buildium-client-id"] = client_id
        self._session.headers["x-buildium-client-secret"] = api_key

    def properties_of(self, owner_id: int) -> list[int]:
        """Return the Buildium ids of an owner's properties. Raises DemoError unless the response is 200."""
        path = f"/rentals/owners/{owner_id}"
        response = self._session.get(f"{self._url}{path}", timeout=35)
        if response.status_code != requests.codes.ok:
            raise DemoError(f"Buildium returned {response.status_code} for GET {path}: {response.text}")
        found: list[int] = response.json().get("PropertyIds") or []
        return found


def _run_main_use_case(api: Api, buildium: _Buildium) -> None:
    created = api.create("/api/properties", example_property(time.strftime("%Y-%m-%d %H:%M:%S")))["property"]
    _show_outcome("property", created["id"], api.outcome("property", created["id"]))
    owner = api.create("/api/owners", _owner(created["id"]))
    status = api.outcome("owner", owner["id"])
    _show_outcome("owner", owner["id"], status)
    if status["buildiumId"] is not None:
        linked = buildium.properties_of(status["buildiumId"])
        print(f"→ owner {status['buildiumId']} in Buildium has the properties {linked}")


def _show_outcome(entity_type: str, entity_id: str, status: Mapping[str, Any]) -> None:
    reason = f": {status['errorMessage']}" if status["errorMessage"] else ""
    print(f"→ {entity_type} {entity_id} is {status['syncStatus']}, Buildium id {status['buildiumId']}{reason}")


def example_property(number: str) -> dict[str, Any]:
    """Return the body of a property with a number in its name."""
    return {
        "name": f"Maple Court {number}",
        "addressLine1": "12 Maple Street",
        "city": "Portland",
        "state": "OR",
        "postalCode": "97201",
        "country": "US",
        "rentalSubType": "MultiFamily",
    }


def _owner(property_id: str) -> dict[str, Any]:
    return {
        "isCompany": False,
        "firstName": "Ada",
        "lastName": "Martin",
        "primaryEmail": "ada.martin@example.com",
        "primaryPhone": "503-555-0142",
        "primaryAddressLine1": "8 Oak Avenue",
        "primaryCity": "Portland",
        "primaryState": "OR",
        "primaryPostalCode": "97202",
        "primaryCountry": "US",
        "propertyIds": [property_id],
    }


def _next_steps() -> str:
    json_header = '-H "content-type: application/json"'
    return f"""
Next steps, in {ROOT}:

  . .local/env
  curl -s -H "x-api-key: $API_KEY" "$API_URL/api/properties"
  curl -s -H "x-api-key: $API_KEY" {json_header} "$API_URL/api/properties" -d '{json.dumps(example_property("2"))}'
  curl -s -H "x-api-key: $API_KEY" "$API_URL/api/buildium/sync"        # failed syncs

Open the console with the API key above, and see docs/development.md for how to make Buildium reject a request.
`make logs` shows the logs of the functions; `make down` stops everything."""
