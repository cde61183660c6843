"""A client deletes a move-out on the deployed stack."""

import pytest

from tests.e2e.api import PATIENTLY, Api
from tests.e2e.rented_lease import create_rented_lease
from tests.e2e.waiting import status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e


def test_a_deleted_move_out_disappears_from_buildium(api: Api, simulator: RemoteSimulator) -> None:
    rented, headers = create_rented_lease(api, simulator), {"Prefer": PATIENTLY}
    path = f"/api/leases/{rented.lease}/move-outs"
    body = {"tenantId": rented.tenant, "moveOutDate": "2030-05-31"}
    created = api.send("POST", path, body, headers=headers).json()
    move_out, tenant = created["leaseMoveOut"]["id"], created["buildiumSync"]["buildiumId"]
    status_becomes(api, "lease-move-out", move_out, "synced")
    assert tenant in [each["TenantId"] for each in simulator.state()["moveouts"]]

    deleted = api.send("DELETE", f"{path}/{move_out}", headers=headers)

    assert (deleted.status_code, deleted.json()["buildiumSync"]["success"]) == (200, True), deleted.text
    assert deleted.json()["leaseMoveOut"]["deletedAt"] is not None
    assert tenant not in [each["TenantId"] for each in simulator.state()["moveouts"]]
