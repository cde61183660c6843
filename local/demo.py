"""The main job over HTTP: a property and its owner reach Buildium."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from local.paths import ROOT
from local.state import Stack

_PRODUCTION_HOST = "api.buildium.com"
_PATIENCE_SECONDS = 60
_UNDECIDED = {"pending", "syncing"}


class DemoError(Exception):
    """The main job did not come to its end; the message says where."""


def show(stack: Stack, settings: Mapping[str, str]) -> None:
    """Do the main job and print it, then how to go on. A failure is printed and not raised."""
    kind = " (simulator)" if stack.simulator_url else ""
    print(f"\nAPI      {stack.api_url}\nBuildium {stack.buildium_url}{kind}")
    if stack.simulator_url and "BUILDIUM_API_KEY" in settings:
        print("Without BUILDIUM_BASE_URL the simulator is used, and BUILDIUM_API_KEY is not.")
    if urlsplit(stack.buildium_url).hostname == _PRODUCTION_HOST:
        print("\nNothing is tried out: this is Buildium itself, and what is made there cannot be deleted.")
    else:
        try:
            _do_the_main_job(_Client(stack.api_url, stack.api_key), time.strftime("%Y-%m-%d %H:%M:%S"))
        except (DemoError, requests.RequestException) as error:
            print(f"\nThe main job stopped: {error}\n`make logs` shows what the functions say.")
    print(_how_to_go_on())


class _Client:
    """Calls the API and prints what is said."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["x-api-key"] = key

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST, waiting for the sync as long as the API allows. Raises DemoError unless the answer is 201."""
        print(f"\nPOST {path}\n  {json.dumps(body)}")
        answer = self._session.post(
            f"{self._url}{path}", json=body, headers={"Prefer": "wait=20"}, timeout=35
        )
        print(f"{answer.status_code}\n  {answer.text}")
        if answer.status_code != requests.codes.created:
            raise DemoError(f"POST {path} was answered with {answer.status_code}.")
        content: dict[str, Any] = answer.json()
        return content

    def read(self, path: str, **query: str) -> dict[str, Any]:
        """GET, printing nothing. Raises DemoError unless the answer is 200."""
        answer = self._session.get(f"{self._url}{path}", params=query, timeout=35)
        if answer.status_code != requests.codes.ok:
            raise DemoError(f"GET {path} was answered with {answer.status_code}: {answer.text}")
        content: dict[str, Any] = answer.json()
        return content


def _do_the_main_job(client: _Client, moment: str) -> None:
    created = client.create("/api/properties", _property(moment))["property"]
    _show_outcome(client, "property", created["id"])
    owner = client.create("/api/owners", _owner(created["id"]))
    _show_outcome(client, "owner", owner["id"])


def _show_outcome(client: _Client, entity_type: str, entity_id: object) -> None:
    """Print how the sync ended, waiting for its end if need be."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        status = client.read("/api/buildium/sync", entityType=entity_type, entityId=str(entity_id))[
            "syncStatus"
        ]
        if status["syncStatus"] not in _UNDECIDED or time.monotonic() > deadline:
            break
        time.sleep(1)
    reason = f": {status['errorMessage']}" if status.get("errorMessage") else ""
    print(
        f"→ {entity_type} {entity_id} is {status['syncStatus']}, Buildium id {status['buildiumId']}{reason}"
    )


def _property(moment: str) -> dict[str, Any]:
    return {
        "name": f"Maple Court {moment}",
        "addressLine1": "12 Maple Street",
        "city": "Portland",
        "state": "OR",
        "postalCode": "97201",
        "country": "US",
        "rentalSubType": "MultiFamily",
    }


def _owner(property_id: object) -> dict[str, Any]:
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


def _how_to_go_on() -> str:
    body = json.dumps(_property("2"))
    return f"""
Try it, in {ROOT}:

  . .local/env
  curl -s -H "x-api-key: $API_KEY" "$API_URL/api/properties"
  curl -s -H "x-api-key: $API_KEY" -H "content-type: application/json" "$API_URL/api/properties" -d '{body}'
  curl -s -H "x-api-key: $API_KEY" "$API_URL/api/buildium/sync"

`make logs` shows the functions' logs; `make down` ends everything."""
