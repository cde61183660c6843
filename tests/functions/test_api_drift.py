"""The routes that start a drift check, return its report and repair the drift."""

from typing import Any

import pytest

from buildium_sync.entity_types.registry import LISTED_TYPES
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
    assert list(response.body["drift"]["types"]) == [entity_type.name for entity_type in LISTED_TYPES]
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
        assert response.body == {"dryRun": True, "planned": 1, "items": [ENTRY], "nextCursor": None}
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
