"""The account function on the deployed stack: the connection check and the reference lists."""

import pytest

from tests.e2e.api import Api
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e

MAX_CALLS = 20


def test_the_connection_check_reads_each_type_and_writes_nothing(api: Api, simulator: RemoteSimulator) -> None:
    simulator.clear_requests()
    connection = api.get("/api/buildium/connection")

    found = {check["name"]: check for check in connection["checks"]}
    assert found["key"]["status"] == found["read:property"]["status"] == "ok"
    assert 0 < connection["calls"] <= MAX_CALLS
    # Other functions sync at the same time, with writes of their own.
    assert len([each for each in simulator.requests() if each.method == "GET"]) >= connection["calls"]
    assert all(check["remedy"] for check in connection["checks"] if check["status"] != "ok")


@pytest.mark.parametrize("name", ["gl-accounts", "users", "vendor-categories", "task-categories", "bank-accounts"])
def test_a_reference_list_names_the_ids_of_the_account(name: str, api: Api) -> None:
    listed = api.get(f"/api/reference/{name}")

    assert listed["items"]
    assert all(each["id"] and each["name"] for each in listed["items"])
    assert listed["readAt"]


def test_an_unknown_reference_list_is_not_found(api: Api) -> None:
    response = api.send("GET", "/api/reference/unknown")

    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
