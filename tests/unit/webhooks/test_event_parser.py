import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.errors import MalformedRequest
from buildium_sync.webhooks.event_parser import Event, parse_events, split_name, unparsed_event

RENTAL = {
    "EventName": "Rental.Updated",
    "EventDateTime": "2026-11-22T13:59:46.2317653Z",
    "AccountId": 123456,
    "PropertyId": 23,
}
OWNER = {
    "Id": "evt-1",
    "EventType": "OwnerUpdated",
    "EntityType": "Owner",
    "EntityId": 77,
    "EventDate": "2026-11-22T13:59:40Z",
    "Data": {"LastName": "Gray"},
}


def events(document: dict[str, Any], sent: float = 0) -> list[Event]:
    return parse_events(document, sent=sent, received_at="2026-11-22T14:00:00.000Z", correlation_id="request-1")


def event(document: dict[str, Any], sent: float = 0) -> Event:
    (only,) = events(document, sent)
    return only


def in_batch(**changes: Any) -> dict[str, Any]:
    return {"Events": [{**OWNER, **changes}]}


def event_id(**changes: Any) -> str:
    return event({**RENTAL, **changes})["eventId"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
field_names = st.sampled_from(["EventName", "EventType", "EventDateTime", "EventDate", "AccountId", "Id", "EntityType"])
any_fields = st.dictionaries(field_names | st.just("PropertyId") | st.text(), json_values)


class TestFlatEvents:
    def test_a_flat_event_is_normalized(self) -> None:
        normalised = event(RENTAL)

        assert len(normalised.pop("eventId")) == 64  # type: ignore[misc]
        assert normalised == {
            "eventName": "Rental.Updated",
            "subject": "Rental",
            "operation": "Updated",
            "accountId": 123456,
            "entityId": 23,
            "ids": {"PropertyId": 23},
            "eventDateTime": "2026-11-22T13:59:46.2317653Z",
            "receivedAt": "2026-11-22T14:00:00.000Z",
            "correlationId": "request-1",
            "payload": RENTAL,
        }

    @pytest.mark.parametrize(
        ("name", "subject", "operation"),
        [
            ("Rental.Updated", "Rental", "Updated"),
            ("Rental.MeterReading.Created", "Rental.MeterReading", "Created"),
            ("RentalUnit.Deleted", "RentalUnit", "Deleted"),
            ("Bill.Payment.Updated", "Bill.Payment", "Updated"),
            ("OwnerUpdated", "Owner", "Updated"),
            ("UpdatedUpdated", "Updated", "Updated"),
            ("Rental.Archived", "Rental", ""),
            ("Rental.NotUpdated", "Rental", ""),
            ("Rental.updated", "Rental", ""),
            ("Spaceship", "Spaceship", ""),
            ("Updated", "", "Updated"),
            ("", "", ""),
        ],
    )
    def test_an_event_name_is_split_into_subject_and_operation(self, name: str, subject: str, operation: str) -> None:
        assert split_name(name) == (subject, operation)

    @pytest.mark.parametrize(
        ("name", "ids", "entity_id"),
        [
            ("Rental.Updated", {"PropertyId": 1}, 1),
            ("RentalUnit.Updated", {"UnitId": 2}, 2),
            ("Vendor.Updated", {"VendorId": 3}, 3),
            ("Task.Updated", {"TaskId": 4, "TaskType": "Todo"}, 4),
            ("Bill.Updated", {"BillId": 5}, 5),
            ("BankAccount.Updated", {"BankAccountId": 6}, 6),
            ("Lease.Updated", {"LeaseId": 7}, 7),
            ("WorkOrder.Updated", {"WorkOrderId": 8}, 8),
            ("LeaseTenant.Updated", {"TenantId": 9}, 9),
            ("Bill.Payment.Created", {"PaymentId": 10, "BillIds": [1, 2]}, 10),
            ("Task.History.Created", {"TaskId": 1, "TaskHistoryId": 11}, 11),
            ("Lease.MoveOut.Created", {"LeaseId": 12, "TenantId": 1}, 12),
            ("Listing.Created", {"UnitId": 13}, 13),
            ("Vendor.Transaction.Created", {"VendorId": 1, "TransactionId": 14}, 14),
            (
                "Rental.MeterReading.Created",
                {"PropertyId": 1, "ReadingDate": "2026-11-01", "MeterType": "Gas"},
                None,
            ),
            ("Spaceship.Created", {"SpaceshipId": 15}, 15),
            ("Spaceship.Created", {"CaptainId": 1}, None),
            ("Rental.Updated", {}, None),
            ("Rental.Updated", {"PropertyId": "16"}, 16),
            ("Rental.Updated", {"PropertyId": True}, None),
            ("Rental.Updated", {"PropertyId": 0}, None),
            ("Rental.Updated", {"PropertyId": 1.5}, None),
            ("Rental.Updated", {"PropertyId": 10**40}, None),
            ("Rental.Updated", {"PropertyId": "9" * 5000}, None),
        ],
    )
    def test_the_entity_id_is_the_id_named_by_the_subject(
        self, name: str, ids: dict[str, Any], entity_id: int | None
    ) -> None:
        normalised = event({"EventName": name, "EventDateTime": "2026-11-22T14:00:00Z", "AccountId": 1, **ids})

        assert normalised["entityId"] == entity_id
        assert normalised["ids"] == ids

    def test_the_entity_type_replaces_a_subject_missing_in_the_name(self) -> None:
        normalised = event(in_batch(EventType="Updated"))

        assert (normalised["subject"], normalised["operation"]) == ("Owner", "Updated")


def without_data(payload: Any) -> Any:
    return {name: value for name, value in payload.items() if name != "Data"} if isinstance(payload, dict) else payload


class TestBatches:
    def test_batch_events_are_normalized_in_order(self) -> None:
        created = {**OWNER, "EventType": "PropertyCreated", "EntityType": "Property", "EntityId": 25}

        first, second = events({"AccountId": 9, "Events": [OWNER, created]})

        assert (first["subject"], first["operation"], first["entityId"]) == ("Owner", "Updated", 77)
        assert (second["subject"], second["operation"], second["entityId"]) == ("Property", "Created", 25)
        assert first["eventDateTime"] == "2026-11-22T13:59:40Z"
        assert first["accountId"] == 9
        assert first["payload"] == {name: value for name, value in OWNER.items() if name != "Data"}
        assert "Data" not in first["ids"]

    @pytest.mark.parametrize("item", [None, 7, "text", [], {}])
    def test_every_batch_element_becomes_an_event(self, item: Any) -> None:
        broken, whole = events({"Events": [item, OWNER]})

        assert broken["payload"] == item
        assert (broken["eventName"], broken["entityId"]) == ("", None)
        assert whole["entityId"] == 77

    @pytest.mark.parametrize("listed", [None, {}, "text", 7])
    def test_a_batch_other_than_a_list_is_malformed(self, listed: Any) -> None:
        with pytest.raises(MalformedRequest, match="Events is not a list"):
            events({"Events": listed})

    def test_an_empty_batch_is_malformed(self) -> None:
        with pytest.raises(MalformedRequest, match="Events is empty"):
            events({"Events": []})


class TestEventIds:
    def test_a_resent_event_keeps_its_id(self) -> None:
        again = dict(reversed(RENTAL.items()))

        first = event(RENTAL, sent=100)
        second = event(again, sent=160)

        assert first["eventId"] == second["eventId"]

    @pytest.mark.parametrize(
        ("document", "stored"),
        [
            (RENTAL, "a9d20349aa2ebcda1feddbfa7524663370a8b6bd184157b18765e04db0b26a7c"),
            ({"AccountId": 9, "Events": [OWNER]}, "5b17e1a2d9591eb68968be097e68abad0f2337b7c875fed3efe7fcffb7b78a33"),
            (
                {**RENTAL, "EventDateTime": None, "Note": 'Müller "x"\n', "Parts": [1.5, None, True, {"b": 2, "a": 1}]},
                "e7be87d310d0b8f4b5b5d453f25d6647b56f11cf5cf56a8ffd4ed6b9857d679b",
            ),
        ],
    )
    def test_event_ids_are_stable_across_releases(self, document: dict[str, Any], stored: str) -> None:
        assert event(document, sent=1_795_356_000.25)["eventId"] == stored

    @pytest.mark.parametrize(
        "change",
        [
            {"AccountId": 2},
            {"EventName": "Rental.Created"},
            {"PropertyId": 24},
            {"OtherId": 1},
            {"EventDateTime": "2026-11-22T13:59:46.2317654Z"},
        ],
    )
    def test_events_with_different_identifying_fields_have_different_ids(self, change: dict[str, Any]) -> None:
        assert event_id(**change) != event_id()

    def test_events_of_an_unlisted_type_do_not_collide(self) -> None:
        one, other = ({**RENTAL, "EventName": "Spaceship.Updated", "PropertyId": None, "Hull": hull} for hull in "ab")

        assert event(one)["eventId"] != event(other)["eventId"]

    def test_readings_of_two_meters_do_not_collide(self) -> None:
        reading = {"EventName": "Rental.MeterReading.Created", "ReadingDate": "2026-11-01"}

        assert event_id(**reading, MeterType="Gas") != event_id(**reading, MeterType="Water")

    @pytest.mark.parametrize("change", [{"Id": "evt-2"}, {"EntityId": 78}, {"EntityType": "Property"}])
    def test_a_batch_events_id_is_only_part_of_its_identity(self, change: dict[str, Any]) -> None:
        assert event(in_batch(**change))["eventId"] != event(in_batch())["eventId"]

    def test_batch_events_with_an_empty_id_do_not_collide(self) -> None:
        one, other = (event(in_batch(Id="", EntityId=entity)) for entity in (1, 2))

        assert one["eventId"] != other["eventId"]

    def test_undated_events_are_distinguished_by_the_sending_time(self) -> None:
        undated = {**RENTAL, "EventDateTime": None}

        assert event(undated, sent=100)["eventId"] == event(undated, sent=100)["eventId"]
        assert event(undated, sent=100)["eventId"] != event(undated, sent=160)["eventId"]


class TestUnusualEvents:
    def test_a_long_event_name_is_truncated_but_identified_completely(self) -> None:
        one, other = (event({**RENTAL, "EventName": "x" * 5000 + end}) for end in "ab")

        assert len(one["eventName"]) == 256
        assert one["eventId"] != other["eventId"]

    @given(
        document=any_fields
        | st.fixed_dictionaries({"Events": st.lists(any_fields | json_values, min_size=1, max_size=3)})
    )
    def test_every_object_is_normalized_to_json(self, document: dict[str, Any]) -> None:
        normalised = events(document)

        assert json.loads(json.dumps(normalised)) == normalised
        payloads = [document, *document.get("Events", [])]
        assert all(part["payload"] in map(without_data, payloads) for part in normalised)

    def test_the_data_of_an_unparsed_body_is_left_out(self) -> None:
        found = unparsed_event(b'{"Events": {"Id": 1, "Data": {"TaxId": "123"', received_at="", correlation_id="")

        assert found["payload"] == '{"Events": {"Id": 1, '

    def test_oversized_ids_are_stored_only_in_the_payload(self) -> None:
        found = event({"EventName": "Rental.Updated", "PropertyId": 7, "Note": "x" * 200_000})

        assert (found["ids"], found["entityId"]) == ({}, 7)
        assert len(found["payload"]["Note"]) == 200_000
