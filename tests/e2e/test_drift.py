"""The drift check and its repair, on the deployed stack."""

import pytest

from tests.e2e.account import create_rejected
from tests.e2e.api import Api, Json, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e


def entries(api: Api, job: str) -> list[Json]:
    """Wait for the end of a drift check or repair, and return its report."""
    path = "/api/buildium/drift"
    eventually(lambda: api.get(path, entityType="vendor"), lambda seen: seen[job]["status"] == "done")
    return api.rows(path, "items", entityType="vendor")


def test_the_repair_ends_a_drift_that_the_check_found(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Drift")
    kept_id = create_rejected(api, simulator, "vendor", {"isCompany": True, "companyName": name}, name)

    assert api.send("POST", "/api/buildium/drift", {"entityType": "vendor"}).status_code == 202
    [entry] = [each for each in entries(api, "drift") if each["entityId"] == kept_id]
    planned = api.send("POST", "/api/buildium/drift/repair", {"entityType": "vendor"}).json()
    assert (entry["kind"], entry["writes"]) == (
        "localOnly",
        [{"target": "remote", "action": "create", "fields": []}],
    )
    assert planned["planned"] >= 1
    assert api.sync_status("vendor", kept_id)["syncStatus"] == "failed"

    assert api.send("POST", "/api/buildium/drift/repair", {"dryRun": False}).status_code == 202
    entries(api, "repair")
    status_becomes(api, "vendor", kept_id, "synced")
