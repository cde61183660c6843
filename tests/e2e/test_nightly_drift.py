"""The nightly drift check on the deployed stack. Buildium deletes a vendor, and its event is lost.

The real clock cannot show two nights. So the test sets back two stored times: the interval of the last nightly check,
which makes the next one due, and the time of the first 404 of a vendor, by the least time between two nights.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from buildium_sync.clock import format_iso
from buildium_sync.reconcile.drift.confirmed_deletions import NIGHT_SECONDS
from buildium_sync.store.dynamodb import from_attributes, to_attributes
from tests.e2e.account import create, read
from tests.e2e.api import Api, Json, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator
from tools.local_cloud.paths import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

pytestmark = pytest.mark.e2e

CHECK_SECONDS = 180.0
"""A check reads each entity on its own that Buildium's lists lack. Other tests leave some."""
LONG_AGO = "2026-01-01T08:00:00.000Z"
SCHEDULED_EVENT = (ROOT / "events/reconcile-schedule.json").read_bytes()


class Nights:
    """Nightly drift checks of the deployed stack."""

    def __init__(self, api: Api, cloud: "LambdaClient", function: str, dynamodb: "DynamoDBClient", table: str) -> None:
        self._api = api
        self._cloud = cloud
        self._function = function
        self._dynamodb = dynamodb
        self._table = table

    def pass_night(self) -> list[Json]:
        """Make the nightly check due, run the schedule, wait for the end of the check, and return its vendors."""
        eventually(lambda: self._item("job#nightly-drift").get("state"))
        before = self._progress()["startedAt"]
        self._set("job#nightly-drift", "#state.#value", {"#state": "state", "#value": "ranFor"}, LONG_AGO)
        # EventBridge invokes the function asynchronously with this event.
        self._cloud.invoke(FunctionName=self._function, InvocationType="Event", Payload=SCHEDULED_EVENT)
        eventually(self._progress, lambda seen: seen["startedAt"] != before and seen["status"] == "done", CHECK_SECONDS)
        return self._api.rows("/api/buildium/drift", "items", entityType="vendor")

    def set_back_first_404(self, vendor_id: str) -> None:
        """Let a night have passed since the first check that did not find a vendor."""
        pk = f"missing#vendor#{vendor_id}"
        assert self._item(pk)["firstAt"] > format_iso(time.time() - CHECK_SECONDS)
        self._set(pk, "#value", {"#value": "firstAt"}, format_iso(time.time() - NIGHT_SECONDS))

    def _progress(self) -> Json:
        progress: Json = self._api.get("/api/buildium/drift")["drift"]
        return progress

    def _item(self, pk: str) -> Json:
        key = to_attributes({"pk": pk})
        return from_attributes(self._dynamodb.get_item(TableName=self._table, Key=key).get("Item", {}))

    def _set(self, pk: str, path: str, names: Mapping[str, str], value: str) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key=to_attributes({"pk": pk}),
            UpdateExpression=f"SET {path} = :value",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_attributes({":value": value}),
        )


@pytest.fixture
def nights(
    api: Api, lambda_client: "LambdaClient", dynamodb_client: "DynamoDBClient", resources: dict[str, str]
) -> Nights:
    return Nights(api, lambda_client, resources["ReconcileFunction"], dynamodb_client, resources["ControlTable"])


def deleted_vendors(api: Api) -> set[str]:
    return {each["id"] for each in api.rows("/api/vendors", "items", limit="100") if each.get("deletedAt")}


def test_the_second_night_deletes_exactly_what_buildium_lost(
    api: Api, simulator: RemoteSimulator, nights: Nights, without_webhooks: None
) -> None:
    lost, kept = (create(api, "vendor", {"isCompany": True, "companyName": unique("Pipes")}) for _ in range(2))
    buildium_ids = {each: status_becomes(api, "vendor", each, "synced")["buildiumId"] for each in (lost, kept)}
    before = deleted_vendors(api)
    simulator.delete("vendors", buildium_ids[lost])

    reported = {each["entityId"]: each for each in nights.pass_night()}
    assert reported[lost]["writes"] == [{"target": "local", "action": "delete", "fields": []}]
    assert kept not in reported
    assert deleted_vendors(api) == before

    nights.set_back_first_404(lost)
    reported = {each["entityId"]: each for each in nights.pass_night()}
    assert lost not in reported
    assert deleted_vendors(api) == before | {lost}
    assert (read(api, "vendor", kept)["status"], read(api, "vendor", lost)["status"]) == ("Active", "Inactive")
