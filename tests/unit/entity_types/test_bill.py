"""Bills: validation, and mapping to and from Buildium."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import Side, merge
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.domain.reference_contract import BuildiumReference, Links, Reference
from buildium_sync.entity_types.bill import Bill
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import AMOUNTS, INT32_IDS, optional, text

BILL = Bill()
PAIRS = {("vendor", "v1"): 301, ("work-order", "w1"): 501, ("property", "p1"): 101, ("unit", "u1"): 201}
LINKS = Links(PAIRS, {(kind, number): local for (kind, local), number in PAIRS.items()})
LINE: dict[str, Any] = {"accountingEntityId": "p1", "glAccountId": 11, "amount": 100.5}
OTHER: dict[str, Any] = {"accountingEntityId": "p1", "unitId": "u1", "glAccountId": 12, "amount": 20.0, "memo": "Tap"}
BODY: dict[str, Any] = {"date": "2026-01-01", "dueDate": "2026-01-31", "vendorId": "v1", "lines": [LINE, OTHER]}
needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

_DAYS = st.sampled_from(["2026-01-01", "2026-02-28"]), st.sampled_from(["2026-02-28", "9999-12-31"])
_LINES = st.fixed_dictionaries(
    {"accountingEntityId": st.sampled_from(["p1", 555]), "glAccountId": INT32_IDS, "amount": AMOUNTS},
    optional={
        "unitId": st.sampled_from(["u1", 777, None]),
        "memo": optional(text(240)),
        "markup": optional(st.fixed_dictionaries({"amount": st.just(7.5), "type": st.sampled_from(["Percent"])})),
    },
)
BODIES = st.fixed_dictionaries(
    {
        "date": _DAYS[0],
        "dueDate": _DAYS[1],
        "vendorId": st.sampled_from(["v1", 999]),
        "lines": st.lists(_LINES, min_size=1, max_size=4),
    },
    optional={"memo": optional(text(245)), "referenceNumber": optional(text(40)), "workOrderId": st.just("w1")},
)
_SHOWN_LINES = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "AccountingEntity": st.fixed_dictionaries(
            {
                "Id": st.sampled_from([101, 555]),
                "AccountingEntityType": st.sampled_from(["Rental", "Association", "Company"]),
                "Unit": st.sampled_from([None, {"Id": 201}, {"Id": 777}]),
            }
        ),
        "GLAccount": st.fixed_dictionaries({"Id": INT32_IDS, "Name": text(20)}),
        "Amount": AMOUNTS,
        "Markup": st.sampled_from([None, {"Amount": 5.0, "Type": "Percent"}]),
        "Memo": optional(text(50)),
    }
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "Date": _DAYS[0],
        "DueDate": _DAYS[1],
        "PaidDate": st.sampled_from([None, "2026-03-01"]),
        "Memo": optional(text(50)),
        "VendorId": st.sampled_from([301, 999]),
        "WorkOrderId": st.sampled_from([None, 501]),
        "ReferenceNumber": optional(text(40)),
        "ApprovalStatus": st.just("NotNeeded"),
        "Lines": st.lists(_SHOWN_LINES, min_size=1, max_size=4, unique_by=lambda line: line["Id"]),
    }
)


def shown_line(line: Payload, number: int) -> Payload:
    """The response to a BillLinePostMessage."""
    entity = line["AccountingEntity"]
    unit = None if entity["UnitId"] is None else {"Id": entity["UnitId"]}
    return {
        "Id": number,
        "AccountingEntity": {**{name: entity[name] for name in ("Id", "AccountingEntityType")}, "Unit": unit},
        "GLAccount": {"Id": line["GlAccountId"]},
        **{name: line[name] for name in ("Amount", "Memo", "Markup")},
    }


def shown_bill(written: Payload) -> Payload:
    """The response to a BillPostMessage."""
    lines = [shown_line(line, number) for number, line in enumerate(written["Lines"], start=1)]
    return {"Id": 1, **written, "Lines": lines}


def ids_and_amounts(written: Payload) -> list[tuple[int | None, float]]:
    """The lines of a PUT payload."""
    return [(line["Id"], line["Amount"]) for line in written["Lines"]]


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        BILL.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


SHOWN_BILL = shown_bill(BILL.to_create(BILL.validate(BODY), LINKS))


def accounts(fields: Fields) -> list[int]:
    """Return the account of each line of an update when the account's default is 77."""
    completed = BILL.with_required_defaults(fields, SHOWN_BILL, LINKS, lambda _default: 77)
    return [line["GlAccountId"] for line in BILL.to_update(completed, SHOWN_BILL, LINKS)["Lines"]]


