"""A client of the deployed API, and its request bodies."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import requests

Json = dict[str, Any]
TIMEOUT_SECONDS = 35
AT_ONCE = "respond-async"
PATIENTLY = "wait=20"


def unique(word: str) -> str:
    """A unique name."""
    return f"{word} {uuid4().hex[:10]}"


def property_body(name: str, **fields: Any) -> Json:
    return {
        "name": name,
        "addressLine1": "12 Maple Street",
        "city": "Portland",
        "state": "OR",
        "postalCode": "97201",
        "country": "US",
        "rentalSubType": "MultiFamily",
        **fields,
    }


def owner_body(last_name: str, property_ids: list[str], **fields: Any) -> Json:
    return {
        "isCompany": False,
        "firstName": "Ada",
        "lastName": last_name,
        "primaryEmail": "ada@example.com",
        "primaryPhone": "503-555-0142",
        "primaryAddressLine1": "8 Oak Avenue",
        "primaryCity": "Portland",
        "primaryState": "OR",
        "primaryPostalCode": "97202",
        "primaryCountry": "US",
        "propertyIds": property_ids,
        **fields,
    }


class Api:
    """Calls the deployed API over HTTP."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._session = requests.Session()
        self._session.trust_env = False
        self._key = {"x-api-key": key}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        with_key: bool = True,
    ) -> requests.Response:
        """Send one request; `data` is sent unchanged, `body` as JSON."""
        return self._session.request(
            method,
            f"{self.url}{path}",
            json=body,
            data=data,
            headers={**(self._key if with_key else {}), **(headers or {})},
            params=query,
            timeout=TIMEOUT_SECONDS,
        )

    def get(self, path: str, **query: str) -> Json:
        """The body of a successful GET."""
        return _content(self.send("GET", path, query=query), 200)

    def create_property(self, name: str, prefer: str = PATIENTLY, **fields: Any) -> Json:
        """The response to a property's create."""
        return self._create("/api/properties", property_body(name, **fields), prefer)

    def create_owner(self, last_name: str, property_ids: list[str], prefer: str = PATIENTLY, **fields: Any) -> Json:
        """The response to an owner's create."""
        return self._create("/api/owners", owner_body(last_name, property_ids, **fields), prefer)

    def sync_status(self, entity_type: str, entity_id: str) -> Json:
        """The sync status of one entity."""
        status: Json = self.get("/api/buildium/sync", entityType=entity_type, entityId=entity_id)["syncStatus"]
        return status

    def pages(self, path: str, items: str, **query: str) -> list[list[Json]]:
        """Every page of a list, whose rows are under `items`."""
        page = self.get(path, **query)
        pages = [page[items]]
        while page["nextCursor"]:
            page = self.get(path, **query, cursor=page["nextCursor"])
            pages.append(page[items])
        return pages

    def rows(self, path: str, items: str, **query: str) -> list[Json]:
        """Every row of a list."""
        return [row for page in self.pages(path, items, **query) for row in page]

    def _create(self, path: str, body: Json, prefer: str) -> Json:
        return _content(self.send("POST", path, body, headers={"Prefer": prefer}), 201)


def _content(response: requests.Response, status: int) -> Json:
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    content: Json = response.json()
    return content
