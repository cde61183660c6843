"""Operators on the deployed stack: their keys, their roles, and their names."""

import pytest
from playwright.sync_api import expect

from buildium_sync.domain.operator import Role
from tests.e2e.api import Api, property_body, unique
from tests.e2e.browser import Console, OpenConsole
from tests.e2e.conftest import AddOperator
from tests.e2e.waiting import eventually
from tools.local_cloud.errors import LocalCloudError
from tools.operators.keys import OperatorKeys

pytestmark = pytest.mark.e2e


def test_a_readers_key_reads_and_cannot_write(add_operator: AddOperator, api: Api) -> None:
    _, reader = add_operator(Role.READ)
    assert reader.get("/api/buildium/operator")["operator"]["canWrite"] is False
    response = reader.send("POST", "/api/properties", property_body(unique("Forbidden")))
    assert (response.status_code, response.json()["errorCode"]) == (403, "operator_required")
    assert reader.send("POST", "/api/webhooks/test").status_code == 403
    assert api.send("GET", "/api/properties").status_code == 200


def test_an_operator_is_the_author_in_the_timeline(
    add_operator: AddOperator, api: Api, open_console: OpenConsole
) -> None:
    name, operator = add_operator(Role.OPERATE)
    created = api.create_property(unique("Operated"))["property"]
    path = f"/api/properties/{created['id']}"
    assert operator.send("PUT", path, {"name": unique("Operated")}).status_code == 200
    query = {"entityType": "property", "entityId": created["id"]}
    entries = eventually(
        lambda: api.get("/api/buildium/timeline", **query)["items"],
        lambda items: [each for each in items if each.get("by", {}).get("name") == name],
    )
    assert next(each["version"] for each in entries if each.get("by", {}).get("name") == name) > 1
    console = open_console()
    console.open(key=operator.key)
    console.show_entity("property", created["id"])
    expect(console.page.get_by_text(f", by {name}")).to_be_visible()
    expect(console.page.get_by_role("navigation")).to_contain_text(f"{name}, operator")


def test_the_console_hides_what_a_reader_cannot_do(add_operator: AddOperator, console: Console) -> None:
    _, reader = add_operator(Role.READ)
    console.open("drift", key=reader.key)
    console.wait_for_view("drift")
    expect(console.page.get_by_role("navigation")).to_contain_text("may only read")
    expect(console.page.get_by_role("button", name="Check for drift")).to_be_hidden()


def test_a_deleted_key_does_not_work(keys: OperatorKeys, api_url: str) -> None:
    name = unique("Gone")
    deleted = Api(api_url, keys.add(name, Role.OPERATE))
    assert name in dict(keys.list())
    with pytest.raises(LocalCloudError):
        keys.add(name, Role.READ)
    keys.delete(name)
    assert deleted.send("GET", "/api/properties").status_code == 403
    assert name not in dict(keys.list())
