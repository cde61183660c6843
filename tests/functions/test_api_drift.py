"""The routes that start a drift check, return its report and repair the drift."""

from typing import Any

import pytest

from buildium_sync.entity_types.registry import listed_types
from buildium_sync.reconcile.drift.repair_state import JOB as REPAIR
from buildium_sync.reconcile.drift.report import JOB, DriftState, TypeDriftState
from buildium_sync.reconcile.jobs.job_state import JobStatus
from buildium_sync.store.jobs import JobStore
from tests.aws import CONTROL
from tests.functions.api import Api

ENTRY: dict[str, Any] = {
    "entityType": "property",
    "entityId": None,
    "buildiumId": 501,
    "kind": "remoteOnly",
    "syncStatus": None,
    "fields": [],
    "writes": [{"target": "local", "action": "create", "fields": []}],
    "candidates": [],
    "note": None,
}


def compared(api: Api) -> None:
    """A finished drift check of two types, with one difference to repair and one to leave."""
    jobs = JobStore(api.dynamodb, CONTROL)
    types = {
        "property": TypeDriftState(remote=2, remote_only=2, repairable=1, state=JobStatus.DONE, end_chunk=1),
        "owner": TypeDriftState(state=JobStatus.DONE, first_chunk=1, end_chunk=1),
    }
    drift = DriftState(JobStatus.DONE, "2026-11-22T14:00:00.000Z", "2026-11-22T14:01:00.000Z", types=types, chunks=1)
    jobs.put_chunk(drift.name, 0, [ENTRY, {**ENTRY, "buildiumId": 502, "writes": []}], 1)
    assert jobs.start(JOB, drift.to_state())


def test_the_drift_report_is_empty_before_the_first_check(api: Api) -> None:
    response = api.request("GET", "/api/buildium/drift")

    assert (response.status, response.body["drift"]["status"], response.body["repair"]["status"]) == (
        200,
        "not_started",
        "not_started",
    )
    assert (response.body["items"], response.body["nextCursor"]) == ([], None)


def test_a_drift_check_is_started_and_queued(api: Api) -> None:
    response = api.request("POST", "/api/buildium/drift")

    assert (response.status, response.body["drift"]["status"]) == (202, "running")
    assert list(response.body["drift"]["types"]) == [entity_type.name for entity_type in listed_types()]
    assert api.queued(api.reconcile_url) == [{"job": JOB}]


def test_a_drift_check_can_cover_one_type(api: Api) -> None:
    assert list(api.file("drift-compare").body["drift"]["types"]) == ["property"]


def test_the_drift_report_can_be_filtered_by_type(api: Api) -> None:
    compared(api)

    assert [each["buildiumId"] for each in api.file("drift-report").body["items"]] == [501, 502]
    assert api.get("/api/buildium/drift", entityType="owner").body["items"] == []


def test_a_dry_run_lists_the_writes_and_starts_nothing(api: Api) -> None:
    compared(api)

    for response in (api.file("drift-dry-run"), api.request("POST", "/api/buildium/drift/repair")):
        assert response.status == 200
        released = {"count": 0, "isComplete": True, "items": []}
        plan = {"dryRun": True, "planned": 1, "items": [ENTRY], "nextCursor": None}
        assert response.body == {**plan, "releasedSyncs": released}
    assert api.queued(api.reconcile_url) == []


def test_a_repair_starts_only_when_dry_run_is_false(api: Api) -> None:
    compared(api)
    response = api.file("drift-repair")

    assert (response.status, response.body["repair"]["status"], response.body["repair"]["planned"]) == (
        202,
        "running",
        1,
    )
    assert api.queued(api.reconcile_url) == [{"job": REPAIR}]
    assert api.file("drift-repair").body == response.body
    assert api.get("/api/buildium/drift").body["repair"] == response.body["repair"]


@pytest.mark.parametrize("body", [{}, {"dryRun": False}])
def test_a_repair_before_a_finished_drift_check_is_rejected(body: Any, api: Api) -> None:
    api.file("drift-compare")
    response = api.request("POST", "/api/buildium/drift/repair", body)

    assert (response.status, response.headers["Content-Type"]) == (409, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"dryRun": "no"}, ["dryRun"]),
        ({"dryRun": None}, ["dryRun"]),
        ({"dryRun": False, "cursor": "eyJhIjogMX0="}, ["cursor"]),
        ({"entityType": 7}, ["entityType"]),
        ({"dry": True}, ["dry"]),
    ],
)
def test_an_invalid_repair_request_is_rejected_by_field(body: Any, fields: list[str], api: Api) -> None:
    compared(api)
    response = api.request("POST", "/api/buildium/drift/repair", body)

    assert (response.status, response.fields) == (422, fields)


@pytest.mark.parametrize(
    ("query", "status"),
    [({"entityType": "lease"}, 404), ({"cursor": "eyJhIjogMX0="}, 400), ({"cursor": "nonsense"}, 400)],
)
def test_an_invalid_drift_report_request_is_rejected(query: dict[str, str], status: int, api: Api) -> None:
    compared(api)
    assert api.get("/api/buildium/drift", **query).status == status


@pytest.mark.parametrize(("path", "allowed"), [("drift", "GET, POST"), ("drift/repair", "POST")])
def test_an_unsupported_method_gets_the_allowed_methods(path: str, allowed: str, api: Api) -> None:
    response = api.request("DELETE", f"/api/buildium/{path}")

    assert (response.status, response.headers["Allow"]) == (405, allowed)


