"""Tenants: validation, secrets, and mapping to and from Buildium."""

from typing import Any

import pytest

from buildium_sync.domain.merge import merge
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links, Reference
from buildium_sync.entity_types.tenant import Tenant
from buildium_sync.errors import InvalidFields, SyncBlocked

TENANT = Tenant()
TAX_ID, MASKED = "123-12-1234", "***-**-1234"
LINKS = Links({("lease", "l1"): 71, ("lease", "l2"): 72}, {("lease", 71): "l1", ("lease", 72): "l2"})
BODY: dict[str, Any] = {
    "leaseId": "l1",
    "firstName": "Jane",
    "lastName": "Doe",
    "email": "jane.doe@example.com",
    "primaryPhone": "(555) 010-2030",
    "primaryAddressLine1": "9 Elm Ave",
    "primaryCity": "Oakland",
    "primaryState": "CA",
    "primaryPostalCode": "94601",
    "primaryCountry": "US",
    "dateOfBirth": "1980-02-29",
    "taxId": TAX_ID,
    "emergencyContact": {"name": "John Doe", "phone": "5550102031"},
}
ALTERNATE = {"alternateAddressLine1": "1 Bay St", "alternatePostalCode": "10115", "alternateCountry": "DE"}
SHOWN: dict[str, Any] = {
    "Id": 9,
    "FirstName": "Jane",
    "LastName": "Doe",
    "Email": "jane.doe@example.com",
    "AlternateEmail": None,
    "PhoneNumbers": [{"Number": "(555) 010-2030", "Type": "Cell"}, {"Number": "5550102032", "Type": "Home"}],
    "CreatedDateTime": "2026-01-01T00:00:00Z",
    "EmergencyContact": {"Name": "John Doe", "RelationshipDescription": "", "Phone": "5550102031", "Email": None},
    "DateOfBirth": "1980-02-29",
    "SMSOptInStatus": "OptedIn",
    "Address": {
        "AddressLine1": "9 Elm Ave",
        "City": "Oakland",
        "State": "CA",
        "PostalCode": "94601",
        "Country": "UnitedStates",
    },
    "AlternateAddress": None,
    "MailingPreference": None,
    "Leases": [{"Id": 72, "LeaseStatus": "Past"}, {"Id": 71, "LeaseStatus": "Active"}],
    "Comment": "",
    "TaxId": TAX_ID,
}


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        TENANT.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


class TestPayloads:
    def test_a_tenant_is_mapped_to_a_create_payload(self) -> None:
        assert TENANT.to_create(TENANT.validate(BODY), LINKS) == {
            "LeaseId": 71,
            "FirstName": "Jane",
            "LastName": "Doe",
            "Email": "jane.doe@example.com",
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
            "AlternateAddress": None,
            "MailingPreference": "PrimaryAddress",
            "DateOfBirth": "1980-02-29",
            "TaxId": TAX_ID,
            "EmergencyContact": {
                "Name": "John Doe",
                "RelationshipDescription": None,
                "Phone": "5550102031",
                "Email": None,
            },
            "Comment": None,
        }

    def test_a_lease_can_be_named_by_its_buildium_id(self) -> None:
        assert TENANT.to_create(TENANT.validate({**BODY, "leaseId": 99}), NO_LINKS)["LeaseId"] == 99

    def test_an_update_keeps_other_phones_and_passes_unknown_fields_through(self) -> None:
        payload = TENANT.update_payload(TENANT.validate(BODY), {**SHOWN, "Nickname": "JD"}, LINKS)
        assert payload["PhoneNumbers"] == {"Home": "5550102032", "Work": None, "Mobile": "(555) 010-2030", "Fax": None}
        assert payload["Nickname"] == "JD"
        assert not payload.keys() & {"LeaseId", "Leases", "SMSOptInStatus", "CreatedDateTime", "Id"}

    def test_a_buildium_tenant_is_read(self) -> None:
        assert TENANT.from_buildium(SHOWN, LINKS) == {
            **TENANT.validate(BODY),
            "leaseIds": ["l1", "l2"],
            "smsOptInStatus": "OptedIn",
        }

    def test_empty_values_and_an_empty_contact_are_none(self) -> None:
        fields = TENANT.from_buildium({"Id": 9, "EmergencyContact": {"Name": " "}, "TaxId": ""}, LINKS)
        assert (fields["emergencyContact"], fields["taxId"], fields["comment"]) == (None, None, None)


