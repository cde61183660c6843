"""Every entity type on the deployed stack: dependencies, edits and deletions in Buildium, missed webhooks."""

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.e2e.account import CASES, create, create_account, read
from tests.e2e.api import Api, Json, unique
from tests.e2e.test_webhooks import deliver, flat_event
from tests.e2e.waiting import SCHEDULE_SECONDS, eventually, status_becomes
from tests.simulator import RemoteSimulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

pytestmark = pytest.mark.e2e

NOBODYS = 10**9
"""An unknown Buildium id."""


def synced(api: Api, made: dict[str, str]) -> dict[str, Json]:
    return {name: status_becomes(api, name, entity_id, "synced") for name, entity_id in made.items()}


def test_a_chain_of_every_type_created_at_once_syncs(api: Api, simulator: RemoteSimulator) -> None:
    stand = synced(api, create_account(api))

    units = [unit for unit in simulator.state()["units"] if unit["PropertyId"] == stand["property"]["buildiumId"]]
    assert [unit["Id"] for unit in units] == [stand["unit"]["buildiumId"]], "the unit that Buildium made is taken"


def test_a_vendor_edited_in_buildium_is_updated_locally(api: Api, simulator: RemoteSimulator) -> None:
    renamed = unique("Theirs")
    vendor_id = create(api, "vendor", {"isCompany": True, "companyName": unique("Pipes")})
    buildium_id = status_becomes(api, "vendor", vendor_id, "synced")["buildiumId"]

    simulator.edit("vendors", buildium_id, {"CompanyName": renamed})

    eventually(lambda: read(api, "vendor", vendor_id)["companyName"] == renamed)


def test_edits_missed_during_a_webhook_gap_arrive_afterwards(
    api: Api,
    simulator: RemoteSimulator,
    webhook_secret: str,
    lambda_client: "LambdaClient",
    dynamodb_client: "DynamoDBClient",
    resources: dict[str, str],
    without_webhooks: None,
) -> None:
    # An earlier unsigned request may have caused an extra poll; the next one is allowed after 15 minutes.
    dynamodb_client.delete_item(TableName=resources["ControlTable"], Key={"pk": {"S": "webhooks"}})
    made = create_account(api)
    for name, stand in synced(api, made).items():
        simulator.edit(CASES[name].plural, stand["buildiumId"], CASES[name].edit)
    event = flat_event("Rental.Updated", PropertyId=NOBODYS)
    assert deliver(api, event, "not-the-secret").status_code == 401
    time.sleep(0.01)
    assert deliver(api, event, webhook_secret).status_code == 200

    # The gap is polled at once, even if the types are not due.
    lambda_client.invoke(FunctionName=resources["ReconcileFunction"])

    def shown() -> dict[str, str]:
        return {name: read(api, name, entity_id)[CASES[name].field] for name, entity_id in made.items()}

    # A poll of the schedule may be running. Then the gap is polled a minute later.
    eventually(shown, lambda seen: seen == {name: CASES[name].value for name in made}, SCHEDULE_SECONDS)
    assert {stand["syncStatus"] for stand in synced(api, made).values()} == {"synced"}


def test_a_late_event_does_not_restore_a_deleted_entity(api: Api, simulator: RemoteSimulator) -> None:
    made = create_account(api)
    stands = synced(api, made)
    # Buildium has no flat events about owners; the batch form names them.
    batch = [
        {"Id": unique("e"), "EventType": "OwnerDeleted", "EntityType": "Owner", "EventDate": "2026-11-01T00:00:00Z"}
    ]
    for name in reversed(made):
        simulator.delete(CASES[name].plural, stands[name]["buildiumId"])
    simulator.send_batch([{**event, "EntityId": stands["owner"]["buildiumId"]} for event in batch])

    for name, entity_id in made.items():
        deleted = eventually(partial(read, api, name, entity_id), _is_deleted)
        assert deleted["status"] == "Inactive"
    late = {**flat_event("Rental.Updated"), "PropertyId": stands["property"]["buildiumId"]}
    simulator.send_event(late)
    rows = eventually(
        lambda: [
            row
            for row in api.rows("/api/buildium/events", "items", status="ignored", limit="100")
            if row["entityId"] == late["PropertyId"] and row["eventName"] == "Rental.Updated"
        ]
    )
    assert rows
    assert _is_deleted(read(api, "property", made["property"]))
    rejected = api.send("PUT", f"/api/properties/{made['property']}", {"name": "Raised"})
    assert rejected.status_code == 409


def _is_deleted(seen: Json) -> bool:
    # An owner's response is in snake_case.
    return bool(seen.get("deletedAt") or seen.get("deleted_at"))
