"""Every field that Buildium's document makes writable is written, passed through, or omitted for a reason."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.registry import by_name, listed_types
from tests.contract.document import validate_request, validate_response
from tests.contract.fields import Json, MessageFields, left_out, message_fields, values
from tests.contract.location import MISSING, find_document

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)

ADDRESS = {
    "addressLine1": "1 A St",
    "addressLine2": "Floor 2",
    "addressLine3": "Door 3",
    "city": "Reno",
    "country": "US",
    "state": "NV",
    "postalCode": "89501",
}
SHOWN_ADDRESS = {"Address.State": "NV", "Address.Country": "UnitedStates"}
SHOWN_PHONES = [
    {"Number": f"555010203{number}", "Type": kind} for number, kind in enumerate(("Cell", "Home", "Office", "Fax"))
]
PERSON = {"firstName": "Ann", "lastName": "Lee", "alternateEmail": "b@example.com"}
CONTACT = {**PERSON, **ADDRESS, "email": "a@example.com", "phone": "5550102030"}
ONE_PHONE = {f"PhoneNumbers.{slot}": "a person has one number here" for slot in ("Home", "Fax")}
MOBILE_PHONE = {**ONE_PHONE, "PhoneNumbers.Work": "only a company has its number there"}
OWN_PROPERTY = Links({("property", "7"): 7}, {})
ELSEWHERE = "is no field here: it is entered in Buildium"


def prefixed(prefix: str) -> Json:
    return {f"{prefix}{name[0].upper()}{name[1:]}": value for name, value in ADDRESS.items()}


def inside(name: str, reasons: dict[str, str]) -> dict[str, str]:
    return {f"{name}.{path}": reason for path, reason in reasons.items()}


@dataclass(frozen=True)
class Case:
    """Bodies that together set every writable field, a read, and the fields that POST and PUT omit with the reasons.

    `rewritten`: values that a PUT writes in another form than the read.
    """

    name: str
    read: str
    update: str
    bodies: tuple[Json, ...]
    shown: Json = field(default_factory=dict)
    not_created: dict[str, str] = field(default_factory=dict)
    not_updated: dict[str, str] = field(default_factory=dict)
    rewritten: dict[str, list[str]] = field(default_factory=dict)


CASES = [
    Case(
        "bank-account",
        "/v1/bankaccounts/{bankAccountId}",
        "/v1/bankaccounts/{bankAccountId}",
        (
            {
                "name": "Trust",
                "description": "Deposits",
                "bankAccountType": "Checking",
                "country": "US",
                "accountNumber": "123456789",
                "routingNumber": "011000015",
            },
        ),
        {
            "BankAccountType": "Checking",
            "Country": "UnitedStates",
            "RoutingNumber": "011000015",
            "AccountNumber": "****6789",
            "AccountNumberUnmasked": "123456789",
        },
        not_created={"CheckPrintingInfo": ELSEWHERE},
        rewritten={"AccountNumber": ["123456789"]},
    ),
    Case(
        "property",
        "/v1/rentals/{propertyId}",
        "/v1/rentals/{propertyId}",
        (
            {
                **ADDRESS,
                "name": "Elm House",
                "structureDescription": "Brick",
                "rentalSubType": "MultiFamily",
                "operatingBankAccountId": 1,
                "propertyManagerId": 201,
                "reserve": 100,
                "yearBuilt": 1990,
            },
        ),
        SHOWN_ADDRESS,
        not_created={
            "RentalOwnerIds": "an owner names its properties",
            "Units": "units are entities of their own",
        },
    ),
    Case(
        "unit",
        "/v1/rentals/units/{unitId}",
        "/v1/rentals/units/{unitId}",
        (
            {
                **ADDRESS,
                "propertyId": 7,
                "unitNumber": "2A",
                "unitSize": 80,
                "marketRent": 900,
                "description": "Sunny",
                "unitBedrooms": 2,
                "unitBathrooms": 1,
            },
        ),
        SHOWN_ADDRESS,
    ),
    Case(
        "owner",
        "/v1/rentals/owners/{rentalOwnerId}",
        "/v1/rentals/owners/{rentalOwnerId}",
        (
            {
                **PERSON,
                **prefixed("primary"),
                "companyName": "Lee Ltd",
                "primaryEmail": "a@example.com",
                "primaryPhone": "5550102030",
                "dateOfBirth": "1980-02-29",
                "managementAgreementStartDate": "2026-01-01",
                "managementAgreementEndDate": "2026-12-31",
                "comment": "Calls on Fridays",
                "propertyIds": ["7"],
            },
        ),
        {**SHOWN_ADDRESS, "PhoneNumbers": SHOWN_PHONES},
        not_created={**ONE_PHONE, "TaxInformation": ELSEWHERE},
        not_updated={"DateOfBirth": "no read shows it: it is sent where a client gave it"},
    ),
    Case(
        "vendor",
        "/v1/vendors/{vendorId}",
        "/v1/vendors/{vendorId}",
        (
            {
                **PERSON,
                **ADDRESS,
                "companyName": "Pipes Ltd",
                "categoryId": 101,
                "primaryEmail": "a@example.com",
                "primaryPhone": "5550102030",
                "website": "https://example.com",
                "accountNumber": "A7",
                "expenseGlAccountId": 301,
                "comments": "Fast",
            },
        ),
        {
            **SHOWN_ADDRESS,
            "PhoneNumbers": SHOWN_PHONES,
            "TaxInformation.TaxPayerIdType": "EIN",
            "TaxInformation.TaxPayerId": "12-3456789",
            **inside("TaxInformation", SHOWN_ADDRESS),
        },
        not_created={**ONE_PHONE, "VendorInsurance": ELSEWHERE, "TaxInformation": ELSEWHERE},
        rewritten={"VendorInsurance.ExpirationDate": ["2026-01-31"]},
    ),
    Case(
        "task",
        "/v1/tasks/{taskId}",
        "/v1/tasks/todorequests/{toDoTaskId}",
        (
            {
                "title": "Fix the tap",
                "description": "It drips",
                "assignedToUserId": 201,
                "dueDate": "2026-01-31",
                "propertyId": 7,
                "unitId": 8,
                "categoryId": 401,
                "subCategoryId": 402,
            },
        ),
        {"Property.Type": "Rental"},
        not_updated={"Message": "is the text of one update: it is sent with a changed description"},
    ),
    Case(
        "work-order",
        "/v1/workorders/{workOrderId}",
        "/v1/workorders/{workOrderId}",
        (
            {
                "vendorId": 9,
                "title": "Fix the tap",
                "assignedToUserId": 201,
                "dueDate": "2026-01-31",
                "propertyId": 7,
                "unitId": 8,
            },
            {
                "vendorId": 9,
                "taskId": 10,
                "title": "Tap, kitchen",
                "entryNotes": "Ring",
                "entryContactIds": [201],
                "vendorNotes": "Bring a washer",
                "workDetails": "It drips",
                "invoiceNumber": "A7",
                "chargeableTo": "Owner",
                "lineItems": [{"glAccountId": 301, "quantity": 1, "unitPrice": 2, "memo": "Washer"}],
            },
        ),
    ),
    Case(
        "bill",
        "/v1/bills/{billId}",
        "/v1/bills/{billId}",
        (
            {
                "date": "2026-01-01",
                "dueDate": "2026-01-31",
                "vendorId": 9,
                "workOrderId": 11,
                "referenceNumber": "A7",
                "memo": "Tap",
                "lines": [
                    {
                        "accountingEntityId": 7,
                        "unitId": 8,
                        "glAccountId": 301,
                        "amount": 10,
                        "memo": "Parts",
                        "markup": {"amount": 5, "type": "Percent"},
                    }
                ],
            },
        ),
    ),
    Case(
        "lease",
        "/v1/leases/{leaseId}",
        "/v1/leases/{leaseId}",
        (
            {
                "leaseType": "Fixed",
                "unitId": 8,
                "leaseFromDate": "2026-01-15",
                "leaseToDate": "2026-12-15",
                "tenants": [CONTACT],
                "tenantIds": [501],
                "applicantIds": [502],
                "cosigners": [CONTACT],
                "rent": {
                    "cycle": "Monthly",
                    "charges": [{"amount": 900, "glAccountId": 301, "nextDueDate": "2026-02-01", "memo": "Rent"}],
                },
                "securityDeposit": {"amount": 900, "dueDate": "2026-01-15"},
                "proratedFirstMonthRent": 450,
                "proratedLastMonthRent": 450,
            },
        ),
        not_created={
            **inside("Tenants", MOBILE_PHONE),
            **inside(
                "Tenants",
                dict.fromkeys(
                    ("DateOfBirth", "Comment", "TaxId", "EmergencyContact", "AlternateAddress", "MailingPreference"),
                    ELSEWHERE,
                ),
            ),
            **inside("Cosigners", MOBILE_PHONE),
            **inside("Cosigners", dict.fromkeys(("AlternateAddress", "MailingPreference"), ELSEWHERE)),
        },
    ),
    Case(
        "tenant",
        "/v1/leases/tenants/{tenantId}",
        "/v1/leases/tenants/{tenantId}",
        (
            {
                **PERSON,
                **prefixed("primary"),
                **prefixed("alternate"),
                "leaseId": 7,
                "email": "a@example.com",
                "primaryPhone": "5550102030",
                "mailingPreference": "AlternateAddress",
                "dateOfBirth": "1980-02-29",
                "taxId": "123-12-1234",
                "emergencyContact": {
                    "name": "Bo Lee",
                    "relationshipDescription": "Brother",
                    "phone": "5550102031",
                    "email": "c@example.com",
                },
                "comment": "Works at night",
            },
        ),
        {
            **SHOWN_ADDRESS,
            **{f"Alternate{name}": value for name, value in SHOWN_ADDRESS.items()},
            "PhoneNumbers": SHOWN_PHONES,
            "TaxId": "123-12-1234",
        },
        not_created=MOBILE_PHONE,
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def creates(case: Case) -> list[Json]:
    """The POST payloads of a case."""
    entity_type = by_name(case.name)
    companies = [{**body, "isCompany": True} for body in case.bodies if "companyName" in body]
    return [entity_type.to_create(entity_type.validate(body), OWN_PROPERTY) for body in (*case.bodies, *companies)]


def shown(case: Case, fields: MessageFields) -> Json:
    """The response of an entity with a value for every field."""
    message: Json = fields.sample(case.read)
    for path, value in case.shown.items():
        *parents, name = path.split(".")
        inner = message
        for parent in parents:
            inner = inner[parent]
        inner[name] = value
    return message


def update(case: Case, fields: MessageFields) -> Json:
    """The PUT payload that changes nothing of such an entity."""
    entity_type, message = by_name(case.name), shown(case, fields)
    return entity_type.update_payload(entity_type.from_buildium(message, NO_LINKS), message, NO_LINKS)


def create_path(case: Case) -> str:
    return case.update.rpartition("/")[0]


def _names(name: str, paths: set[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for path in paths)


class TestDocument:
    def test_every_listed_type_is_compared_with_the_document(self) -> None:
        assert [case.name for case in CASES] == [
            entity_type.name for entity_type in listed_types() if not entity_type.is_read_only
        ]

    @each_case
    def test_the_sample_read_matches_the_document(self, case: Case) -> None:
        validate_response("GET", case.read.rpartition("/")[0] + "/7", 200, shown(case, message_fields()))


class TestWrittenFields:
    @each_case
    def test_every_field_of_a_post_is_written_or_explained(self, case: Case) -> None:
        fields = message_fields().written("POST", create_path(case))
        assert left_out(fields, creates(case), case.not_created) == set()
        for message in creates(case):
            validate_request("POST", create_path(case), body=message)

    @each_case
    def test_every_field_of_a_put_is_written_or_explained(self, case: Case) -> None:
        fields = message_fields().written("PUT", case.update)
        assert left_out(fields, [update(case, message_fields())], case.not_updated) == set()

    @each_case
    def test_a_put_writes_only_documented_fields(self, case: Case) -> None:
        number = case.update.rpartition("/")[0] + "/7"
        validate_request("PUT", number, body=update(case, message_fields()))

    @each_case
    def test_a_put_without_changes_repeats_the_read_values(self, case: Case) -> None:
        read, written = (values(message(case, message_fields())) for message in (shown, update))
        same = read.keys() & message_fields().written("PUT", case.update)
        assert {path: written[path] for path in same} == {path: read[path] for path in same} | case.rewritten

    @each_case
    def test_every_explanation_names_an_omitted_field(self, case: Case) -> None:
        fields = message_fields()
        created = left_out(fields.written("POST", create_path(case)), creates(case), {})
        updated = left_out(fields.written("PUT", case.update), [update(case, fields)], {})
        assert [name for name in case.not_created if not _names(name, created)] == []
        assert [name for name in case.not_updated if not _names(name, updated)] == []


class TestReadOnlyFields:
    @each_case
    def test_no_read_only_field_is_writable_by_put(self, case: Case) -> None:
        assert by_name(case.name).read_only_in_buildium & message_fields().written("PUT", case.update) == set()


class TestChangesOfTheDocument:
    def test_a_new_field_of_a_put_is_reported(self) -> None:
        [case] = [each for each in CASES if each.name == "vendor"]
        newer = message_fields().with_field("VendorPutMessage", "PaymentTerms")
        assert left_out(newer.written("PUT", case.update), [update(case, newer)], case.not_updated) == {"PaymentTerms"}

    def test_a_new_field_of_read_and_put_passes_through(self) -> None:
        [case] = [each for each in CASES if each.name == "vendor"]
        newer = (
            message_fields().with_field("VendorPutMessage", "PaymentTerms").with_field("VendorMessage", "PaymentTerms")
        )
        assert left_out(newer.written("PUT", case.update), [update(case, newer)], case.not_updated) == set()

    def test_a_field_that_is_no_longer_written_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        [case] = [each for each in CASES if each.name == "property"]
        to_update = Property.to_update

        def forgetful(self: Property, *args: Any) -> Json:
            return {name: value for name, value in to_update(self, *args).items() if name != "RentalSubType"}

        monkeypatch.setattr(Property, "to_update", forgetful)
        fields = message_fields().written("POST", create_path(case))
        assert left_out(fields, creates(case), case.not_created) == {"RentalSubType"}
