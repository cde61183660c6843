"""The contract of the routes under /api: each response and its effects."""

from itertools import pairwise
from typing import Any

from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.api.list_filter import filter_names
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.outbound import manual_retry
from buildium_sync.store.timeline_pages import TimelineStore
from tests.aws import ACTIVITY
from tests.clocks import VirtualClock
from tests.flows.system import OWNER, PROPERTY
from tests.functions.api import CREATED, EVENT_ID, MESSAGE, PROPERTY_ID, Api
from tests.harness.runtime import clear_compositions
from tools.rebuild_lookups import LookupRebuilder

UNKNOWN_YET = {"success": None, "buildiumId": None, "error": None, "status": "pending"}
OTHER_ID = "8d7e4c1b-0a53-4a39-8c3e-1b2f3a4d5e6f"
PROBLEM = "application/problem+json"


class Outcome:
    """A sync function that finishes at the third poll of the waiting request."""

    def __init__(self, api: Api, **sync: Any) -> None:
        self.clock = VirtualClock()
        self.looks = 0
        self._api = api
        self._sync = sync

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Replaces the clock and the waiting."""
        patch.setattr(runtime, "clock", self.clock)
        patch.setattr(runtime, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.looks += 1
        if self.looks == 3 and self._sync:
            self._api.conclude(self._api.only(), **self._sync)


@pytest.fixture
def waiting(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_WAIT_SECONDS", "5")
    clear_compositions()


class TestCreate:
    def test_a_created_property_is_returned_under_property(self, api: Api) -> None:
        response = api.file("create-property")

        assert (response.status, response.headers["Content-Type"]) == (201, "application/json")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        shown = response.body["property"]
        assert {name: shown[name] for name in PROPERTY} == PROPERTY
        assert {"id", "status", "createdAt", "updatedAt"} <= shown.keys()
        assert response.body == {
            "message": "Property created successfully",
            "property": shown,
            "buildiumSync": UNKNOWN_YET,
        }

    def test_a_created_owner_is_flat_and_in_snake_case(self, api: Api) -> None:
        response = api.file("create-owner")

        assert response.status == 201
        expected = {
            "contact_id": response.body["id"],
            "is_company": False,
            "first_name": "Jane",
            "last_name": "Doe",
            "primary_email": OWNER["primaryEmail"],
            "primary_phone": OWNER["primaryPhone"],
            "displayName": "Jane Doe",
            "buildiumSync": UNKNOWN_YET,
        }
        assert {name: response.body[name] for name in expected} == expected
        assert {"created_at", "updated_at", "status"} <= response.body.keys()
        assert "message" not in response.body

    def test_a_created_entity_is_pending_with_the_request_id(self, api: Api) -> None:
        api.file("create-property")

        record = api.sync_of(api.only())
        assert (record.status, record.correlation_id) == (Status.PENDING, "request-create-property")

    @pytest.mark.parametrize("amount", [2.675, 0.1 + 0.2, 1e-3])
    def test_money_with_more_than_two_decimals_is_rejected_by_name(self, api: Api, amount: float) -> None:
        line = {"accountingEntityId": 101, "glAccountId": 1, "amount": 10}
        bill = {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": 301}

        response = api.request("POST", "/api/bills", {**bill, "lines": [line, {**line, "amount": amount}]})

        assert (response.status, [error["field"] for error in response.body["errors"]]) == (422, ["lines.1.amount"])


class TestRead:
    def test_a_read_has_the_shape_of_the_create(self, api: Api) -> None:
        created = api.file("create-property").body
        response = api.get(f"/api/properties/{created['property']['id']}")

        assert (response.status, response.headers["ETag"]) == (200, '"1"')
        assert response.body == {"property": created["property"], "buildiumSync": UNKNOWN_YET}

    def test_a_read_shows_the_sync_status(self, api: Api) -> None:
        api.keep(status=Status.FAILED, buildium_id=501)

        sync = api.file("read-property").body["buildiumSync"]

        assert sync == {"success": False, "buildiumId": 501, "error": MESSAGE, "status": "failed"}

    def test_an_owner_names_its_properties(self, api: Api) -> None:
        api.keep()

        response = api.request("POST", "/api/owners", {**OWNER, "propertyIds": [PROPERTY_ID]})

        assert response.body["property_ids"] == [PROPERTY_ID]

    def test_a_deleted_entity_can_be_read_but_not_changed(self, api: Api) -> None:
        api.keep()
        item = {"pk": {"S": EntityRef("property", PROPERTY_ID).pk}, "sk": {"S": "entity"}}
        api.dynamodb.update_item(
            TableName="EntitiesTable",
            Key=item,
            UpdateExpression="SET deletedAt = :now",
            ExpressionAttributeValues={":now": {"S": CREATED}},
        )

        assert api.file("read-property").body["property"]["deletedAt"] == CREATED
        assert api.file("update-property").status == 409


class TestUpdate:
    def test_an_update_returns_the_creates_shape_and_the_next_etag(self, api: Api) -> None:
        api.keep(status=Status.SYNCED, buildium_id=501)

        response = api.file("update-property")

        assert (response.status, response.headers["ETag"]) == (200, '"2"')
        assert response.body["message"] == "Property updated successfully"
        assert response.body["property"]["name"] == "Sunrise Apartments"
        assert response.body["property"]["city"] == PROPERTY["city"]
        assert response.body["buildiumSync"] == {**UNKNOWN_YET, "buildiumId": 501}

    def test_an_if_match_of_another_version_is_rejected(self, api: Api) -> None:
        api.keep()

        response = api.request(
            "PUT", f"/api/properties/{PROPERTY_ID}", {"name": "Sunrise"}, headers={"if-match": '"7"'}
        )

        assert (response.status, response.headers["Content-Type"]) == (412, PROBLEM)
        assert api.file("read-property").body["property"]["name"] == PROPERTY["name"]

    @pytest.mark.parametrize("header", ['"1"', "1", 'W/"1"', "*", ' "1" ', '"7", "1"', '"abc",W/"1"'])
    def test_an_if_match_of_the_current_version_is_accepted(self, header: str, api: Api) -> None:
        api.keep()

        assert (
            api.request("PUT", f"/api/properties/{PROPERTY_ID}", {"name": "New"}, headers={"If-Match": header}).status
            == 200
        )


class TestList:
    def test_a_list_is_filtered_by_the_entity_it_names(self, api: Api) -> None:
        assert api.get("/api/tenants", leaseId="unknown").body == {"items": [], "nextCursor": None}
        assert [api.get("/api/tenants", leaseId=text).status for text in ("", "x" * 101, "7")] == [400, 400, 200]

    @pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
    def test_every_list_has_its_filters(self, entity_type: EntityType, api: Api) -> None:
        values = {"status": "Inactive", "syncStatus": "failed", "updatedSince": "2026-11-22T14:00:00Z"}
        for name in filter_names(entity_type):
            response = api.get(f"/api/{entity_type.collection}", **{name: values.get(name, "501")})
            assert (response.status, response.body) == (200, {"items": [], "nextCursor": None}), name

    def test_a_filtered_list_shows_current_entities(self, api: Api) -> None:
        made = [api.request("POST", "/api/properties", PROPERTY).body["property"] for _ in range(3)]
        LookupRebuilder(api.store, TimelineStore(api.dynamodb, ACTIVITY)).rebuild_page(by_name("property"), None)
        api.request("PUT", f"/api/properties/{made[1]['id']}", {"status": "Inactive"})
        first = api.get("/api/properties", status="active", limit="1").body
        second = api.get("/api/properties", status="active", limit="1", cursor=first["nextCursor"]).body

        assert [item["id"] for item in first["items"] + second["items"]] == [made[0]["id"], made[2]["id"]]
        assert second["nextCursor"] is None
        assert first["items"][0]["buildiumSync"] == UNKNOWN_YET

    def test_filters_that_cannot_be_combined_are_named(self, api: Api) -> None:
        response = api.get("/api/units", propertyId="7", status="Active")

        assert (response.status, response.fields) == (400, ["propertyId", "status"])
        names = filter_names(by_name("unit"))
        assert response.body["detail"].endswith(f"at most one filter: {', '.join(names)}.")

    def test_a_list_is_paged_in_order_of_creation(self, api: Api) -> None:
        ids = [api.request("POST", "/api/properties", PROPERTY).body["property"]["id"] for _ in range(3)]
        first = api.get("/api/properties", limit="2").body
        second = api.get("/api/properties", limit="2", cursor=first["nextCursor"]).body

        assert sorted(item["id"] for item in first["items"] + second["items"]) == sorted(ids)
        assert (len(first["items"]), second["nextCursor"]) == (2, None)
        assert first["items"][0]["buildiumSync"] == UNKNOWN_YET

    def test_an_empty_list_has_no_items_and_no_next_page(self, api: Api) -> None:
        assert api.file("list-properties").body == {"items": [], "nextCursor": None}


class TestWaitForOutcome:
    def test_a_create_response_shows_the_outcome(
        self, api: Api, waiting: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcome = Outcome(api, status=Status.SYNCED, buildium_id=501)
        outcome.stand_in(monkeypatch)

        response = api.file("create-property")

        assert response.status == 201
        assert response.body["buildiumSync"] == {"success": True, "buildiumId": 501, "error": None, "status": "synced"}
        assert "Preference-Applied" not in response.headers

    @pytest.mark.parametrize("status", [Status.FAILED, Status.BLOCKED, Status.NEEDS_REVIEW])
    def test_an_unsuccessful_outcome_gives_the_reason(
        self, status: Status, api: Api, waiting: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Outcome(api, status=status, error_message=MESSAGE).stand_in(monkeypatch)

        response = api.file("create-property")

        assert response.status == 201
        expected = {"success": False, "buildiumId": None, "error": MESSAGE, "status": status.value}
        assert response.body["buildiumSync"] == expected

    @pytest.mark.parametrize(
        ("prefer", "applied", "at_least", "at_most"),
        [
            (None, None, 4, 5),
            ("wait=2", "wait=2", 1, 2),
            ("wait=600", "wait=20", 19, 20),
            ("wait=0", "wait=0", 0, 0),
            ("respond-async", "respond-async", 0, 0),
        ],
    )
    def test_the_wait_follows_prefer_up_to_20_seconds(
        self,
        prefer: str | None,
        applied: str | None,
        at_least: float,
        at_most: float,
        api: Api,
        waiting: None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        outcome = Outcome(api)
        outcome.stand_in(monkeypatch)
        begun = outcome.clock()

        response = api.request("POST", "/api/properties", PROPERTY, headers={"Prefer": prefer} if prefer else None)

        assert response.headers.get("Preference-Applied") == applied
        assert at_least <= outcome.clock() - begun <= at_most
        assert response.body["buildiumSync"] == UNKNOWN_YET

    def test_an_update_waits_for_the_outcome_too(
        self, api: Api, waiting: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        api.keep(buildium_id=501)
        Outcome(api, status=Status.SYNCED).stand_in(monkeypatch)

        assert api.file("update-property").body["buildiumSync"]["success"] is True

    def test_a_create_does_not_wait_while_sync_is_disabled(
        self, api: Api, waiting: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BUILDIUM_SYNC_ENABLED", "false")
        outcome = Outcome(api)
        outcome.stand_in(monkeypatch)

        assert api.file("create-property").status == 201
        assert outcome.looks == 0


class TestSyncStatus:
    def test_a_syncs_status_has_the_fields_of_the_contract(self, api: Api) -> None:
        api.keep(status=Status.FAILED, buildium_id=501, last_synced_at=CREATED)

        response = api.file("sync-status")

        assert response.status == 200
        assert response.body["syncStatus"] == {
            "entityType": "property",
            "entityId": PROPERTY_ID,
            "buildiumId": 501,
            "lastSyncedAt": CREATED,
            "syncStatus": "failed",
            "errorCode": None,
            "errorMessage": MESSAGE,
            "errors": [],
            "candidates": [],
            "candidateDetails": [],
            "conflicts": [],
            "createdAt": CREATED,
            "updatedAt": CREATED,
        }

    def test_reading_a_status_changes_nothing(self, api: Api) -> None:
        ref = api.keep(status=Status.FAILED)
        before = api.sync_of(ref)

        api.file("sync-status")

        assert api.sync_of(ref) == before
        assert api.queued(api.retry_url) == []

    def test_the_failed_list_holds_failed_syncs_newest_first(self, api: Api) -> None:
        later = "2026-11-22T15:00:00.000Z"
        api.keep(status=Status.FAILED)
        api.keep("owner", OTHER_ID, Status.FAILED, updated_at=later)
        api.keep("property", "synced", Status.SYNCED)
        api.keep("property", "blocked", Status.BLOCKED)

        response = api.file("failed-list")

        assert [found["entityId"] for found in response.body["failedSyncs"]] == [OTHER_ID, PROPERTY_ID]
        assert response.body["nextCursor"] is None

    def test_the_failed_list_can_be_filtered_by_type_and_state(self, api: Api) -> None:
        api.keep(status=Status.FAILED)
        api.keep("owner", OTHER_ID, Status.FAILED)
        api.keep("owner", "blocked", Status.BLOCKED)

        def listed(**query: str) -> list[str]:
            return [found["entityId"] for found in api.get("/api/buildium/sync", **query).body["failedSyncs"]]

        assert listed(entityType="owner") == [OTHER_ID]
        assert listed(status="blocked") == ["blocked"]
        assert listed(status="blocked", entityType="property") == []

    def test_the_failed_list_is_paged(self, api: Api) -> None:
        for entity_id in "abc":
            api.keep("property", entity_id, Status.FAILED)

        first = api.get("/api/buildium/sync", limit="2").body
        second = api.get("/api/buildium/sync", limit="2", cursor=first["nextCursor"]).body

        found = first["failedSyncs"] + second["failedSyncs"]
        assert sorted(sync["entityId"] for sync in found) == ["a", "b", "c"]


class TestRetry:
    def test_a_retry_of_one_sync_makes_it_pending_and_queued(self, api: Api) -> None:
        ref = api.keep(status=Status.FAILED, attempts=3, buildium_id=501)
        api.send_to_dlq(ref)

        response = api.file("retry-one")

        assert (response.status, response.body) == (200, {"success": True, "retried": 1, "errors": []})
        record = api.sync_of(ref)
        assert (record.status, record.attempts, record.error_message) == (Status.PENDING, 0, None)
        assert record.buildium_id == 501
        assert [message["entityId"] for message in api.queued(api.retry_url)] == [PROPERTY_ID]
        assert api.dead_lettered() == 0

    def test_a_retry_of_a_synced_entity_does_nothing(self, api: Api) -> None:
        api.keep(status=Status.SYNCED)

        assert api.file("retry-one").body == {"success": True, "retried": 0, "errors": []}
        assert api.queued(api.retry_url) == []

    def test_a_retry_without_a_body_retries_all_failed_syncs(self, api: Api) -> None:
        refs = [api.keep("property", PROPERTY_ID, Status.FAILED), api.keep("owner", OTHER_ID, Status.FAILED)]
        api.keep("property", "blocked", Status.BLOCKED)
        for ref in refs:
            api.send_to_dlq(ref)

        response = api.file("retry-all")

        assert response.body == {"success": True, "retried": 2, "errors": []}
        assert sorted(message["entityId"] for message in api.queued(api.retry_url)) == sorted([PROPERTY_ID, OTHER_ID])
        assert api.dead_lettered() == 0

    def test_a_retry_with_an_empty_object_retries_all_failed_syncs(self, api: Api) -> None:
        api.keep(status=Status.FAILED)

        assert api.request("POST", "/api/buildium/sync", {}).body["retried"] == 1

    def test_a_retry_of_one_type_retries_no_other_type(self, api: Api) -> None:
        ref = api.keep(status=Status.FAILED)
        api.keep("owner", OTHER_ID, Status.FAILED)
        api.send_to_dlq(ref)

        response = api.request("POST", "/api/buildium/sync", {"entityType": "owner"})

        assert response.body["retried"] == 1
        assert api.sync_of(ref).status is Status.FAILED
        assert api.dead_lettered() == 1

    def test_a_retry_of_all_says_whether_the_time_ended_it(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(manual_retry, "_PAGE", 2)
        for entity_id in "abcde":
            api.keep("property", entity_id, Status.FAILED)
        api.context.time_left = lambda: 5.0

        ended = api.file("retry-all").body
        assert (ended["retried"], ended["hasMore"]) == (2, True)
        api.context.time_left = lambda: 29.0
        finished = api.file("retry-all").body
        assert (finished["retried"], "hasMore" in finished) == (3, False)

    def test_a_retry_of_several_returns_one_result_each_in_order(self, api: Api) -> None:
        ref = api.keep(status=Status.FAILED, attempts=3)
        api.keep("owner", OTHER_ID, Status.BLOCKED)
        api.keep("property", "synced", Status.SYNCED)
        api.send_to_dlq(ref)

        response = api.file("retry-several")

        assert (response.status, response.body["success"], response.body["retried"]) == (200, False, 2)
        results = response.body["results"]
        named = [(result["entityType"], result["entityId"], result["retried"]) for result in results]
        assert named == [
            ("property", PROPERTY_ID, True),
            ("planet", "x", False),
            ("owner", OTHER_ID, True),
            ("property", "unknown", False),
            ("property", "synced", False),
        ]
        statuses = [result["syncStatus"]["syncStatus"] if "syncStatus" in result else None for result in results]
        assert statuses == ["pending", None, "pending", None, "synced"]
        assert response.body["errors"] == [
            {name: results[place][name] for name in ("entityType", "entityId", "error")} for place in (1, 3)
        ]
        assert sorted(message["entityId"] for message in api.queued(api.retry_url)) == sorted([PROPERTY_ID, OTHER_ID])
        assert (api.dead_lettered(), api.sync_of(ref).attempts) == (0, 0)

    def test_five_hundred_entities_can_be_retried_at_once(self, api: Api) -> None:
        for place in range(20):
            api.keep("property", str(place), Status.FAILED)
        listed = [{"entityType": "property", "entityId": str(place)} for place in range(500)]

        response = api.request("POST", "/api/buildium/sync", {"entities": listed})

        assert (response.body["retried"], len(response.body["errors"])) == (20, 480)
        assert [result["entityId"] for result in response.body["results"]] == [str(place) for place in range(500)]

    def test_entities_not_retried_in_time_get_an_error(self, api: Api) -> None:
        api.keep(status=Status.FAILED)
        api.context.time_left = lambda: 5.0

        response = api.file("retry-several")

        assert (response.status, response.body["retried"], len(response.body["errors"])) == (200, 0, 5)
        assert api.queued(api.retry_url) == []


class TestHistoryAndEvents:
    def test_the_history_is_paged_and_newest_first(self, api: Api) -> None:
        api.keep()
        names = [PROPERTY["name"], "One", "Two", "Three"]
        for name in names[1:]:
            api.request("PUT", f"/api/properties/{PROPERTY_ID}", {"name": name})

        first = api.get(f"/api/properties/{PROPERTY_ID}/history", limit="2").body
        second = api.get(f"/api/properties/{PROPERTY_ID}/history", limit="2", cursor=first["nextCursor"]).body

        found = first["items"] + second["items"]
        assert [item["changes"]["name"] for item in found] == [
            {"old": old, "new": new} for old, new in reversed(list(pairwise(names)))
        ]
        assert found[0].keys() == {"at", "origin", "apiKeyId", "operator", "version", "changes", "conflict"}
        assert second["nextCursor"] is None

    def test_an_entity_that_was_never_changed_has_no_history(self, api: Api) -> None:
        api.keep()

        assert api.file("history").body == {"items": [], "nextCursor": None}

    def test_the_events_list_is_filtered_by_status(self, api: Api) -> None:
        api.keep_event()
        api.keep_event("other")
        api.events.set_status(EVENT_ID, EventStatus.FAILED, error="KeyError: 'Id'")

        response = api.file("events-list")

        assert (response.status, response.body["nextCursor"]) == (200, None)
        [event] = response.body["items"]
        assert (event["eventId"], event["status"], event["payload"]) == (EVENT_ID, "failed", {"PropertyId": 23})
        assert [item["eventId"] for item in api.get("/api/buildium/events", status="received").body["items"]] == [
            "other"
        ]

    def test_an_events_payload_is_shown_without_secrets(self, api: Api) -> None:
        sent = {"PropertyId": 23, "TaxId": "12-3456789", "Bank": {"AccountNumber": "000123456"}}
        api.keep_event(payload=sent, ids=sent)
        [listed] = api.get("/api/buildium/events", status="received").body["items"]
        retried = api.file("event-retry").body["event"]

        masked = {"PropertyId": 23, "TaxId": "[redacted]", "Bank": {"AccountNumber": "[redacted]"}}
        for shown in (listed, retried):
            assert (shown["payload"], shown["ids"]) == (masked, masked)
        stored = api.events.get(EVENT_ID)
        assert stored is not None
        assert stored["payload"] == sent

    def test_a_retried_event_is_queued_for_the_event_processor(self, api: Api) -> None:
        api.keep_event()
        api.events.set_status(EVENT_ID, EventStatus.FAILED, error="KeyError: 'Id'")

        response = api.file("event-retry")

        assert response.status == 202
        stored = api.events.get(EVENT_ID)
        assert stored is not None
        assert stored["status"] != "failed"
        shown = response.body["event"]
        assert (shown["eventId"], shown["status"], shown["error"]) == (EVENT_ID, stored["status"], None)
        [message] = api.queued(api.process_url)
        assert message["detail"]["eventId"] == EVENT_ID