class TestLeases:
    def test_the_lease_is_a_dependency(self) -> None:
        assert TENANT.local_references(TENANT.validate(BODY)) == (Reference("leaseId", "lease", "l1"),)

    def test_every_lease_of_a_tenant_is_referenced(self) -> None:
        references = (BuildiumReference("lease", 71), BuildiumReference("lease", 72))
        assert TENANT.remote_references(SHOWN) == references

    @pytest.mark.parametrize(
        ("statuses", "lease"),
        [(("Past", "Active"), "l2"), (("Future", "Active"), "l2"), (("Past", "Future"), "l2"), ((None, None), "l1")],
    )
    def test_a_new_tenant_has_the_current_lease(self, statuses: tuple[str | None, ...], lease: str) -> None:
        shown = [{"Id": 71 + number, "LeaseStatus": status} for number, status in enumerate(statuses)]
        assert TENANT.from_buildium({**SHOWN, "Leases": shown}, LINKS)["leaseId"] == lease

    @pytest.mark.parametrize(("shown", "kept"), [([71, 72], "l2"), ([71], "l1"), ([], "l2"), (None, "l2")])
    def test_the_local_lease_stays_while_buildium_shows_it(self, shown: list[int] | None, kept: str) -> None:
        local = {**TENANT.validate({**BODY, "leaseId": "l2"}), "smsOptInStatus": "OptedIn"}
        leases = None if shown is None else [{"Id": each} for each in shown]
        remote = TENANT.from_buildium({**SHOWN, "Leases": leases}, LINKS)
        merged = merge(TENANT, base=local, local=local, remote=remote)
        assert (merged.fields["leaseId"], merged.conflicts) == (kept, ())

    def test_the_lease_cannot_be_changed_or_left_out(self) -> None:
        assert set(errors_of({"leaseId": "l2"}, TENANT.validate(BODY))) == {"leaseId"}
        assert set(errors_of({name: BODY[name] for name in BODY if name != "leaseId"})) == {"leaseId"}

    def test_an_update_requires_no_lease(self) -> None:
        assert TENANT.missing_required({**TENANT.validate(BODY), "leaseId": None}) == ()

    def test_an_import_matches_lease_names_and_email(self) -> None:
        key = TENANT.natural_key(TENANT.validate(BODY), LINKS)
        assert key == {"leaseId": 71, "firstName": "Jane", "lastName": "Doe", "email": "jane.doe@example.com"}
        assert TENANT.is_match(SHOWN, key)
        others: list[dict[str, Any]] = [{"Leases": [{"Id": 72}]}, {"LastName": "doe"}, {"Email": "j@example.com"}]
        assert not any(TENANT.is_match({**SHOWN, **other}, key) for other in others)


