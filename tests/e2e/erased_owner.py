"""An owner whose personal data is erased. An erasure takes at least two minutes."""

import json
from typing import TYPE_CHECKING, NamedTuple

from tests.aws import ACTIVITY, CONTROL, ENTITIES, EVENTS
from tests.e2e.api import Api, Json, owner_body, unique
from tests.e2e.waiting import status_becomes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ErasedOwner(NamedTuple):
    """The name and the local id of the owner, the number of items with the name, and the response to the request."""

    name: str
    entity_id: str
    stored_before: int
    requested: Json

    @property
    def path(self) -> str:
        """The path of the owner."""
        return f"/api/owners/{self.entity_id}"


def request_erasure(api: Api, client: "DynamoDBClient", resources: dict[str, str]) -> ErasedOwner:
    """Create an owner with a history, and request the erasure."""
    name = unique("Erased")
    home = api.create_property(unique("Home"))["property"]
    created = api.send("POST", "/api/owners", owner_body(name, [home["id"]], externalId=name)).json()
    status_becomes(api, "owner", created["id"], "synced")
    path = f"/api/owners/{created['id']}"
    assert api.send("PUT", path, {"lastName": f"{name} 2"}).status_code == 200
    stored = len(stored_items(client, resources, name))
    assert api.get(f"{path}/erasure")["erasure"]["status"] == "not_started"
    response = api.send("POST", f"{path}/erasure")
    assert response.status_code == 202, response.text
    return ErasedOwner(name, created["id"], stored, response.json()["erasure"])


def stored_items(client: "DynamoDBClient", resources: dict[str, str], text: str) -> list[str]:
    """The items of all tables that contain a text."""
    pages = (
        page["Items"]
        for table in (ENTITIES, EVENTS, CONTROL, ACTIVITY)
        for page in client.get_paginator("scan").paginate(TableName=resources[table])
    )
    items = (json.dumps(item, default=str) for page in pages for item in page)
    return [item for item in items if text.lower() in item.lower()]
