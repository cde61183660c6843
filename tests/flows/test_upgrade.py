"""Data that 0.1.0 stored works with the current code, and data of later code is not damaged."""

import json
from pathlib import Path
from typing import Any

import pytest

from buildium_sync.api.client_request import Author
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import NewerSchema
from buildium_sync.store.items import SCHEMA_VERSION
from buildium_sync.store.queues import SyncMessage
from tests.flows.system import System
from tests.simulator import Simulator

STORED: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "stored_by_0_1_0.json").read_text())
"""A property and an owner that were synced, and a vendor that was not."""
ADDRESS = {"AddressLine1": "123 Main St", "City": "Los Angeles", "State": "CA", "PostalCode": "90001"}
RENTAL = {
    "Name": "Sunset Court",
    "RentalSubType": "MultiFamily",
    "OperatingBankAccountId": 1,
    "Address": {**ADDRESS, "Country": "UnitedStates"},
}
REFS = {
    item["entityType"]["S"]: EntityRef(item["entityType"]["S"], item["entityId"]["S"])
    for item in STORED["EntitiesTable"]
    if item["sk"]["S"] == "sync"
}


@pytest.fixture
def upgraded(system: System, buildium: Simulator) -> System:
    for table, items in STORED.items():
        for item in items:
            system.dynamodb.put_item(TableName=table, Item=item)
    assert buildium.create("rentals", RENTAL)["Id"] == system.sync_of(REFS["property"]).buildium_id
    return system


def test_an_entity_of_0_1_0_is_updated_in_buildium(upgraded: System, buildium: Simulator) -> None:
    stored = upgraded.records.read(by_name("property"), REFS["property"].entity_id)
    upgraded.update(stored, {"name": "Sunset Plaza"})
    upgraded.work()

    record = upgraded.sync_of(REFS["property"])
    assert (record.status, record.synced_version) == (Status.SYNCED, stored.entity.version + 1)
    assert buildium.get("rentals", 1001)["Name"] == "Sunset Plaza"


def test_an_entity_of_0_1_0_follows_an_edit_in_buildium(upgraded: System, buildium: Simulator) -> None:
    upgraded.clock.sleep(3600)
    buildium.edit("rentals", 1001, {"Name": "Sunset Gardens"})
    upgraded.inbound.process_event(upgraded.event("Rental.Updated", "PropertyId", 1001))

    assert upgraded.records.read(by_name("property"), REFS["property"].entity_id).entity.fields["name"] == (
        "Sunset Gardens"
    )


def test_a_pending_entity_of_0_1_0_is_created_once(upgraded: System, buildium: Simulator) -> None:
    upgraded.queue.send(SyncMessage.of(upgraded.sync_of(REFS["vendor"])))
    upgraded.work()

    record = upgraded.sync_of(REFS["vendor"])
    assert (record.status, upgraded.calls("POST", "/v1/vendors")) == (Status.SYNCED, 1)
    assert record.buildium_id is not None
    assert buildium.get("vendors", record.buildium_id)["CompanyName"] == "Ace Plumbing"


def test_the_history_of_0_1_0_is_kept(upgraded: System) -> None:
    [entry], _ = upgraded.records.history(by_name("property"), REFS["property"].entity_id, limit=5, cursor=None)

    assert entry.changes == {"name": {"old": "Sunset Apartments", "new": "Sunset Court"}}


def test_new_writes_carry_the_schema_version(upgraded: System) -> None:
    created = upgraded.create("property", {**upgraded_body(upgraded), "name": "New"})
    for sk in ("entity", "sync"):
        key = {"pk": {"S": created.entity.ref.pk}, "sk": {"S": sk}}
        item = upgraded.dynamodb.get_item(TableName="EntitiesTable", Key=key)["Item"]
        assert item["schemaVersion"] == {"N": str(SCHEMA_VERSION)}


@pytest.mark.parametrize("sk", ["entity", "sync"])
def test_data_of_later_code_is_not_changed(upgraded: System, sk: str) -> None:
    upgraded.dynamodb.update_item(
        TableName="EntitiesTable",
        Key={"pk": {"S": REFS["property"].pk}, "sk": {"S": sk}},
        UpdateExpression="SET schemaVersion = :later",
        ExpressionAttributeValues={":later": {"N": str(SCHEMA_VERSION + 1)}},
    )
    with pytest.raises(NewerSchema, match="Deploy the later code"):
        upgraded.records.update(by_name("property"), REFS["property"].entity_id, {"name": "x"}, Author("correlation"))


def upgraded_body(system: System) -> dict[str, Any]:
    fields = system.records.read(by_name("property"), REFS["property"].entity_id).entity.fields
    return {name: value for name, value in fields.items() if value is not None and name != "status"}
