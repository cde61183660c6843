"""The routes of an entity's timeline and the overview."""

import time

import pytest

from buildium_sync.buildium.call_classifier import circuits_for
from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.clock import format_iso
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.metric_counts import CALLS
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types
from buildium_sync.errors import CredentialsRejected
from buildium_sync.store.metric_buckets import MetricBuckets
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.store.webhook_rejections import RejectionStore
from buildium_sync.timeline.recorder import TimelineRecorder
from tests.aws import ACTIVITY, CONTROL
from tests.functions.api import PROPERTY_ID, Api
from tests.harness.events import api_request
from tests.unit.timeline.stream import life

REF = EntityRef("property", PROPERTY_ID)


def observe(api: Api, ref: EntityRef, *states: Status) -> None:
    TimelineRecorder(TimelineStore(api.dynamodb, ACTIVITY), time.time).record(life(ref, *states))


def test_a_timeline_is_returned_in_order(api: Api) -> None:
    api.keep()
    observe(api, REF, Status.BLOCKED)
    response = api.file("timeline")
    assert response.status == 200
    assert [item["kind"] for item in response.body["items"]] == ["updated_by_client", "picked_up", "attempt_finished"]
    assert response.body["nextCursor"] is None


def test_a_timeline_is_paged(api: Api) -> None:
    api.keep()
    observe(api, REF, Status.BLOCKED)
    which = {"entityType": "property", "entityId": PROPERTY_ID, "limit": "2"}
    first = api.get("/api/buildium/timeline", **which).body
    second = api.get("/api/buildium/timeline", **which, cursor=first["nextCursor"]).body
    assert [item["kind"] for item in first["items"] + second["items"]] == [
        "updated_by_client",
        "picked_up",
        "attempt_finished",
    ]
    assert second["nextCursor"] is None


def test_an_entity_without_entries_has_an_empty_timeline(api: Api) -> None:
    api.keep()
    assert api.file("timeline").body == {"items": [], "nextCursor": None}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"entityType": "property", "entityId": "unknown"}, 404),
        ({"entityType": "garage", "entityId": PROPERTY_ID}, 404),
        ({"entityType": "property"}, 400),
        ({"entityId": PROPERTY_ID}, 400),
        ({"entityType": "property", "entityId": PROPERTY_ID, "cursor": "eyJwayI6ICJ4In0="}, 400),
        ({"entityType": "property", "entityId": PROPERTY_ID, "limit": "0"}, 400),
    ],
)
def test_an_invalid_timeline_request_returns_a_problem(api: Api, query: dict[str, str], status: int) -> None:
    api.keep()
    response = api.get("/api/buildium/timeline", **query)
    assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("path", ["timeline", "overview"])
def test_a_read_only_route_rejects_other_methods(api: Api, path: str) -> None:
    response = api.request("POST", f"/api/buildium/{path}", {})
    assert (response.status, response.headers["Allow"]) == (405, "GET")


def test_an_entity_stores_the_id_of_its_writers_api_key(api: Api) -> None:
    body = {"isCompany": False, "firstName": "A", "lastName": "B", "primaryAddressLine1": "1 A", "primaryCity": "C",
            "primaryState": "CA", "primaryPostalCode": "90001", "primaryCountry": "US"}  # fmt: skip
    event = api_request("POST", "/api/owners", body)
    identity = event["requestContext"]["identity"]
    event["requestContext"]["identity"] = {**identity, "apiKeyId": "k3y1d", "apiKey": "a-secret-key"}
    assert api.send(event).status == 201
    loaded = api.store.load(api.only("owner"))
    assert loaded is not None
    assert loaded.entity.api_key_id == "k3y1d"
    assert "a-secret-key" not in str(loaded)
    updated = api_request("PUT", f"/api/owners/{loaded.entity.ref.entity_id}", {"lastName": "C"})
    updated["requestContext"]["identity"] = {**identity, "apiKeyId": "another"}
    assert api.send(updated).status == 200
    again = api.store.load(loaded.entity.ref)
    assert again is not None
    assert again.entity.api_key_id == "another"


def test_the_overview_of_an_empty_account_is_all_zeros(api: Api) -> None:
    body = api.file("overview").body["overview"]
    assert body["entities"] == {each.name: dict.fromkeys(Status, 0) for each in all_types()}
    assert body["deadLetters"] == {"sync": 0, "events": 0, "jobs": 0, "schedule": 0, "timeline": 0, "appWebhook": 0}
    assert (body["oldestPending"], body["webhookRejections"]) == (None, {"consecutive": 0, "lastAt": None})
    assert body["import"] == api.file("import-progress").body["import"]
    calls = body["calls"]
    assert (calls["limit"], calls["now"]["calls"], calls["now"]["share"]) == (9.97, 0, 0.0)


