"""The erasure of a person's data, on the deployed stack."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.api import Api, Json, unique
from tests.e2e.browser import Console
from tests.e2e.erased_owner import ErasedOwner, stored_items
from tests.e2e.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 300.0
"""An erasure takes at least two minutes."""


@pytest.mark.concludes(1)
def test_an_erased_owner_is_in_no_table(
    api: Api, dynamodb_client: "DynamoDBClient", resources: dict[str, str], erased_owner: ErasedOwner
) -> None:
    name, path = erased_owner.name, erased_owner.path
    assert (erased_owner.requested["status"], erased_owner.stored_before > 5) == ("queued", True)
    erasure = eventually(
        lambda: api.get(f"{path}/erasure")["erasure"], lambda seen: seen["status"] == "done", PATIENCE_SECONDS
    )

    assert erasure["finishedAt"] > erasure["requestedAt"]
    assert api.send("POST", f"{path}/erasure").json()["erasure"] == erasure
    assert stored_items(dynamodb_client, resources, name) == []
    assert (api.get(path)["last_name"], api.sync_status("owner", erased_owner.entity_id)["syncStatus"]) == (
        None,
        "deleted",
    )
    assert api.send("PUT", path, {"lastName": name}).status_code == 409
    assert api.send("GET", "/api/owners/7/erasure").status_code == 404


def test_the_console_erases_after_a_confirmation(console: Console, api: Api) -> None:
    created = api.create_property(unique("Console"))["property"]
    states = iter(["not_started", "queued", "running", "done"])
    sent: list[str] = []
    last = ["not_started"]

    def respond(route: Route) -> None:
        sent.append(route.request.method)
        last[0] = next(states, "done")
        erasure: Json = {"status": last[0], "requestedAt": None, "finishedAt": None, "by": "Ann", "error": None}
        route.fulfill(json={"erasure": erasure})

    console.page.route("**/erasure", respond)
    console.open()
    console.wait_for_view("overview")
    console.show_entity("property", created["id"])
    console.page.get_by_role("button", name="Erase personal data …").click()
    dialog = console.page.get_by_role("dialog", name=f"Erase the personal data of {created['name']}?")
    expect(dialog).to_contain_text(created["id"])
    expect(dialog).to_contain_text("This cannot be undone.")
    dialog.get_by_role("button", name="Cancel").click()
    assert sent == ["GET"]

    console.page.get_by_role("button", name="Erase personal data …").click()
    dialog.get_by_role("button", name="Erase", exact=True).click()
    expect(console.page.get_by_text("requested by Ann. The entity stays deleted.")).to_be_visible()
    expect(console.page.get_by_role("button", name="Erase personal data …")).to_have_count(0)
    assert sent[:2] == ["GET", "POST"]