class TestPayloads:
    def test_a_bill_is_mapped_to_a_create_payload(self) -> None:
        assert BILL.to_create(BILL.validate({**BODY, "workOrderId": "w1", "lines": [OTHER]}), LINKS) == {
            "Date": "2026-01-01",
            "DueDate": "2026-01-31",
            "Memo": None,
            "VendorId": 301,
            "ReferenceNumber": None,
            "WorkOrderId": 501,
            "Lines": [
                {
                    "AccountingEntity": {"Id": 101, "AccountingEntityType": "Rental", "UnitId": 201},
                    "GlAccountId": 12,
                    "Amount": 20.0,
                    "Memo": "Tap",
                    "Markup": None,
                }
            ],
        }

    @needs_document
    @given(BODIES, SHOWN)
    def test_bill_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = BILL.validate(body)
        validate_response("GET", "/v1/bills/7", 200, shown)
        validate_request("POST", "/v1/bills", body=BILL.to_create(fields, LINKS))
        validate_request("PUT", "/v1/bills/7", body=BILL.to_update(fields, shown, LINKS))


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("date", None),
            ("date", "2026-1-1"),
            ("dueDate", "2025-12-31"),
            ("vendorId", ""),
            ("memo", "x" * 246),
            ("referenceNumber", "x" * 41),
            ("glAccountId", "11"),
            ("lines", []),
            ("lines", [{**LINE, "id": 1}, {**LINE, "id": 1}]),
            ("paidDate", "2026-01-01"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("amount", None),
            ("amount", "5"),
            ("memo", "x" * 241),
            ("accountingEntityId", None),
            ("accountingEntityType", "House"),
            ("glAccountId", 0),
            ("Amount", 5),
        ],
    )
    def test_an_invalid_line_field_is_named_with_its_index(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, "lines": [LINE, {**LINE, field: value}]})) == {f"lines.1.{field}"}

    def test_only_a_rental_is_referenced_by_local_id(self) -> None:
        line = {**LINE, "accountingEntityType": "Company"}
        assert set(errors_of({**BODY, "lines": [line]})) == {"lines.0.accountingEntityId"}
        assert (
            BILL.validate({**BODY, "lines": [{**line, "accountingEntityId": 9}]})["lines"][0]["accountingEntityId"] == 9
        )

    def test_a_markup_is_at_most_a_hundred_percent(self) -> None:
        line = {**LINE, "markup": {"amount": 101, "type": "Percent"}}
        assert set(errors_of({**BODY, "lines": [line]})) == {"lines.0.markup.amount"}

    def test_a_work_order_is_rejected_on_update_with_the_reason(self) -> None:
        current = BILL.validate(BODY)
        assert "only when the bill is created" in errors_of({"workOrderId": "w1"}, current)["workOrderId"]
        assert BILL.validate(BILL.to_response("b1", current, {}), current) == current

    def test_a_bill_without_a_date_accepts_a_due_date(self) -> None:
        current = {**BILL.validate(BODY), "date": None}
        assert BILL.validate({"dueDate": "2026-02-28"}, current)["dueDate"] == "2026-02-28"


class TestDefaultAccount:
    def test_a_line_without_an_account_uses_the_bills_account(self) -> None:
        line = {**LINE, "glAccountId": None}
        fields = BILL.validate({**BODY, "glAccountId": 99, "lines": [line, OTHER]})
        assert [line["GlAccountId"] for line in BILL.to_create(fields, LINKS)["Lines"]] == [99, 12]

    def test_the_default_account_is_required_only_without_line_accounts(self) -> None:
        assert BILL.required_defaults(BILL.validate(BODY)) == ()
        lacking = BILL.validate({**BODY, "lines": [{**LINE, "glAccountId": None}]})
        assert [default.setting for default in BILL.required_defaults(lacking)] == ["gl_account_id"]

    def test_a_line_without_an_account_keeps_buildiums_account(self) -> None:
        fields = BILL.validate({**BODY, "lines": [{**LINE, "glAccountId": None}, OTHER]})
        assert [line["GlAccountId"] for line in BILL.to_update(fields, SHOWN_BILL, LINKS)["Lines"]] == [11, 12]

    @pytest.mark.parametrize("account", [None, 99])
    def test_a_new_line_without_an_account_uses_the_default(self, account: int | None) -> None:
        new = {**LINE, "amount": 3.0, "glAccountId": None}
        kept = {**OTHER, "glAccountId": None}
        fields = BILL.validate({**BODY, "glAccountId": account, "lines": [new, LINE, kept, {**new, "glAccountId": 55}]})
        assert accounts(fields) == [account or 77, 11, account or 12, 55]

    def test_an_update_without_new_lines_requires_no_default_account(self) -> None:
        def fail(default: AccountDefault) -> int:
            raise AssertionError(default)

        fields = BILL.validate({**BODY, "lines": [{**LINE, "glAccountId": None}, OTHER]})
        assert BILL.with_required_defaults(fields, SHOWN_BILL, LINKS, fail) == fields