def test_the_overview_counts_entities_by_type_and_status(api: Api) -> None:
    observe(api, REF, Status.SYNCED)
    observe(api, EntityRef("property", "8"), Status.FAILED)
    observe(api, EntityRef("owner", "9"))
    counts = api.file("overview").body["overview"]["entities"]
    assert {status: n for status, n in counts["property"].items() if n} == {"synced": 1, "failed": 1}
    assert {status: n for status, n in counts["owner"].items() if n} == {"pending": 1}


def test_the_overview_shows_the_use_of_buildiums_limit(api: Api) -> None:
    minute = int(time.time() // 60)
    numbers = {minute: 30, minute - 1: 60, minute - 30: 5, minute - 2000: 7}
    MetricBuckets(api.dynamodb, CONTROL).add({at: {CALLS: number} for at, number in numbers.items()})
    calls = api.file("overview").body["overview"]["calls"]
    assert calls["now"]["calls"] == 90
    # Four minutes and the part of the fifth that has passed.
    assert 0.030 <= calls["now"]["share"] <= 0.038


def test_the_overview_lists_open_circuit_breakers(api: Api) -> None:
    assert api.file("overview").body["overview"]["openCircuits"] == []
    began, circuits = time.time(), CircuitBreakers(api.dynamodb, CONTROL, clock=time.time, probe=60)
    names = circuits_for("GET", "/rentals")
    circuits.after_call(names, CredentialsRejected("Buildium returned 401: Unknown key.", status=401))
    [circuit] = api.file("overview").body["overview"]["openCircuits"]

    assert (circuit["circuit"], circuit["status"]) == ("key", 401)
    assert circuit["reason"] == "Buildium returned 401: Unknown key."
    assert format_iso(began - 1) < circuit["since"] < circuit["nextProbeAt"]


def test_the_overview_shows_the_oldest_pending_sync(api: Api) -> None:
    now = time.time()
    api.keep(entity_id="late", status=Status.PENDING, requested_at=format_iso(now - 60), due=format_iso(now - 50))
    api.keep(
        entity_id="early",
        status=Status.SYNCING,
        requested_at=format_iso(now - 600),
        due=format_iso(now + 50),
        error_message="Away.",
    )
    api.keep(entity_id="blocked", status=Status.BLOCKED, requested_at=format_iso(now - 6000), due=format_iso(now + 50))
    oldest = api.file("overview").body["overview"]["oldestPending"]
    assert (oldest["entityType"], oldest["entityId"], oldest["syncStatus"]) == ("property", "early", "syncing")
    assert (oldest["requestedAt"], oldest["errorMessage"]) == (format_iso(now - 600), "Away.")
    assert 600 <= oldest["ageSeconds"] < 700


def test_the_overview_counts_dead_letters_by_queue(api: Api) -> None:
    api.send_to_dlq(REF)
    api.sqs.send_message(QueueUrl=api.given_up_urls["TIMELINE_DEAD_LETTER_QUEUE_URL"], MessageBody="{}")
    api.sqs.receive_message(QueueUrl=api.dead_letter_url)
    letters = api.file("overview").body["overview"]["deadLetters"]
    assert letters == {"sync": 1, "events": 0, "jobs": 0, "schedule": 0, "timeline": 1, "appWebhook": 0}


def test_the_overview_shows_the_webhook_rejection_streak(api: Api) -> None:
    rejections = RejectionStore(api.dynamodb, CONTROL)
    rejections.add(1, format_iso(1.0))
    rejections.add(1, format_iso(2.0))
    assert api.file("overview").body["overview"]["webhookRejections"] == {"consecutive": 2, "lastAt": format_iso(2.0)}


def test_an_overviews_reads_do_not_grow_with_the_entities(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def calls() -> int:
        made: list[str] = []
        api.dynamodb.meta.events.register("before-call.dynamodb", note := lambda model, **_: made.append(model.name))
        api.file("overview")
        api.dynamodb.meta.events.unregister("before-call.dynamodb", note)
        return len(made)

    few = calls()
    for number in range(30):
        ref = REF._replace(entity_id=str(number))
        api.keep(entity_id=str(number))
        observe(api, ref, Status.SYNCED)
    assert calls() == few
