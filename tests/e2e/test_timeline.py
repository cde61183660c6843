"""The timeline of an entity and the overview, without reading logs."""

import pytest

from tests.e2e.api import AT_ONCE, Api, Json, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.simulator import RemoteSimulator

pytestmark = pytest.mark.e2e


def timeline(api: Api, entity_id: str) -> list[Json]:
    return api.rows("/api/buildium/timeline", "items", entityType="property", entityId=entity_id)


def once(api: Api, entity_id: str, kind: str) -> list[Json]:
    """The timeline once it has an entry of this kind."""
    return eventually(lambda: timeline(api, entity_id), lambda seen: kind in {entry["kind"] for entry in seen})


def counts(api: Api) -> dict[str, int]:
    found: dict[str, int] = api.get("/api/buildium/overview")["overview"]["entities"]["property"]
    return found


def test_a_create_is_recorded_from_write_to_echo(api: Api, simulator: RemoteSimulator) -> None:
    property_id = api.create_property(unique("Timeline"), operatingBankAccountId=1)["property"]["id"]
    entries = {entry["kind"]: entry for entry in once(api, property_id, "echo_received")}
    assert list(entries) == [
        "updated_by_client",
        "picked_up",
        "attempt_started",
        "attempt_finished",
        "in_sync",
        "echo_received",
    ]
    assert entries["updated_by_client"]["by"]["origin"] == "api"
    assert entries["attempt_finished"]["outcome"] == "synced"
    assert entries["attempt_finished"]["buildiumId"] == api.sync_status("property", property_id)["buildiumId"]
    assert entries["in_sync"]["durationMs"] >= entries["attempt_finished"]["durationMs"] > 0


def test_a_failing_sync_shows_each_attempt_with_its_outcome(api: Api, simulator: RemoteSimulator) -> None:
    missing = max(account["Id"] for account in simulator.state()["bankaccounts"]) + 1
    before = counts(api)
    property_id = api.create_property(unique("Timeline"), operatingBankAccountId=missing)["property"]["id"]
    [ended] = [entry for entry in once(api, property_id, "attempt_finished") if entry["kind"] == "attempt_finished"]
    assert ended["outcome"] == "failed"
    assert "OperatingBankAccountId" in ended["error"]
    eventually(lambda: counts(api)["failed"], lambda failed: failed > before["failed"])
    assert api.get("/api/buildium/overview")["overview"]["deadLetters"]["sync"] >= 1
    assert simulator.create("bankaccounts", {"IsActive": False})["Id"] == missing
    assert api.send("POST", "/api/buildium/sync", {"entityType": "property", "entityId": property_id}).ok
    status_becomes(api, "property", property_id, "synced")
    kinds = [entry["kind"] for entry in once(api, property_id, "in_sync")]
    assert kinds[:9] == [
        "updated_by_client", "picked_up", "attempt_started", "attempt_finished",
        "retried", "picked_up", "attempt_started", "attempt_finished", "in_sync",
    ]  # fmt: skip


def test_an_edit_in_buildium_shows_old_and_new_values(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Timeline")
    property_id = api.create_property(name, operatingBankAccountId=1)["property"]["id"]
    once(api, property_id, "echo_received")
    simulator.edit("rentals", api.sync_status("property", property_id)["buildiumId"], {"Name": f"{name} there"})
    [pulled] = [
        entry for entry in once(api, property_id, "updated_from_buildium") if entry["kind"] == "updated_from_buildium"
    ]
    assert pulled["by"] == {"origin": "buildium", "apiKeyId": None, "name": None, "source": "webhook"}
    assert pulled["changes"]["name"] == {"old": name, "new": f"{name} there"}


def test_the_overview_shows_pending_syncs_and_calls(api: Api, simulator: RemoteSimulator) -> None:
    name = unique("Waits")
    simulator.fault("latency", "POST", "/rentals", naming=name, seconds=2.0)
    property_id = api.create_property(name, AT_ONCE)["property"]["id"]
    overview = api.get("/api/buildium/overview")["overview"]
    assert overview["oldestPending"]["ageSeconds"] >= 0
    assert overview["oldestPending"]["syncStatus"] in {"pending", "syncing"}
    status_becomes(api, "property", property_id, "synced")
    eventually(lambda: api.get("/api/buildium/overview")["overview"]["calls"]["now"]["calls"])


def test_a_timeline_of_an_unknown_entity_is_not_found(api: Api) -> None:
    response = api.send("GET", "/api/buildium/timeline?entityType=property&entityId=unknown")
    assert response.status_code == 404