class TestLineIds:
    def test_an_update_sends_the_ids_of_existing_lines(self) -> None:
        fields = BILL.validate({**BODY, "memo": "Paid by cheque"})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(1, 100.5), (2, 20.0)]

    def test_reordered_lines_keep_their_ids(self) -> None:
        fields = BILL.validate({**BODY, "lines": [OTHER, LINE]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(2, 20.0), (1, 100.5)]

    def test_an_edited_line_is_not_duplicated(self) -> None:
        fields = BILL.validate({**BODY, "lines": [{**LINE, "amount": 7.0, "memo": "New"}, OTHER]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(1, 7.0), (2, 20.0)]

    def test_lines_with_the_same_target_are_distinguished_by_remaining_fields(self) -> None:
        current = BILL.from_buildium({**SHOWN_BILL, "Lines": SHOWN_BILL["Lines"][:1] * 2}, LINKS)["lines"]
        first, second = {**current[0], "id": 1}, {**current[1], "id": 2, "amount": 7.0}
        wanted = [{**LINE, "amount": 7.0}, {**LINE, "amount": 9.0}]
        fields = BILL.validate({"lines": wanted}, {**BILL.validate(BODY), "lines": [first, second]})
        assert [line["id"] for line in fields["lines"]] == [2, 1]

    def test_reordered_edited_lines_keep_the_ids_of_their_targets(self) -> None:
        fields = BILL.validate({**BODY, "lines": [{**OTHER, "amount": 21.0}, {**LINE, "amount": 7.0}]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(2, 21.0), (1, 7.0)]

    def test_a_line_moved_to_another_property_is_not_duplicated(self) -> None:
        moved = {"accountingEntityId": 555, "glAccountId": 77, "amount": 1.0}
        fields = BILL.validate({**BODY, "lines": [moved, OTHER]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(1, 1.0), (2, 20.0)]

    def test_a_new_line_has_no_id(self) -> None:
        fields = BILL.validate({**BODY, "lines": [LINE, LINE, OTHER]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(1, 100.5), (None, 100.5), (2, 20.0)]

    def test_a_line_with_an_id_is_matched_by_its_id(self) -> None:
        fields = BILL.validate({**BODY, "lines": [{**OTHER, "id": 1}, {**LINE, "id": 2}]})
        assert ids_and_amounts(BILL.to_update(fields, SHOWN_BILL, LINKS)) == [(1, 20.0), (2, 100.5)]

    def test_lines_without_ids_keep_their_stored_ids(self) -> None:
        current = BILL.from_buildium(SHOWN_BILL, LINKS)
        fields = BILL.validate({"lines": [OTHER, {**LINE, "amount": 1.0}]}, current)
        assert [line["id"] for line in fields["lines"]] == [2, 1]

    @given(BODIES, SHOWN)
    def test_an_update_names_no_buildium_line_twice(self, body: dict[str, Any], shown: Payload) -> None:
        ids = [line["Id"] for line in BILL.to_update(BILL.validate(body), shown, LINKS)["Lines"]]
        known = [number for number in ids if number is not None]
        assert len(set(known)) == len(known) == min(len(body["lines"]), len(shown["Lines"]))


class TestLineOrder:
    def test_the_order_of_lines_does_not_matter(self) -> None:
        lines = BILL.validate(BODY)["lines"]
        assert BILL.values_equal("lines", lines, lines[::-1])
        assert not BILL.values_equal("lines", lines, lines[:1])
        assert not BILL.values_equal("lines", lines, [*lines, lines[0]])

    @given(
        st.lists(st.tuples(st.sampled_from([11, 12]), st.booleans(), st.booleans()), min_size=1, max_size=5),
        st.randoms(use_true_random=False),
    )
    def test_written_lines_equal_shown_lines_in_any_order(
        self, lines: list[tuple[int, bool, bool]], random: Random
    ) -> None:
        line = BILL.validate(BODY)["lines"][0]
        shown = [{**line, "id": at, "glAccountId": account} for at, (account, _, _) in enumerate(lines, 1)]
        local = [
            {**each, "id": each["id"] if has_id else None, "glAccountId": each["glAccountId"] if has_account else None}
            for each, (_, has_id, has_account) in zip(shown, lines, strict=True)
        ]
        random.shuffle(shown)
        assert BILL.results_from_write("lines", local, shown)
        assert not BILL.results_from_write("lines", local, shown[1:])
        assert not BILL.results_from_write("lines", local, [{**shown[0], "amount": 1.0}, *shown[1:]])

    def test_lines_completed_by_buildium_are_merged_with_their_ids(self) -> None:
        line = BILL.validate(BODY)["lines"][0]
        old, new = {**line, "id": 1}, {**line, "glAccountId": None, "memo": "New"}
        shown = [old, {**new, "id": 2, "glAccountId": 11}]
        for winner in Side:
            merged = merge(
                BILL, base={"lines": [old]}, local={"lines": [old, new]}, remote={"lines": shown}, winner=winner
            )
            assert (merged.fields, merged.conflicts) == ({"lines": shown}, ())


class TestReferences:
    def test_a_bill_references_vendor_work_order_and_line_targets(self) -> None:
        assert BILL.local_references(BILL.validate({**BODY, "workOrderId": "w1"})) == (
            Reference("vendorId", "vendor", "v1"),
            Reference("workOrderId", "work-order", "w1"),
            Reference("lines", "property", "p1"),
            Reference("lines", "unit", "u1"),
        )
        assert BILL.remote_references({**SHOWN_BILL, "WorkOrderId": 501}) == (
            BuildiumReference("vendor", 301),
            BuildiumReference("work-order", 501),
            BuildiumReference("property", 101),
            BuildiumReference("unit", 201),
        )

    def test_a_company_line_is_no_property_reference(self) -> None:
        shown = {"Lines": [{"Id": 1, "AccountingEntity": {"Id": 101, "AccountingEntityType": "Company"}, "Amount": 1}]}
        assert BILL.remote_references(shown) == ()
        assert BILL.from_buildium(shown, LINKS)["lines"][0]["accountingEntityId"] == 101


class TestBuildiumBills:
    def test_bill_lists_cover_unpaid_bills_and_yearly_paid_windows(self) -> None:
        unpaid, *windows = BILL.full_lists(date(2024, 2, 29))
        assert unpaid == {"paidstatus": "Unpaid"}
        assert windows[0] == {"frompaiddate": "2023-04-02", "topaiddate": "2024-03-31"}
        assert windows[-1]["frompaiddate"] == "2004-04-06"
        assert BILL.recent_lists(date(2024, 2, 29)) == (unpaid, windows[0])

    def test_bills_have_no_updated_since_filter(self) -> None:
        assert BILL.updated_since_param is None

    @given(BODIES)
    def test_a_bill_round_trip_keeps_fields_and_matches_its_key(self, body: dict[str, Any]) -> None:
        fields = BILL.validate(body)
        shown = shown_bill(BILL.to_create(fields, LINKS))
        mapped = BILL.from_buildium(shown, LINKS)
        assert {**mapped, "lines": [{**line, "id": None} for line in mapped["lines"]]}.items() <= fields.items()
        assert BILL.is_match(shown, BILL.natural_key(fields, LINKS))

    @given(SHOWN)
    def test_an_update_of_a_bill_keeps_buildiums_values(self, shown: Payload) -> None:
        written = BILL.to_update(BILL.from_buildium(shown, LINKS), shown, LINKS)
        lines = written.pop("Lines")
        assert [shown_line(line, line["Id"]) for line in lines] == [
            {**line, "GLAccount": {"Id": line["GLAccount"]["Id"]}} for line in shown["Lines"]
        ]
        assert written == {name: shown[name] for name in written}


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [
            {"VendorId": 302},
            {"ReferenceNumber": "A77"},
            {"Date": "2026-01-02"},
            {"DueDate": "2026-02-01"},
            {"Memo": "Other"},
            {"Lines": SHOWN_BILL["Lines"][:1]},
            {"Lines": [*SHOWN_BILL["Lines"], SHOWN_BILL["Lines"][0]]},
        ],
    )
    def test_a_bill_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        fields = BILL.validate(BODY)
        key = BILL.natural_key(fields, LINKS)
        assert BILL.is_match(SHOWN_BILL, key)
        assert not BILL.is_match({**SHOWN_BILL, **change}, key)