LOCAL = {"target": "local", "action": "update", "fields": ["name"]}
REMOTE = {"target": "remote", "action": "update", "fields": ["name"]}


def mixed(api: Api) -> None:
    """A finished drift check with an entry of each direction, and one that writes to both sides."""
    jobs = JobStore(api.dynamodb, CONTROL)
    entry = {**ENTRY, "kind": "different"}
    entries = [
        {**entry, "entityId": "in", "buildiumId": 1, "writes": [LOCAL]},
        {**entry, "entityId": "out", "buildiumId": 2, "writes": [REMOTE]},
        {**entry, "entityId": "both", "buildiumId": 3, "writes": [LOCAL, REMOTE]},
    ]
    types = {"property": TypeDriftState(repairable=3, inbound=1, outbound=1, state=JobStatus.DONE, end_chunk=1)}
    drift = DriftState(JobStatus.DONE, CHECKED_AT, CHECKED_AT, types=types, chunks=1)
    jobs.put_chunk(drift.name, 0, entries, 1)
    assert jobs.start(JOB, drift.to_state())


CHECKED_AT = "2026-11-22T14:00:00.000Z"


@pytest.mark.parametrize(
    ("selection", "planned"),
    [
        ({}, ["in", "out", "both"]),
        ({"direction": "inbound"}, ["in"]),
        ({"direction": "outbound"}, ["out"]),
        ({"entities": [{"entityType": "property", "entityId": "both"}]}, ["both"]),
        ({"entities": [{"entityType": "property", "buildiumId": 2}], "checkedAt": CHECKED_AT}, ["out"]),
        ({"entities": [{"entityType": "property", "entityId": "in"}], "direction": "inbound"}, ["in"]),
    ],
)
def test_a_dry_run_lists_only_what_is_selected(selection: dict[str, Any], planned: list[str], api: Api) -> None:
    mixed(api)
    response = api.request("POST", "/api/buildium/drift/repair", selection)

    assert [each["entityId"] for each in response.body["items"]] == planned
    assert response.body["planned"] == len(planned)
    started = api.request("POST", "/api/buildium/drift/repair", {"dryRun": False, **selection})
    assert (started.status, started.body["repair"]["planned"]) == (202, len(planned))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"entities": [{"entityType": "property", "entityId": "another"}]}, ["entities"]),
        ({"entities": [{"entityType": "property", "entityId": "both"}], "direction": "inbound"}, ["entities"]),
        ({"entities": [{"entityType": "property"}]}, ["entities.0"]),
        ({"entities": [{"entityType": "property", "entityId": 7}]}, ["entities.0"]),
        ({"entities": []}, ["entities"]),
        ({"entities": [{"entityType": "property", "entityId": "in"}], "entityType": "property"}, ["entityType"]),
        ({"direction": "sideways"}, ["direction"]),
        ({"entityId": "7"}, ["entityType"]),
        ({"entityType": "property", "entityId": "7", "direction": "inbound"}, ["direction"]),
    ],
)
def test_an_invalid_selection_is_rejected_by_field(body: Any, fields: list[str], api: Api) -> None:
    mixed(api)
    response = api.request("POST", "/api/buildium/drift/repair", body)

    assert (response.status, response.fields) == (422, fields)
    assert api.queued(api.reconcile_url) == []


def test_a_selection_from_a_replaced_drift_check_is_rejected(api: Api) -> None:
    mixed(api)
    body = {"dryRun": False, "direction": "inbound", "checkedAt": "2026-11-21T14:00:00.000Z"}

    assert api.request("POST", "/api/buildium/drift/repair", body).status == 409
    assert api.queued(api.reconcile_url) == []


def test_a_repair_of_other_entities_waits_for_the_running_one(api: Api) -> None:
    mixed(api)
    assert api.request("POST", "/api/buildium/drift/repair", {"dryRun": False, "direction": "inbound"}).status == 202
    response = api.request("POST", "/api/buildium/drift/repair", {"dryRun": False, "direction": "outbound"})

    assert (response.status, api.queued(api.reconcile_url)) == (409, [{"job": REPAIR}])


def test_a_comparison_of_one_entity_is_started_and_queued(api: Api) -> None:
    ref = api.keep()
    path = f"/api/buildium/drift/property/{ref.entity_id}"

    assert api.get(path).body["comparison"]["status"] == "not_started"
    response = api.request("POST", path)
    assert (response.status, response.body["comparison"]["status"]) == (202, "running")
    assert api.queued(api.reconcile_url) == [{"job": "comparison", "entityType": "property", "entityId": ref.entity_id}]
    assert api.get(path).body == response.body


@pytest.mark.parametrize(("path", "status"), [("property/unknown", 404), ("castle/7", 404), ("lease-payment/7", 422)])
def test_a_comparison_of_an_unknown_entity_is_rejected(path: str, status: int, api: Api) -> None:
    assert api.get(f"/api/buildium/drift/{path}").status == status
    assert api.request("POST", f"/api/buildium/drift/{path}").status == status


def test_a_repair_of_one_entity_requires_its_comparison(api: Api) -> None:
    ref = api.keep()
    body = {"entityType": "property", "entityId": ref.entity_id}

    assert api.request("POST", "/api/buildium/drift/repair", body).status == 409
