"""Work orders: validation, and mapping to and from Buildium."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links, Reference
from buildium_sync.entity_types.work_order import WorkOrder
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import AMOUNTS, DATES, INT32_IDS, optional, text

ORDER = WorkOrder()
PAIRS = {("vendor", "v1"): 301, ("task", "t1"): 401, ("property", "p1"): 101, ("unit", "u1"): 201}
LINKS = Links(PAIRS, {(kind, number): local for (kind, local), number in PAIRS.items()})
BODY: dict[str, Any] = {"vendorId": "v1", "title": "Fix the tap", "workDetails": "It drips."}
OF_A_TASK: dict[str, Any] = {"vendorId": "v1", "taskId": "t1"}
needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

_ITEMS = st.lists(
    st.fixed_dictionaries(
        {"quantity": AMOUNTS, "unitPrice": AMOUNTS},
        optional={"glAccountId": optional(INT32_IDS), "memo": optional(text(100))},
    ),
    max_size=3,
)
_TASKS = st.fixed_dictionaries(
    {"title": text(127), "assignedToUserId": INT32_IDS, "propertyId": st.just("p1"), "unitId": st.just("u1")},
    optional={"taskStatus": st.sampled_from(["New", "Closed"]), "priority": st.just("High"), "dueDate": DATES},
) | st.just({"taskId": "t1"})
_REST = st.fixed_dictionaries(
    {"vendorId": st.just("v1") | INT32_IDS},
    optional={
        "entryAllowed": st.sampled_from(["Unknown", "Yes", "No"]),
        "entryNotes": optional(text(100)),
        "entryContactIds": st.lists(INT32_IDS, max_size=3),
        "vendorNotes": optional(text(100)),
        "workDetails": optional(text(100)),
        "invoiceNumber": optional(text(50)),
        "chargeableTo": optional(text(100)),
        "lineItems": _ITEMS,
    },
)
BODIES = st.builds(lambda task, rest: {**task, **rest}, _TASKS, _REST)
_SHOWN_ITEMS = st.fixed_dictionaries(
    {"GlAccountId": optional(INT32_IDS), "Quantity": AMOUNTS, "UnitPrice": AMOUNTS, "Memo": optional(text(50))}
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "Task": st.just({"Id": 401, "Type": "Todo", "UnitId": 201, "Title": "Tap", "Priority": "Low", "Status": "New"}),
        "Title": text(127),
        "DueDate": optional(DATES),
        "Priority": st.sampled_from(["Unknown", "Low", "High"]),
        "Status": st.sampled_from(["Unknown", "New", "Closed"]),
        "WorkDetails": optional(text(100)),
        "InvoiceNumber": optional(text(50)),
        "ChargeableTo": optional(text(100)),
        "EntryAllowed": st.sampled_from(["Unknown", "Yes", "No"]),
        "EntryNotes": optional(text(100)),
        "VendorId": st.just(301) | INT32_IDS,
        "VendorNotes": optional(text(100)),
        "EntryContact": st.just({"Id": 9}),
        "EntryContacts": st.sampled_from([[{"Id": 8}, {"Id": 9}], [{"Id": 9}], None]),
        "Amount": AMOUNTS,
        "LineItems": st.lists(_SHOWN_ITEMS, max_size=3),
    }
)


def shown_order(written: Payload) -> Payload:
    """The response to a WorkOrderPostMessage."""
    task = {"Id": 402, **written["Task"]} if written["Task"] else {"Id": 401, "Title": "Tap", "Status": "New"}
    contacts = [{"Id": number} for number in written["EntryContactIds"]]
    rest = {name: value for name, value in written.items() if name not in ("TaskId", "Task", "EntryContactIds")}
    of_the_task = {name: task.get(name) for name in ("DueDate", "Priority", "Status")}
    title = written["Title"] or task["Title"]
    return {"Id": 1, **rest, **of_the_task, "Title": title, "Task": task, "EntryContacts": contacts}


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        ORDER.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


class TestPayloads:
    def test_a_work_order_create_payload_includes_its_new_task(self) -> None:
        fields = ORDER.validate({**BODY, "assignedToUserId": 7, "propertyId": "p1", "unitId": "u1"})
        written = ORDER.to_create(fields, LINKS)
        assert written == {
            "Title": None,
            "WorkDetails": "It drips.",
            "InvoiceNumber": None,
            "ChargeableTo": None,
            "EntryAllowed": "Unknown",
            "EntryNotes": None,
            "VendorId": 301,
            "VendorNotes": None,
            "EntryContactId": None,
            "EntryContactIds": [],
            "LineItems": [],
            "TaskId": None,
            "Task": {
                "Title": "Fix the tap",
                "DueDate": None,
                "Priority": "Normal",
                "Status": "New",
                "PropertyId": 101,
                "UnitId": 201,
                "AssignedToUserId": 7,
            },
        }

    def test_a_work_order_for_an_existing_task_needs_no_assignee(self) -> None:
        fields = ORDER.validate(OF_A_TASK)
        written = ORDER.to_create(fields, LINKS)
        assert (written["TaskId"], written["Task"]) == (401, None)
        assert ORDER.required_defaults(fields) == ()
        assert [default.field for default in ORDER.required_defaults(ORDER.validate(BODY))] == ["assignedToUserId"]

    @needs_document
    @given(BODIES, SHOWN)
    def test_work_order_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = {**ORDER.validate(body), "assignedToUserId": 7}
        validate_response("GET", "/v1/workorders/7", 200, shown)
        validate_request("POST", "/v1/workorders", body=ORDER.to_create(fields, LINKS))
        validate_request("PUT", "/v1/workorders/7", body=ORDER.to_update(fields, shown, LINKS))


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("vendorId", None),
            ("title", None),
            ("title", "x" * 128),
            ("taskStatus", "Done"),
            ("entryAllowed", "yes"),
            ("invoiceNumber", "x" * 51),
            ("chargeableTo", "x" * 101),
            ("unitId", "u1"),
            ("amount", 5),
            ("status", "New"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}


class TestTaskOfAWorkOrder:
    def test_a_new_work_order_has_either_task_fields_or_taskid(self) -> None:
        assert set(errors_of({"vendorId": "v1"})) == {"title"}
        assert set(errors_of({**OF_A_TASK, "title": "Tap", "priority": "Low"})) == {"priority"}

    @pytest.mark.parametrize("change", [{"taskId": "t2"}, {"taskStatus": "Closed"}, {"dueDate": None}])
    def test_task_fields_are_rejected_on_update_with_the_reason(self, change: dict[str, Any]) -> None:
        current = ORDER.validate({**BODY, "dueDate": "2026-01-31"})
        faults = errors_of(change, current)
        assert set(faults) == set(change)
        assert "task" in "".join(faults.values())

    def test_a_work_order_for_an_existing_task_accepts_a_title(self) -> None:
        written = ORDER.to_create(ORDER.validate({**OF_A_TASK, "title": "Tub"}), LINKS)
        assert (written["Title"], written["TaskId"], written["Task"]) == ("Tub", 401, None)


class TestUpdate:
    @pytest.mark.parametrize("title", [None, "", "  "])
    def test_an_update_cannot_clear_the_title(self, title: str | None) -> None:
        current = ORDER.validate(BODY)
        assert set(errors_of({"title": title}, current)) == {"title"}
        assert ORDER.validate({"title": title}, {**current, "title": None})["title"] is None

    @pytest.mark.parametrize(
        ("own", "changed", "written"),
        [("Tub", None, "Tub"), (None, None, None), ("", None, ""), ("Tub", "Tap", "Tap"), (None, "Tap", "Tap")],
    )
    def test_an_update_writes_the_new_or_the_existing_title(
        self, own: str | None, changed: str | None, written: str | None
    ) -> None:
        shown = {"VendorId": 301, "Title": own, "Task": {"Id": 401, "Title": "Fix the tap"}}
        fields = ORDER.from_buildium(shown, LINKS)
        assert fields["title"] == (own or "Fix the tap")
        fields = {**fields, "title": changed or fields["title"]}
        assert ORDER.to_update(fields, shown, LINKS)["Title"] == written

    def test_a_response_of_an_imported_order_is_accepted_as_update(self) -> None:
        shown = {"VendorId": 5, "Task": {"Id": 401, "UnitId": 201}, "Title": "Tap", "Status": "New", "Priority": "Low"}
        current = ORDER.from_buildium(shown, LINKS)
        updated = ORDER.validate({**ORDER.to_response("w1", current, {}), "entryNotes": "Ring"}, current)
        assert {**current, "entryNotes": "Ring"}.items() <= updated.items()

    @given(SHOWN)
    def test_an_update_of_a_work_order_keeps_buildiums_values(self, shown: Payload) -> None:
        written = ORDER.to_update(ORDER.from_buildium(shown, LINKS), shown, LINKS)
        contacts = shown["EntryContacts"] or [shown["EntryContact"]]
        assert written.pop("EntryContactIds") == [contact["Id"] for contact in contacts]
        assert written.pop("EntryContactId") == shown["EntryContact"]["Id"]
        assert written == {name: shown[name] for name in written}


class TestReferences:
    def test_a_work_order_references_vendor_task_property_and_unit(self) -> None:
        body = {**BODY, "propertyId": "p1", "unitId": "u1"}
        assert ORDER.local_references(ORDER.validate(body)) == (
            Reference("vendorId", "vendor", "v1"),
            Reference("propertyId", "property", "p1"),
            Reference("unitId", "unit", "u1"),
        )
        assert Reference("taskId", "task", "t1") in ORDER.local_references(ORDER.validate(OF_A_TASK))
        assert ORDER.remote_references({"VendorId": 301, "Task": {"Id": 401, "UnitId": 201}}) == (
            BuildiumReference("vendor", 301),
            BuildiumReference("task", 401),
            BuildiumReference("unit", 201),
        )

    def test_an_associations_unit_is_no_unit_reference(self) -> None:
        task = {"Id": 401, "UnitId": 201, "UnitAgreement": {"Id": 1, "Type": "OwnershipAccount"}}
        assert BuildiumReference("unit", 201) not in ORDER.remote_references({"VendorId": 301, "Task": task})
        assert ORDER.from_buildium({"VendorId": 301, "Task": task}, LINKS)["unitId"] == 201

    def test_buildiums_entry_contact_stays_first_while_listed(self) -> None:
        fields = ORDER.validate({**BODY, "entryContactIds": [8, 9]})
        assert ORDER.to_update(fields, {"EntryContact": {"Id": 9}}, LINKS)["EntryContactId"] == 9
        assert ORDER.to_update(fields, {"EntryContact": {"Id": 7}}, LINKS)["EntryContactId"] == 8


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"VendorId": 302},
            {"Title": "Fix the taps"},
            {"WorkDetails": "Other"},
            {"LineItems": [{"Quantity": 1, "UnitPrice": 2}]},
        ],
    )
    def test_a_work_order_with_a_different_key_is_no_match(self, change: dict[str, Any]) -> None:
        fields = ORDER.validate(BODY)
        shown = shown_order(ORDER.to_create(fields, LINKS))
        assert not ORDER.is_match({**shown, **change}, ORDER.natural_key(fields, LINKS))

    def test_a_work_order_of_a_different_task_is_no_match(self) -> None:
        fields = ORDER.validate(OF_A_TASK)
        shown = shown_order(ORDER.to_create(fields, LINKS))
        assert not ORDER.is_match({**shown, "Task": {"Id": 499}}, ORDER.natural_key(fields, LINKS))

    @given(BODIES)
    def test_a_work_order_round_trip_keeps_fields_and_matches(self, body: dict[str, Any]) -> None:
        fields = ORDER.validate(body)
        shown = shown_order(ORDER.to_create(fields, LINKS))
        mapped = ORDER.from_buildium(shown, LINKS)
        asked = [name for name in mapped if name not in ("amount", "unitId") and fields[name] not in (None, [])]
        assert {name: mapped[name] for name in asked} == {name: fields[name] for name in asked}
        assert ORDER.is_match(shown, ORDER.natural_key(fields, LINKS))


class TestStatus:
    def test_unknown_means_no_status_or_priority(self) -> None:
        fields = ORDER.from_buildium({"Status": "Unknown", "Priority": "Unknown"}, NO_LINKS)
        assert (fields["taskStatus"], fields["priority"]) == (None, None)
