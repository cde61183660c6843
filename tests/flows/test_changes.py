"""Buildium has every change of a client, or the change is rejected: no change is `synced` and lost."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import listed_types
from buildium_sync.errors import InvalidFields
from buildium_sync.linking.id_links import resolve_links
from tests.flows.system import System
from tests.flows.test_types import CASES, PAST_THE_ECHO, known, synced
from tests.simulator import Simulator


class Together(dict[str, Any]):
    """Fields that must be sent in one request."""


Values = dict[str, tuple[Any, ...]]

ADDRESS: Values = {
    "addressLine1": ("1 Main St", "2 Main St"),
    "addressLine2": ("Suite 5", "Suite 6"),
    "addressLine3": ("Rear", "Front"),
    "city": ("Fresno", "Oakland"),
    "country": ("United States", Together(country="France", state=None)),
    "state": (Together(country="US", state="California"), "NV"),
    "postalCode": ("90003", "90004"),
}
WHOLE_ADDRESS = {"addressLine1": "9 Oak Ave", "state": "CA", "country": "US", "postalCode": "90002"}


def prefixed(name: str, prefix: str) -> str:
    """The name of a part of an address with a prefix."""
    return f"{prefix}{name[0].upper()}{name[1:]}"


def with_prefix(prefix: str) -> Values:
    """Changes of an address whose fields have a prefix."""

    def of_value(value: Any) -> Any:
        if not isinstance(value, Together):
            return value
        return Together({prefixed(name, prefix): part for name, part in value.items()})

    return {prefixed(name, prefix): tuple(map(of_value, ADDRESS[name])) for name in ADDRESS}


OPTIONAL_ADDRESS = {
    "vendor": WHOLE_ADDRESS,
    "tenant": {prefixed(name, "alternate"): part for name, part in WHOLE_ADDRESS.items()},
}
"""By type, an address that an entity may be without."""
NAMES: Values = {
    "firstName": ("Ada", "Eva"),
    "lastName": ("Lind", "Martin"),
    "companyName": ("Lind Ltd", "Martin Ltd"),
}
TASK: Values = {
    "title": ("Fix the roof", "Fix the door"),
    "taskStatus": ("InProgress", "Completed"),
    "priority": ("High", "Low"),
    "dueDate": ("2027-01-01", "2027-02-01"),
    "assignedToUserId": (201, 202),
}
CHANGES: dict[str, Values] = {
    "bank-account": {
        "name": ("Trust A", "Trust B"),
        "description": ("Rents", "Deposits\nand rents"),
        "bankAccountType": ("Savings", "Checking"),
        "country": ("Canada", "US"),
        "accountNumber": ("1234567890", "9876543210"),
        "routingNumber": ("021000021", "011401533"),
    },
    "property": {
        "name": ("Oak House", "Elm House"),
        "structureDescription": ("Brick", "Wood\nand stone"),
        **ADDRESS,
        "rentalSubType": ("SingleFamily", "CondoTownhome"),
        "operatingBankAccountId": (1, 2),
        "propertyManagerId": (201, 202),
        "reserve": (250.5, 0.01),
        "yearBuilt": (1998, 2001),
        "status": ("Inactive", "Active"),
    },
    "unit": {
        "unitNumber": ("3A", "3B"),
        "unitSize": (700, 0),
        "marketRent": (1500.25, 1600),
        "description": ("Bright", "Dark\nand small"),
        **ADDRESS,
        "unitBedrooms": (2, "Studio"),
        "unitBathrooms": (1.5, "FivePlusBath"),
        "propertyId": ("other",),
    },
    "owner": {
        **NAMES,
        "isCompany": (True, False),
        "primaryEmail": ("ada@example.com", "eva@example.com"),
        "alternateEmail": ("a@example.com", "b@example.com"),
        "primaryPhone": ("5550000001", "555-000-0002"),
        **with_prefix("primary"),
        "dateOfBirth": ("1980-01-31", "1981-01-31"),
        "managementAgreementStartDate": ("2026-01-01", "2026-02-01"),
        "managementAgreementEndDate": ("2027-01-01", "2028-01-01"),
        "comment": ("Prefers e-mail", "Prefers\ncalls"),
        "propertyIds": (["other"],),
    },
    "vendor": {
        **NAMES,
        "isCompany": (Together(isCompany=False, firstName="Ada", lastName="Lind"), True),
        "categoryId": (101, 102),
        "primaryEmail": ("ada@example.com", "eva@example.com"),
        "alternateEmail": ("a@example.com", "b@example.com"),
        "primaryPhone": ("5550000001", "555-000-0002"),
        **ADDRESS,
        "website": ("https://example.com", "http://example.org"),
        "accountNumber": ("A-1", "A-2"),
        "expenseGlAccountId": (301, 302),
        "comments": ("Quick", "Slow\nand cheap"),
    },
    "task": {
        **TASK,
        "description": ("It drips", "It pours"),
        "propertyId": ("other",),
        "unitId": (Together(propertyId="other", unitId="other"),),
        "categoryId": (401, 402),
        "subCategoryId": (Together(categoryId=401, subCategoryId=411), 412),
    },
    "work-order": {
        **TASK,
        "vendorId": ("other",),
        "taskId": ("other",),
        "propertyId": ("other",),
        "unitId": ("other",),
        "entryAllowed": ("Yes", "No"),
        "entryNotes": ("Ring", "Knock\ntwice"),
        "entryContactIds": ([201], [202]),
        "vendorNotes": ("Bring a ladder", "Bring two"),
        "workDetails": ("It drips", "It pours"),
        "invoiceNumber": ("I-1", "I-2"),
        "chargeableTo": ("Owner", "Tenant"),
        "lineItems": ([{"quantity": 2, "unitPrice": 9.5, "memo": "Taps"}], [{"quantity": 1, "unitPrice": 5}]),
    },
    "bill": {
        "date": ("2026-01-02", "2026-01-03"),
        "dueDate": ("2026-03-01", "2026-04-01"),
        "vendorId": ("other",),
        "workOrderId": ("other",),
        "referenceNumber": ("R-1", "R-2"),
        "memo": ("Taps", "Taps\nand pipes"),
        "glAccountId": (301, 302),
        "lines": ("more", "less"),
    },
    "lease": {
        "leaseType": ("FixedWithRollover", Together(leaseType="AtWill", leaseToDate=None)),
        "unitId": ("other",),
        "leaseFromDate": ("2026-01-02", "2026-01-03"),
        "leaseToDate": (Together(leaseType="Fixed", leaseToDate="2027-03-15"), "2028-03-15"),
        "sendWelcomeEmail": (True,),
        "tenants": (
            [{"firstName": "Ada", "lastName": "Lind", "addressLine1": "1", "country": "FR", "postalCode": "1"}],
        ),
        "tenantIds": ([1],),
        "applicantIds": ([1],),
        "cosigners": ([{"firstName": "Eva", "lastName": "Lind"}],),
        "rent": ({"cycle": "Monthly", "charges": [{"amount": 1, "glAccountId": 301, "nextDueDate": "2026-02-01"}]},),
        "securityDeposit": ({"amount": 900, "dueDate": "2026-01-01"},),
        "proratedFirstMonthRent": (10,),
        "proratedLastMonthRent": (10,),
        "isEvictionPending": (True, False),
        "automaticallyMoveOutTenants": (True, False),
    },
    "tenant": {
        "leaseId": ("other",),
        "firstName": NAMES["firstName"],
        "lastName": NAMES["lastName"],
        "email": ("ada@example.com", "eva@example.com"),
        "alternateEmail": ("a@example.com", "b@example.com"),
        "primaryPhone": ("5550000001", "555-000-0002"),
        **with_prefix("primary"),
        **with_prefix("alternate"),
        "mailingPreference": ("AlternateAddress", "PrimaryAddress"),
        "dateOfBirth": ("1980-01-31", "1981-01-31"),
        "taxId": ("12-1234567", "123-12-1234"),
        "emergencyContact": ({"name": "Bo Lind"}, {"name": "Eva Lind", "phone": "5550000003"}),
        "comment": ("Works at night", "Works\nby day"),
    },
}
NEVER_SHOWN = {("owner", "dateOfBirth"): "DateOfBirth", ("bank-account", "accountNumber"): "AccountNumberUnmasked"}
"""Fields that Buildium does not return, with the values that it stores."""

REJECTED = {
    "bank-account": set(),
    "property": set(),
    "unit": {"propertyId"},
    "owner": {"companyName"},
    "vendor": {"firstName", "lastName"},
    "task": {"description"},
    "work-order": {*TASK, "taskId", "propertyId", "unitId"} - {"title"},
    "bill": {"workOrderId"},
    "lease": {
        "sendWelcomeEmail",
        "tenants",
        "tenantIds",
        "applicantIds",
        "cosigners",
        "rent",
        "securityDeposit",
        "proratedFirstMonthRent",
        "proratedLastMonthRent",
    },
    "tenant": {"leaseId"},
}
"""Fields that Buildium cannot change."""
KEPT = {
    "bank-account": {"accountNumber"},
    "property": {"operatingBankAccountId", "state"},
    "unit": {"state"},
    "owner": {"firstName", "lastName", "primaryState", "dateOfBirth", "propertyIds"},
    "vendor": {"companyName", "categoryId", *WHOLE_ADDRESS},
    "task": {"assignedToUserId"},
    "work-order": {"title", "taskId", "taskStatus", "priority"},
    "bill": set(),
    "lease": {"leaseToDate"},
    "tenant": {"primaryState", *OPTIONAL_ADDRESS["tenant"]},
}
"""Fields that Buildium cannot empty, besides the required ones."""


def others(system: System, buildium: Simulator) -> dict[str, Any]:
    """By field, another entity that it may refer to; also a second one of each that is named by Buildium id."""
    for name in ("bankaccounts", "users", "vendorcategories", "glaccounts"):
        buildium.create(name)
    subcategories = [{"Id": 411, "Name": "Taps"}, {"Id": 412, "Name": "Pipes"}]
    for category in (401, buildium.create("taskcategories")["Id"]):
        buildium.edit("taskcategories", category, {"SubCategories": subcategories})
    made: dict[str, StoredEntity] = {}
    for name in ("property", "unit", "vendor", "task", "work-order", "lease"):
        made[name] = system.create(name, CASES[name].body(made))
    system.work()
    ids = {name: kept.entity.ref.entity_id for name, kept in made.items()}
    fields = {"propertyId": "property", "unitId": "unit", "vendorId": "vendor", "taskId": "task", "leaseId": "lease"}
    named: dict[str, Any] = {field: ids[name] for field, name in fields.items()}
    return {**named, "workOrderId": ids["work-order"], "propertyIds": [ids["property"]]}


def chosen(name: str, value: Any, fields: Fields, other: dict[str, Any]) -> Any:
    """The value to send: another reference, or other lines."""
    if name == "lines" and value is not None:
        [first, *rest] = fields["lines"]
        return [first] if value == "less" else [first, *rest, {**first, "id": None, "amount": 5.25, "memo": "More"}]
    return other[name] if value == "other" else [other[name][0]] if value == ["other"] else value


def change(system: System, kept: StoredEntity, body: Fields) -> bool:
    """Change fields and sync, also by webhook; return whether the change is accepted."""
    try:
        system.update(kept, body)
    except InvalidFields:
        return False
    system.work()
    case = CASES[kept.entity_type.name]
    system.inbound.process_event(system.event(f"{case.subject}.Updated", case.id_field, known(system, kept)), 99)
    return True


def differences(system: System, buildium: Simulator, kept: StoredEntity) -> dict[str, tuple[Any, Any]]:
    """Return the fields that differ between the sides, with both values."""
    case, entity_type, fields = CASES[kept.entity_type.name], kept.entity_type, system.fields_of(kept)
    shown = buildium.get(case.remote, known(system, kept))
    theirs = entity_type.from_buildium(shown, resolve_links(system.store, entity_type, fields, shown))
    [private] = [each["_private"] for each in buildium.state()[case.remote] if each["Id"] == shown["Id"]]
    unseen = {
        field: {**shown, **private}.get(name) for (of, field), name in NEVER_SHOWN.items() if of == entity_type.name
    }
    return {
        name: (fields.get(name), value)
        for name, value in {**theirs, **unseen}.items()
        if not entity_type.values_equal(name, fields.get(name), value)
    }


def accepted(system: System, buildium: Simulator, kept: StoredEntity, body: Fields) -> bool:
    """Change fields. If that is accepted, both sides agree, or the sync has a reason."""
    before = system.fields_of(kept)
    if not change(system, kept, body):
        return False
    sync, now = system.sync_of(kept), system.fields_of(kept)
    if sync.status is not Status.SYNCED:
        assert sync.error_message
        assert change(system, kept, {name: before[name] for name in body})
        return False
    wanted = kept.entity_type.validate(body, before)
    assert differences(system, buildium, kept) == {}
    assert [
        name for name in body if name != "lines" and not kept.entity_type.values_equal(name, now[name], wanted[name])
    ] == []
    return True


class TestEveryField:
    def test_cases_cover_every_field_of_every_type(self) -> None:
        assert {name: set(values) for name, values in CHANGES.items()} == {
            entity_type.name: set(entity_type.model.model_fields)
            for entity_type in listed_types()
            if not entity_type.is_read_only
        }

    @pytest.mark.parametrize("name", CHANGES)
    def test_a_change_is_stored_in_buildium_or_rejected(self, name: str, system: System, buildium: Simulator) -> None:
        kept = synced(system, CASES[name])
        other = others(system, buildium)
        if name in OPTIONAL_ADDRESS:
            assert accepted(system, buildium, kept, OPTIONAL_ADDRESS[name])
        rejected, not_emptied = set(), set()
        for field, values in CHANGES[name].items():
            for value in values:
                pairs = value.items() if isinstance(value, Together) else [(field, value)]
                body = {each: chosen(each, part, system.fields_of(kept), other) for each, part in pairs}
                system.clock.sleep(PAST_THE_ECHO)
                rejected |= set() if accepted(system, buildium, kept, body) else {field}
            system.clock.sleep(PAST_THE_ECHO)
            not_emptied |= set() if accepted(system, buildium, kept, {field: None}) else {field}
        required = {each for each, info in kept.entity_type.model.model_fields.items() if info.is_required()}
        assert (rejected, not_emptied) == (REJECTED[name], required | KEPT[name])

    @pytest.mark.parametrize(
        ("name", "first", "body"),
        [
            ("task", {}, {"description": "It drips."}),
            ("task", {}, {"description": None}),
            ("task", {}, {"assignedToUserId": None}),
            ("vendor", {}, {"categoryId": None}),
            ("vendor", {}, {"firstName": "Ada"}),
            ("property", {}, {"operatingBankAccountId": None}),
            ("bank-account", {"accountNumber": "1234567890"}, {"accountNumber": None}),
            ("owner", {"dateOfBirth": "1980-01-31"}, {"dateOfBirth": None}),
            ("owner", {}, {"companyName": "Doe Ltd"}),
        ],
    )
    def test_a_change_that_buildium_cannot_store_names_the_field(
        self, name: str, first: Fields, body: Fields, system: System
    ) -> None:
        kept = synced(system, CASES[name])
        if name == "task" and body == {"description": None}:
            kept = system.create("task", {"title": "Fix the roof", "description": "It pours."})
            system.work()
        system.update(kept, first)
        system.work()
        before = system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity

        with pytest.raises(InvalidFields) as caught:
            system.update(kept, {**body, "status": "Active"})

        [error] = caught.value.errors
        assert (error.field, "Buildium" in error.message) == (*body, True)
        assert system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity == before


class TestBeforeAndAfterCreate:
    @pytest.mark.parametrize(
        ("name", "first", "body"),
        [
            ("task", {"description": "It drips.", "assignedToUserId": 201}, {"description": "It pours."}),
            ("task", {"description": "It drips.", "assignedToUserId": 201}, {"assignedToUserId": None}),
            ("vendor", {"categoryId": 101}, {"categoryId": None}),
            ("property", {"operatingBankAccountId": 1}, {"operatingBankAccountId": None}),
            ("bank-account", {"accountNumber": "1234567890"}, {"accountNumber": None}),
            ("owner", {"dateOfBirth": "1980-01-31"}, {"dateOfBirth": None}),
            ("lease", {"sendWelcomeEmail": True}, {"sendWelcomeEmail": False}),
        ],
    )
    def test_every_field_can_change_before_the_create_is_sent(
        self, name: str, first: Fields, body: Fields, system: System, buildium: Simulator
    ) -> None:
        made: dict[str, StoredEntity] = {}
        for needed in CASES[name].needs:
            made[needed] = system.create(needed, CASES[needed].body(made))
        kept = system.create(name, {**CASES[name].body(made), **first})

        system.update(kept, body)
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        assert differences(system, buildium, kept) == {}

    def test_create_only_fields_are_fixed_once_a_create_is_sent(self, system: System, buildium: Simulator) -> None:
        kept = system.create("task", {"title": "Fix the tap", "description": "It drips."})
        buildium.fault("reset_after", method="POST", path="/tasks/todorequests")
        system.work_once()

        with pytest.raises(InvalidFields):
            system.update(kept, {"description": "It pours."})


class TestComputedValues:
    def test_values_that_buildium_computes_are_current_after_an_update(
        self, system: System, buildium: Simulator
    ) -> None:
        order = synced(system, CASES["work-order"])
        lease = synced(system, CASES["lease"])
        other = others(system, buildium)

        system.update(order, {"lineItems": [{"quantity": 2, "unitPrice": 9.5}]})
        system.update(lease, {"unitId": other["unitId"]})
        system.work()

        assert system.fields_of(order)["amount"] == 19
        assert differences(system, buildium, order) == differences(system, buildium, lease) == {}
