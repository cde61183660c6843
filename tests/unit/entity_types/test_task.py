"""To-dos: validation, and mapping to and from Buildium."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.merge import differs, merge
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links, Reference
from buildium_sync.entity_types.task import Task
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import DATES, INT32_IDS, optional, text

TASK = Task()
LINKS = Links(
    {("property", "p1"): 101, ("unit", "u1"): 201},
    {("property", 101): "p1", ("unit", 201): "u1"},
)
BODY: dict[str, Any] = {"title": "Fix the tap", "description": "It drips.", "propertyId": "p1", "unitId": "u1"}
STATUSES = ("New", "InProgress", "Completed", "Deferred", "Closed")
needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

BODIES = st.fixed_dictionaries(
    {"title": text(127), "assignedToUserId": INT32_IDS, "propertyId": st.just("p1") | INT32_IDS},
    optional={
        "description": optional(text(65_500)),
        "taskStatus": st.sampled_from(STATUSES),
        "priority": st.sampled_from(["Low", "Normal", "High"]),
        "dueDate": optional(DATES),
        "unitId": optional(st.just("u1") | INT32_IDS),
        "categoryId": optional(INT32_IDS),
        "subCategoryId": optional(INT32_IDS),
    },
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "TaskType": st.just("Todo"),
        "Category": optional(
            st.fixed_dictionaries(
                {"Id": INT32_IDS, "Name": text(20), "SubCategory": optional(st.fixed_dictionaries({"Id": INT32_IDS}))}
            )
        ),
        "Title": text(127),
        "Description": optional(text(100)),
        "Property": st.fixed_dictionaries({"Id": st.just(101) | INT32_IDS, "Type": st.sampled_from(["Rental"])}),
        "UnitId": optional(st.just(201) | INT32_IDS),
        "AssignedToUserId": INT32_IDS,
        "TaskStatus": st.sampled_from(STATUSES),
        "Priority": st.sampled_from(["Low", "Normal", "High"]),
        "DueDate": optional(DATES),
    }
)


def shown_task(written: Payload, **more: Any) -> Payload:
    """The response to a ToDoTaskPostMessage."""
    category, sub = written["CategoryId"], written["SubCategoryId"]
    place = written["PropertyId"]
    same = ("Title", "Description", "UnitId", "AssignedToUserId", "TaskStatus", "Priority", "DueDate")
    return {
        "Id": 1,
        "TaskType": "Todo",
        **{name: written[name] for name in same},
        "Category": {"Id": category or 0, "SubCategory": {"Id": sub or 0}},
        "Property": None if place is None else {"Id": place, "Type": "Rental"},
        **more,
    }


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        TASK.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


class TestPayloads:
    def test_a_to_do_is_mapped_to_a_create_payload(self) -> None:
        assert TASK.to_create(TASK.validate({**BODY, "assignedToUserId": 7}), LINKS) == {
            "Title": "Fix the tap",
            "Description": "It drips.",
            "CategoryId": None,
            "SubCategoryId": None,
            "PropertyId": 101,
            "UnitId": 201,
            "AssignedToUserId": 7,
            "TaskStatus": "New",
            "Priority": "Normal",
            "DueDate": None,
        }

    def test_to_dos_are_written_at_todorequests_and_read_at_tasks(self) -> None:
        assert (TASK.create_path(), TASK.update_path(7)) == ("/tasks/todorequests", "/tasks/todorequests/7")
        assert TASK.read_path(7) == "/tasks/7"

    @needs_document
    @given(BODIES, SHOWN)
    def test_to_do_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = TASK.validate(body)
        validate_response("GET", "/v1/tasks/7", 200, shown)
        validate_request("POST", "/v1/tasks/todorequests", body=TASK.to_create(fields, LINKS))
        validate_request("PUT", "/v1/tasks/todorequests/7", body=TASK.to_update(fields, shown, LINKS))


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("title", "x" * 128),
            ("description", "x" * 65_501),
            ("taskStatus", "Done"),
            ("assignedToUserId", "7"),
            ("dueDate", "2026-02-30"),
            ("propertyId", 0),
            ("unitId", 1.5),
            ("message", "x"),
            ("taskType", "ResidentRequest"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    def test_a_description_at_the_limit_is_accepted(self) -> None:
        assert TASK.validate({**BODY, "description": "x" * 65_500})["description"] == "x" * 65_500

    def test_a_unit_requires_its_property(self) -> None:
        assert set(errors_of({"title": "Fix", "unitId": "u1"})) == {"unitId"}


class TestTaskType:
    def test_a_response_with_the_task_type_is_accepted_as_update(self) -> None:
        current = TASK.validate(BODY)
        shown = TASK.to_response("t1", current, {"createdAt": "2026-01-02T03:04:05Z"})
        assert shown["taskType"] == "Todo"
        assert TASK.validate(shown, current) == current

    def test_a_task_other_than_a_to_do_is_read_only(self) -> None:
        current = TASK.from_buildium({"Title": "Heater", "TaskStatus": "New", "TaskType": "ResidentRequest"}, NO_LINKS)
        faults = errors_of({"taskStatus": "Closed", "title": "Heater"}, current)
        assert set(faults) == {"taskStatus"}
        assert "ResidentRequest" in faults["taskStatus"]
        assert TASK.validate(TASK.to_response("t1", current, {}), current) == current


class TestDescription:
    def test_a_changed_description_becomes_the_updates_message(self) -> None:
        fields = TASK.validate({**BODY, "description": "It pours."})
        written = TASK.to_update(fields, {"Description": "It drips."}, LINKS)
        assert written["Message"] == "It pours."
        assert "Description" not in written

    def test_a_status_update_does_not_repeat_the_description(self) -> None:
        fields = TASK.validate({**BODY, "taskStatus": "Closed"})
        assert TASK.to_update(fields, {"Description": "It drips. "}, LINKS)["Message"] is None

    def test_a_changed_description_is_sent_only_once(self) -> None:
        sent = TASK.validate({**BODY, "description": "It pours."})
        remote = {**sent, "description": "It drips."}
        merged = merge(TASK, base=sent, local=sent, remote=remote)
        assert merged.fields["description"] == "It drips."
        assert not differs(TASK, {**sent, **remote}, merged.fields)


class TestAssignee:
    def test_an_update_without_an_assignee_keeps_buildiums(self) -> None:
        assert TASK.to_update(TASK.validate(BODY), {"AssignedToUserId": 9}, LINKS)["AssignedToUserId"] == 9

    def test_a_missing_assignee_error_names_field_and_setting(self) -> None:
        (default,) = TASK.required_defaults(TASK.validate(BODY))
        assert "assignedToUserId" in default.missing
        assert "BUILDIUM_TASK_ASSIGNEE_ID" in default.missing
        assert TASK.required_defaults(TASK.validate({**BODY, "assignedToUserId": 7})) == ()


class TestReferences:
    def test_a_task_references_its_property_and_unit(self) -> None:
        assert TASK.local_references(TASK.validate(BODY)) == (
            Reference("propertyId", "property", "p1"),
            Reference("unitId", "unit", "u1"),
        )
        assert TASK.local_references(TASK.validate({**BODY, "propertyId": 101, "unitId": 201})) == ()

    def test_property_and_unit_ids_become_local_where_linked(self) -> None:
        message = {"Property": {"Id": 101, "Type": "Rental"}, "UnitId": 999}
        assert TASK.remote_references(message) == (BuildiumReference("property", 101), BuildiumReference("unit", 999))
        fields = TASK.from_buildium(message, LINKS)
        assert (fields["propertyId"], fields["unitId"]) == ("p1", 999)

    def test_an_association_is_no_property_reference(self) -> None:
        message = {"Property": {"Id": 101, "Type": "Association"}, "UnitId": 201}
        assert TASK.remote_references(message) == ()
        fields = TASK.from_buildium(message, LINKS)
        assert (fields["propertyId"], fields["unitId"]) == (101, 201)


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"Title": "Fix the taps"},
            {"Description": "Other"},
            {"DueDate": "2026-01-01"},
            {"Property": {"Id": 102}},
            {"UnitId": None},
            {"TaskType": "ContactRequest"},
        ],
    )
    def test_a_task_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        fields = TASK.validate({**BODY, "assignedToUserId": 7})
        key = TASK.natural_key(fields, LINKS)
        shown = shown_task(TASK.to_create(fields, LINKS))
        assert TASK.is_match({**shown, "TaskStatus": "Closed"}, key)
        assert not TASK.is_match({**shown, **change}, key)


class TestBuildiumTasks:
    @given(BODIES)
    def test_a_to_do_round_trip_keeps_fields_and_matches(self, body: dict[str, Any]) -> None:
        fields = TASK.validate(body)
        shown = shown_task(TASK.to_create(fields, LINKS))
        assert {**fields, **TASK.from_buildium(shown, LINKS)} == fields
        assert TASK.is_match(shown, TASK.natural_key(fields, LINKS))

    @given(SHOWN)
    def test_an_update_of_a_to_do_keeps_buildiums_values(self, shown: Payload) -> None:
        written = TASK.to_update(TASK.from_buildium(shown, LINKS), shown, LINKS)
        category = shown["Category"] or {}
        same = ("Title", "UnitId", "AssignedToUserId", "TaskStatus", "Priority", "DueDate")
        assert written == {
            **{name: shown[name] for name in same},
            "PropertyId": shown["Property"]["Id"],
            "CategoryId": category.get("Id"),
            "SubCategoryId": (category.get("SubCategory") or {}).get("Id"),
            "Message": None,
        }
