"""Leases: validation, and mapping to and from Buildium."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import BuildiumReference, Links, Reference
from buildium_sync.entity_types.lease import Lease
from buildium_sync.errors import InvalidFields
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import AMOUNTS, DATES, EMAILS, INT32_IDS, PHONES, optional, text

LEASE = Lease()
COSIGNER: dict[str, Any] = {
    "firstName": "Eva",
    "lastName": "Lind",
    "email": "eva@example.com",
    "alternateEmail": None,
    "phone": "(555) 010-2030",
    "addressLine1": "9 Elm Ave",
    "addressLine2": None,
    "addressLine3": None,
    "city": "Oakland",
    "country": "US",
    "state": "CA",
    "postalCode": "94601",
}
SHOWN_COSIGNER: Payload = {
    "Id": 41,
    "FirstName": "Eva",
    "LastName": "Lind",
    "Email": "EVA@example.com",
    "PhoneNumbers": [{"Number": "5550102030", "Type": "Cell"}],
    "Address": {
        "AddressLine1": "9 Elm Ave",
        "City": "Oakland",
        "State": "CA",
        "PostalCode": "94601",
        "Country": "UnitedStates",
    },
}
LINKS = Links({("unit", "u1"): 201}, {("unit", 201): "u1", ("property", 101): "p1"})
BODY: dict[str, Any] = {
    "leaseType": "Fixed",
    "unitId": "u1",
    "leaseFromDate": "2026-01-01",
    "leaseToDate": "2026-12-31",
}
TENANT: dict[str, Any] = {
    "firstName": "Jane",
    "lastName": "Doe",
    "email": "jane@example.com",
    "phone": "(555) 010-2030",
    "addressLine1": "9 Elm Ave",
    "city": "Oakland",
    "state": "CA",
    "postalCode": "94601",
    "country": "US",
}
RENT: dict[str, Any] = {
    "cycle": "Monthly",
    "charges": [{"amount": 1500, "glAccountId": 3, "nextDueDate": "2026-01-01"}],
}
TERMS: dict[str, Any] = {
    "tenants": [TENANT],
    "tenantIds": [8],
    "rent": RENT,
    "securityDeposit": {"amount": 1500.0, "dueDate": "2026-01-01"},
}
needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

_TENANTS = st.fixed_dictionaries(
    {
        "firstName": text(127),
        "lastName": text(127),
        "addressLine1": text(100),
        "postalCode": text(100),
        "country": st.just("US"),
        "state": st.sampled_from(["CA", "new york"]),
    },
    optional={"email": optional(EMAILS), "phone": optional(PHONES), "city": optional(text(100))},
)
BODIES = st.fixed_dictionaries(
    {
        "leaseType": st.sampled_from(["Fixed", "FixedWithRollover"]),
        "unitId": st.just("u1") | INT32_IDS,
        "leaseFromDate": st.just("2026-01-15"),
        "leaseToDate": st.sampled_from(["2026-12-30", None]),
    },
    optional={
        "sendWelcomeEmail": st.booleans(),
        "tenants": st.lists(_TENANTS, max_size=2),
        "tenantIds": st.lists(INT32_IDS, max_size=5),
        "rent": st.just(RENT),
        "proratedFirstMonthRent": optional(AMOUNTS),
        "proratedLastMonthRent": optional(AMOUNTS),
    },
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "PropertyId": st.sampled_from([101, 102]),
        "UnitId": st.sampled_from([201, 202]),
        "UnitNumber": text(10),
        "LeaseFromDate": DATES,
        "LeaseToDate": optional(DATES),
        "LeaseType": st.sampled_from(["Fixed", "FixedWithRollover"]),
        "LeaseStatus": st.sampled_from(["Active", "Past", "Future"]),
        "IsEvictionPending": st.booleans(),
        "AutomaticallyMoveOutTenants": st.booleans(),
        "CurrentTenants": st.lists(st.fixed_dictionaries({"Id": INT32_IDS, "FirstName": text(20)}), max_size=2),
    }
)
AT_WILL = {"LeaseType": "AtWill", "UnitId": 201, "LeaseFromDate": "2025-01-01", "LeaseToDate": "2025-12-31"}


def shown_lease(written: Payload) -> Payload:
    """The response to a LeasePostMessage."""
    same = {name: written[name] for name in ("LeaseType", "UnitId", "LeaseFromDate", "LeaseToDate")}
    return {"Id": 1, "PropertyId": 101, "LeaseStatus": "Active", "IsEvictionPending": False, **same}


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        LEASE.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


class TestPayloads:
    def test_a_lease_is_mapped_to_a_create_payload(self) -> None:
        assert LEASE.to_create(LEASE.validate({**BODY, **TERMS}), LINKS) == {
            "LeaseType": "Fixed",
            "UnitId": 201,
            "LeaseFromDate": "2026-01-01",
            "LeaseToDate": "2026-12-31",
            "SendWelcomeEmail": False,
            "Tenants": [
                {
                    "FirstName": "Jane",
                    "LastName": "Doe",
                    "Email": "jane@example.com",
                    "AlternateEmail": None,
                    "PhoneNumbers": {"Home": None, "Work": None, "Mobile": "(555) 010-2030", "Fax": None},
                    "Address": {
                        "AddressLine1": "9 Elm Ave",
                        "AddressLine2": None,
                        "AddressLine3": None,
                        "City": "Oakland",
                        "State": "CA",
                        "PostalCode": "94601",
                        "Country": "UnitedStates",
                    },
                }
            ],
            "TenantIds": [8],
            "ApplicantIds": [],
            "Cosigners": [],
            "Rent": {
                "Cycle": "Monthly",
                "Charges": [{"Amount": 1500.0, "GlAccountId": 3, "NextDueDate": "2026-01-01", "Memo": None}],
            },
            "SecurityDeposit": {"Amount": 1500.0, "DueDate": "2026-01-01"},
            "ProratedFirstMonthRent": None,
            "ProratedLastMonthRent": None,
        }

    def test_a_lease_update_payload_omits_tenants_and_rent(self) -> None:
        fields = LEASE.validate({**BODY, **TERMS})
        assert LEASE.to_update(fields, {}, LINKS) == {
            "LeaseType": "Fixed",
            "UnitId": 201,
            "LeaseFromDate": "2026-01-01",
            "LeaseToDate": "2026-12-31",
            "IsEvictionPending": False,
            "AutomaticallyMoveOutTenants": False,
        }

    @needs_document
    @given(BODIES, SHOWN)
    def test_lease_payloads_match_the_document(self, body: dict[str, Any], shown: Payload) -> None:
        fields = LEASE.validate(body)
        validate_response("GET", "/v1/leases/7", 200, shown)
        validate_request("POST", "/v1/leases", body=LEASE.to_create(fields, LINKS))
        validate_request("PUT", "/v1/leases/7", body=LEASE.to_update(fields, shown, LINKS))


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("leaseType", "None"),
            ("unitId", None),
            ("leaseFromDate", None),
            ("leaseToDate", "2025-12-31"),
            ("sendWelcomeEmail", "no"),
            ("tenants", [TENANT] * 6),
            ("tenantIds", [1, 2, 3, 4, 5, 6]),
            ("applicantIds", [1, 2, 3, 4, 5, 6]),
            ("proratedFirstMonthRent", 10.0),
            ("proratedLastMonthRent", 10.0),
            ("isEvictionPending", True),
            ("automaticallyMoveOutTenants", True),
            ("propertyId", "p1"),
            ("leaseStatus", "Past"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    def test_an_invalid_tenant_field_is_named_without_its_value(self) -> None:
        faults = errors_of({**BODY, "tenants": [{**TENANT, "email": "jane.secret"}]})
        assert set(faults) == {"tenants.0.email"}
        assert "secret" not in str(faults)

    @pytest.mark.parametrize("day", ["2026-12-31", "9999-12-31"])
    def test_prorated_rent_requires_a_partial_month(self, day: str) -> None:
        assert set(errors_of({**BODY, "leaseToDate": day, "proratedLastMonthRent": 1})) == {"proratedLastMonthRent"}
        part = {"leaseFromDate": "2026-01-02", "leaseToDate": "2026-12-30"}
        LEASE.validate({**BODY, **part, "proratedFirstMonthRent": 1, "proratedLastMonthRent": 1})


class TestDates:
    def test_a_lease_at_will_has_no_end_date(self) -> None:
        assert set(errors_of({**BODY, "leaseType": "AtWill"})) == {"leaseToDate"}
        current = LEASE.validate(BODY)
        assert set(errors_of({"leaseType": "AtWill"}, current)) == {"leaseToDate"}
        fields = LEASE.validate({"leaseType": "AtWill", "leaseToDate": None}, current)
        assert LEASE.to_update(fields, {}, LINKS)["LeaseToDate"] is None

    def test_a_lease_without_a_start_date_accepts_an_end_date(self) -> None:
        current = {**LEASE.validate(BODY), "leaseFromDate": None, "leaseToDate": None}
        assert LEASE.validate({"leaseToDate": "2027-01-01"}, current)["leaseToDate"] == "2027-01-01"

    def test_a_lease_update_requires_a_start_date(self) -> None:
        assert LEASE.missing_required({**LEASE.validate(BODY), "leaseFromDate": None}) == ("leaseFromDate",)
        assert LEASE.missing_required(LEASE.validate(BODY)) == ()

    def test_a_buildium_lease_of_type_none_has_no_type(self) -> None:
        fields = LEASE.from_buildium({**AT_WILL, "LeaseType": "None"}, LINKS)
        assert (fields["leaseType"], LEASE.missing_required(fields)) == (None, ("leaseType",))

    def test_a_rolled_over_lease_is_updated_without_its_end_date(self) -> None:
        current = LEASE.from_buildium(AT_WILL, LINKS)
        fields = LEASE.validate({"isEvictionPending": True, "leaseToDate": "2025-12-31"}, current)
        assert (fields["isEvictionPending"], fields["leaseToDate"]) == (True, "2025-12-31")
        assert LEASE.to_update(fields, AT_WILL, LINKS)["LeaseToDate"] is None
        assert set(errors_of({"leaseToDate": "2026-12-31"}, current)) == {"leaseToDate"}
        assert LEASE.validate({"leaseToDate": None}, current)["leaseToDate"] is None


class TestUpdate:
    @pytest.mark.parametrize(
        "change",
        [
            {"tenants": [{**TENANT, "firstName": "John"}]},
            {"tenants": []},
            {"tenantIds": [9]},
            {"applicantIds": [9]},
            {"cosigners": [COSIGNER]},
            {"rent": {**RENT, "cycle": "Weekly"}},
            {"rent": None},
            {"securityDeposit": None},
            {"proratedFirstMonthRent": 5},
            {"sendWelcomeEmail": True},
        ],
    )
    def test_create_only_fields_are_rejected_on_update_with_the_reason(self, change: dict[str, Any]) -> None:
        faults = errors_of(change, LEASE.validate({**BODY, **TERMS}))
        assert set(faults) == set(change)
        assert all("cannot be changed" in message for message in faults.values())

    def test_the_create_body_is_accepted_as_an_update(self) -> None:
        body = {**BODY, **TERMS}
        current = LEASE.validate(body)
        assert LEASE.validate(body, current) == current

    @pytest.mark.parametrize("more", [{}, {"tenants": [], "sendWelcomeEmail": False}])
    def test_a_response_of_an_imported_lease_is_accepted_as_update(self, more: dict[str, Any]) -> None:
        current = LEASE.from_buildium(AT_WILL, LINKS)
        shown = LEASE.to_response("l1", current, {})
        assert current.items() <= LEASE.validate({**shown, **more}, current).items()


class TestReferences:
    def test_a_leases_property_follows_from_its_unit(self) -> None:
        current = LEASE.from_buildium({**AT_WILL, "PropertyId": 101}, LINKS)
        assert current["propertyId"] == "p1"
        assert set(errors_of({"propertyId": "p2"}, current)) == {"propertyId"}

    def test_a_lease_references_its_unit(self) -> None:
        assert LEASE.local_references(LEASE.validate(BODY)) == (Reference("unitId", "unit", "u1"),)
        assert LEASE.local_references(LEASE.validate({**BODY, "unitId": 201})) == ()
        assert LEASE.remote_references({"UnitId": 201, "PropertyId": 101}) == (
            BuildiumReference("unit", 201),
            BuildiumReference("property", 101),
        )


class TestTenantsAndCosigners:
    def test_only_the_ids_of_buildiums_tenants_are_stored(self) -> None:
        shown = {**AT_WILL, "CurrentTenants": [{"Id": 8, "FirstName": "Jane", "TaxId": "123-45-6789"}]}
        fields = LEASE.from_buildium(shown, LINKS)
        assert fields["buildiumTenantIds"] == [8]
        assert "Jane" not in json.dumps(fields)
        assert "6789" not in json.dumps(fields)

    def test_the_cosigners_of_a_create_are_written_completely(self) -> None:
        [written] = LEASE.to_create(LEASE.validate({**BODY, "cosigners": [COSIGNER]}), LINKS)["Cosigners"]
        assert (written["FirstName"], written["LastName"], written["Email"]) == ("Eva", "Lind", "eva@example.com")
        assert written["PhoneNumbers"]["Mobile"] == "(555) 010-2030"
        assert SHOWN_COSIGNER["Address"].items() <= written["Address"].items()

    def test_a_cosigner_requires_only_a_name(self) -> None:
        eva = {"firstName": "Eva", "lastName": "Lind"}
        [written] = LEASE.to_create(LEASE.validate({**BODY, "cosigners": [eva]}), LINKS)["Cosigners"]
        assert written["Address"] is None
        assert set(errors_of({**BODY, "cosigners": [{"firstName": "Eva"}]})) == {"cosigners.0.lastName"}
        assert set(errors_of({**BODY, "cosigners": [{**eva, "city": "Reno"}]})) == {"cosigners.0.city"}

    def test_buildiums_cosigners_are_read(self) -> None:
        fields = LEASE.from_buildium({**AT_WILL, "Cosigners": [SHOWN_COSIGNER]}, LINKS)
        [read] = fields["cosigners"]
        assert (read["firstName"], read["phone"], read["city"]) == ("Eva", "5550102030", "Oakland")
        assert LEASE.values_equal("cosigners", fields["cosigners"], [COSIGNER])
        assert not LEASE.values_equal("cosigners", fields["cosigners"], [{**COSIGNER, "city": "Reno"}])

    @pytest.mark.parametrize("cosigners", [[COSIGNER], [{**COSIGNER, "country": "usa", "state": "California"}]])
    def test_unchanged_cosigners_are_accepted_on_update(self, cosigners: list[dict[str, Any]]) -> None:
        current = LEASE.from_buildium({**AT_WILL, "Cosigners": [SHOWN_COSIGNER]}, LINKS)
        assert LEASE.validate({"isEvictionPending": True, "cosigners": cosigners}, current)["isEvictionPending"] is True


class TestNaturalKey:
    @pytest.mark.parametrize(
        "change",
        [{"UnitId": 202}, {"LeaseFromDate": "2026-01-02"}, {"LeaseToDate": None}, {"LeaseType": "FixedWithRollover"}],
    )
    def test_a_lease_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        fields = LEASE.validate(BODY)
        shown = shown_lease(LEASE.to_create(fields, LINKS))
        assert not LEASE.is_match({**shown, **change}, LEASE.natural_key(fields, LINKS))


class TestBuildiumLeases:
    @given(BODIES)
    def test_a_lease_round_trip_keeps_fields_and_matches_its_key(self, body: dict[str, Any]) -> None:
        fields = LEASE.validate(body)
        shown = shown_lease(LEASE.to_create(fields, LINKS))
        mapped = {n: v for n, v in LEASE.from_buildium(shown, LINKS).items() if n not in LEASE.remote_owned_fields}
        assert mapped.items() <= fields.items()
        assert LEASE.is_match(shown, LEASE.natural_key(fields, LINKS))

    @given(SHOWN)
    def test_an_update_of_a_lease_keeps_buildiums_values(self, shown: Payload) -> None:
        written = LEASE.to_update(LEASE.from_buildium(shown, LINKS), shown, LINKS)
        assert written == {name: shown[name] for name in written}
