"""The status of every entity type, and the other remote-owned fields, in requests of clients."""

from typing import Any

import pytest

from buildium_sync.entity_types.registry import all_types, by_name
from tests.faults.bodies import COLLECTIONS, body
from tests.functions.api import Api, Response

TYPES = sorted(COLLECTIONS)
READ_ONLY = [
    (each.name, field)
    for each in all_types()
    if not each.is_read_only and each.nested_route is None
    for field in sorted(each.remote_owned_fields)
]
SPELLINGS = ["Active", "active", "ACTIVE", "aCtIvE", " active ", "\tActive\n"]
OTHERS = ["Inactive", "inactive", " INACTIVE", "Archived", "", 0, True, ["Active"], {"status": "Active"}]


class Client:
    """Creates one entity of each type with its dependencies, and reads and updates it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._ids: dict[str, str] = {}

    def create(self, entity_type: str, **more: Any) -> Response:
        for needed in COLLECTIONS:
            if needed == entity_type:
                break
            if needed not in self._ids:
                self._ids[needed] = shown(needed, self._post(needed))["id"]
        return self._post(entity_type, **more)

    def update(self, entity_type: str, entity_id: str, content: dict[str, Any]) -> Response:
        return self._api.request("PUT", f"/api/{COLLECTIONS[entity_type]}/{entity_id}", content)

    def read(self, entity_type: str, entity_id: str) -> Response:
        return self._api.get(f"/api/{COLLECTIONS[entity_type]}/{entity_id}")

    def _post(self, entity_type: str, **more: Any) -> Response:
        content = {**body(entity_type, "One", self._ids), **more}
        return self._api.request("POST", f"/api/{COLLECTIONS[entity_type]}", content)


@pytest.fixture
def client(api: Api) -> Client:
    return Client(api)


def shown(entity_type: str, response: Response) -> dict[str, Any]:
    """The entity in a response."""
    assert response.status in (200, 201), response.text
    envelope = response.body
    if entity_type == "owner":
        return envelope
    [name] = envelope.keys() - {"message", "buildiumSync"}
    return dict(envelope[name])


@pytest.mark.parametrize("entity_type", TYPES)
def test_a_new_entity_of_every_type_is_active(client: Client, entity_type: str) -> None:
    assert shown(entity_type, client.create(entity_type))["status"] == "Active"


@pytest.mark.parametrize("entity_type", TYPES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_status_is_accepted_in_any_case(client: Client, entity_type: str, spelling: str) -> None:
    created = shown(entity_type, client.create(entity_type, status=spelling))
    updated = shown(entity_type, client.update(entity_type, created["id"], {"status": spelling}))

    assert (created["status"], updated["status"]) == ("Active", "Active")


@pytest.mark.parametrize("entity_type", TYPES)
def test_an_entity_written_back_unchanged_changes_nothing(client: Client, entity_type: str) -> None:
    created = client.create(entity_type)
    entity_id = shown(entity_type, created)["id"]
    read = client.read(entity_type, entity_id)
    written = client.update(entity_type, entity_id, shown(entity_type, read))

    assert (written.status, written.headers["ETag"]) == (200, created.headers["ETag"]), written.text


@pytest.mark.parametrize(("entity_type", "field"), READ_ONLY)
def test_null_in_a_read_only_field_is_ignored(client: Client, entity_type: str, field: str) -> None:
    created = client.create(entity_type, **{field: None})
    entity_id = shown(entity_type, created)["id"]
    updated = client.update(entity_type, entity_id, {field: None})

    assert (created.status, updated.status) == (201, 200), (created.text, updated.text)
    assert updated.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize("entity_type", [name for name in TYPES if "status" in by_name(name).remote_owned_fields])
@pytest.mark.parametrize("status", OTHERS, ids=repr)
def test_a_read_only_status_rejects_another_value(client: Client, entity_type: str, status: Any) -> None:
    created = client.create(entity_type, status=status)
    entity_id = shown(entity_type, client.create(entity_type))["id"]
    updated = client.update(entity_type, entity_id, {"status": status})

    for response in (created, updated):
        assert (response.status, response.fields) == (422, ["status"])
        [error] = response.body["errors"]
        assert "Buildium's API can activate and inactivate properties only" in error["message"]


@pytest.mark.parametrize("spelling", ["Inactive", "inactive", " INACTIVE "])
def test_the_status_of_a_property_can_be_set(client: Client, spelling: str) -> None:
    created = shown("property", client.create("property", status=spelling))
    active = shown("property", client.update("property", created["id"], {"status": "ACTIVE"}))
    inactive = shown("property", client.update("property", created["id"], {"status": spelling}))

    assert [each["status"] for each in (created, active, inactive)] == ["Inactive", "Active", "Inactive"]


def test_null_keeps_the_status_of_a_property(client: Client) -> None:
    created = shown("property", client.create("property", status="Inactive"))
    updated = shown("property", client.update("property", created["id"], {"status": None, "name": "Two"}))

    assert (updated["status"], updated["name"]) == ("Inactive", "Two")
    assert shown("property", client.create("property", status=None))["status"] == "Active"


@pytest.mark.parametrize("status", [each for each in OTHERS if str(each).strip().lower() != "inactive"], ids=repr)
def test_an_unknown_status_of_a_property_is_rejected(client: Client, status: Any) -> None:
    entity_id = shown("property", client.create("property"))["id"]
    for response in (
        client.create("property", status=status),
        client.update("property", entity_id, {"status": status}),
    ):
        assert (response.status, response.fields) == (422, ["status"])