class TestSecrets:
    def test_a_response_masks_the_tax_id(self) -> None:
        assert TENANT.to_response("t1", TENANT.validate(BODY), {})["taxId"] == MASKED
        assert TENANT.to_response("t1", TENANT.validate({**BODY, "taxId": None}), {})["taxId"] is None

    @pytest.mark.parametrize("tax_id", ["12-3451234", "123121234"])
    def test_every_form_of_a_tax_id_is_masked_alike(self, tax_id: str) -> None:
        assert TENANT.to_response("t1", TENANT.validate({**BODY, "taxId": tax_id}), {})["taxId"] == MASKED

    def test_the_masked_tax_id_keeps_the_real_one(self) -> None:
        current = TENANT.validate(BODY)
        assert TENANT.validate({"taxId": MASKED, "firstName": "Joan"}, current)["taxId"] == TAX_ID
        assert TENANT.validate({"taxId": None}, current)["taxId"] is None

    @pytest.mark.parametrize("tax_id", [MASKED, "123-12-123", "12345678", "1234567890", "123 12 1234", "12-12-34567"])
    def test_a_bad_tax_id_is_named_without_its_value(self, tax_id: str) -> None:
        faults = errors_of({**BODY, "taxId": tax_id})
        assert set(faults) == {"taxId"}
        assert tax_id not in str(faults)

    @pytest.mark.parametrize("tax_id", [123121234, ["123-12-1234"], {"id": "123-12-1234"}])
    def test_a_tax_id_of_another_type_is_not_repeated(self, tax_id: Any) -> None:
        faults = errors_of({**BODY, "taxId": tax_id})
        assert set(faults) == {"taxId"}
        assert "1234" not in faults["taxId"]

    @pytest.mark.parametrize("born", ["1980-02-30", "29.02.1980", 19800229])
    def test_a_bad_date_of_birth_is_named_without_its_value(self, born: Any) -> None:
        faults = errors_of({**BODY, "dateOfBirth": born})
        assert set(faults) == {"dateOfBirth"}
        assert str(born) not in str(faults)

    def test_a_mask_of_another_number_is_rejected(self) -> None:
        assert set(errors_of({"taxId": "***-**-9999"}, TENANT.validate(BODY))) == {"taxId"}

    @pytest.mark.parametrize("payload", [{"TaxId": "***-**-1234"}, {"TaxId": "XXX-XX-1234"}, {}])
    def test_a_hidden_tax_id_is_not_read(self, payload: dict[str, Any]) -> None:
        assert "taxId" not in TENANT.from_buildium(payload, LINKS)

    def test_an_update_never_erases_a_hidden_tax_id(self) -> None:
        shown = {**SHOWN, "TaxId": "***-**-1234"}
        assert TENANT.update_payload(TENANT.validate(BODY), shown, LINKS)["TaxId"] == TAX_ID
        with pytest.raises(SyncBlocked):
            TENANT.update_payload(TENANT.validate({**BODY, "taxId": None}), shown, LINKS)

    def test_another_spelling_of_a_tax_id_is_no_change(self) -> None:
        assert TENANT.values_equal("taxId", "123121234", TAX_ID)

    def test_a_review_shows_no_secrets(self) -> None:
        assert not {*TENANT.review_fields} & TENANT.secret_fields


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("leaseId", None),
            ("firstName", ""),
            ("lastName", "x" * 128),
            ("email", "jane"),
            ("primaryPhone", "555"),
            ("primaryState", "Bavaria"),
            ("primaryCountry", None),
            ("alternateCity", "Berlin"),
            ("mailingPreference", "AlternateAddress"),
            ("mailingPreference", "Office"),
            ("comment", "x" * 65_536),
            ("smsOptInStatus", "OptedIn"),
            ("leaseIds", ["l2"]),
            ("TaxId", "123-12-1234"),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    def test_an_invalid_part_of_the_contact_is_named(self) -> None:
        assert set(errors_of({**BODY, "emergencyContact": {"email": "x"}})) == {"emergencyContact.email"}

    def test_an_empty_contact_is_no_contact(self) -> None:
        assert TENANT.validate({**BODY, "emergencyContact": {}})["emergencyContact"] is None

    def test_an_alternate_address_is_complete_or_empty(self) -> None:
        complete = TENANT.validate({**BODY, **ALTERNATE, "mailingPreference": "AlternateAddress"})
        assert TENANT.to_create(complete, LINKS)["AlternateAddress"]["Country"] == "Germany"
        assert set(errors_of({**BODY, "alternateAddressLine1": "1 Bay St"})) == {
            "alternateCountry",
            "alternatePostalCode",
        }
        assert TENANT.missing_required({**complete, "alternatePostalCode": None}) == ("alternatePostalCode",)
