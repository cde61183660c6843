"""Composite values in every entity type: a merge keeps one side's complete value, and it stays valid."""

from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import Side, merge
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.errors import InvalidFields
from tests.unit.entity_types.strategies import OWNER_BODY, PROPERTY_BODY

_ADDRESS: Fields = {
    "addressLine1": "9 Elm Ave",
    "addressLine2": "Floor 2",
    "city": "Oakland",
    "state": "CA",
    "postalCode": "94601",
    "country": "US",
}
_ADDRESSES: st.SearchStrategy[Fields] = st.sampled_from(
    [
        {"addressLine1": "77 Pine St", "city": "Portland", "state": "OR", "postalCode": "97209"},
        {"addressLine1": "1 Bay St", "city": "Toronto", "state": "ON", "postalCode": "M5J 2R8", "country": "CA"},
        {"city": "Berlin", "state": None, "postalCode": "10115", "country": "DE"},
        {"addressLine2": "Floor 3"},
    ]
)
_PEOPLE: st.SearchStrategy[Fields] = st.sampled_from(
    [
        {"firstName": "Mary"},
        {"lastName": "Roe"},
        {"isCompany": True, "companyName": "Roe LLC"},
        {"isCompany": True, "firstName": None, "lastName": None, "companyName": "Doe Inc"},
    ]
)
_DAYS = st.sampled_from([f"2026-{month:02}-01" for month in range(1, 13)])


def _owner(edit: Fields) -> Fields:
    """Return an edit with the parts of an address under an owner's field names."""
    return {f"primary{name[0].upper()}{name[1:]}" if name in _ADDRESS else name: edit[name] for name in edit}


def _alternate(edit: Fields) -> Fields:
    """Return an edit with the parts of an address under the names of a tenant's alternate address."""
    return {f"alternate{name[0].upper()}{name[1:]}" if name in _ADDRESS else name: edit[name] for name in edit}


def _days(*names: str) -> st.SearchStrategy[Fields]:
    return st.dictionaries(st.sampled_from(names), _DAYS, min_size=1)


_LINE = {"accountingEntityId": "p1", "amount": 1.0}
_AGREEMENT = {"managementAgreementStartDate": "2026-03-01", "managementAgreementEndDate": "2026-09-01"}
_LEASE = {"leaseType": "Fixed", "unitId": "u1", "leaseFromDate": "2026-03-01", "leaseToDate": "2026-09-01"}
_BILL = {"date": "2026-03-01", "dueDate": "2026-09-01", "vendorId": "v1", "lines": [_LINE]}
_TASK = {"title": "Tap", "propertyId": "p1", "unitId": "u1"}
CASES: dict[str, tuple[Fields, st.SearchStrategy[Fields]]] = {
    "property": ({**PROPERTY_BODY, **_ADDRESS}, _ADDRESSES),
    "unit": ({"propertyId": "p1", "unitNumber": "1", **_ADDRESS}, _ADDRESSES),
    "owner": (
        {**OWNER_BODY, **_owner(_ADDRESS), **_AGREEMENT},
        _ADDRESSES.map(_owner) | _PEOPLE | _days(*_AGREEMENT),
    ),
    "vendor": (
        {"firstName": "Jane", "lastName": "Doe", **_ADDRESS},
        _ADDRESSES | _PEOPLE | st.just(dict.fromkeys(_ADDRESS)),
    ),
    "lease": (
        _LEASE,
        _days("leaseFromDate", "leaseToDate")
        | st.sampled_from([{"leaseType": "AtWill", "leaseToDate": None}, {"leaseType": "FixedWithRollover"}]),
    ),
    "tenant": (
        {"leaseId": "l1", "firstName": "Jane", "lastName": "Doe", **_owner(_ADDRESS), **_alternate(_ADDRESS)},
        _ADDRESSES.map(_owner)
        | _ADDRESSES.map(_alternate)
        | st.just(dict.fromkeys(_alternate(_ADDRESS)))
        | st.sampled_from([{"firstName": "Mary"}, {"lastName": "Roe"}]),
    ),
    "bill": (_BILL, _days("date", "dueDate")),
    "task": (
        _TASK,
        st.sampled_from(
            [{"propertyId": "p2", "unitId": "u2"}, {"unitId": "u3"}, dict.fromkeys(("propertyId", "unitId"))]
        ),
    ),
}


def edited(entity_type: EntityType, edit: Fields, current: Fields) -> Fields:
    """Return the entity after an edit that both sides accept; other edits are no examples."""
    try:
        return entity_type.validate(edit, current)
    except InvalidFields:
        assume(False)
        raise


@pytest.mark.parametrize("name", CASES)
@given(data=st.data(), winner=st.sampled_from(Side))
def test_the_merge_of_two_valid_entities_is_valid(name: str, data: st.DataObject, winner: Side) -> None:
    entity_type, (body, edits) = by_name(name), CASES[name]
    base = entity_type.validate(body)
    local = edited(entity_type, data.draw(edits), base)
    remote = edited(entity_type, data.draw(edits), base)

    merged = merge(entity_type, base=base, local=local, remote=remote, winner=winner).fields

    assert entity_type.validate(merged, merged) == merged
    entity_type.model.model_validate({name: merged[name] for name in entity_type.model.model_fields})


def value(entity_type: EntityType, name: str, side: str) -> Any:
    """Return a value that no other side has; a merge only compares values for equality."""
    lists = {
        "lines": [{**_LINE, "glAccountId": 1, "id": 1, "memo": side, "referenceNumber": side}],
        "lineItems": [{"quantity": 1.0, "unitPrice": 1.0, "memo": side}],
        "cosigners": [{"firstName": "Ada", "lastName": side}],
        "charges": [{"glAccountId": 1, "amount": 1, "nextDueDate": "2026-01-01", "memo": side}],
        "emergencyContact": {"name": side},
    }
    if name in lists:
        return lists[name]
    if name in ("reserve", "marketRent", "totalAmount"):
        return {"base": 1, "local": 2, "remote": 3}[side]
    return [side] if name in entity_type.set_fields else f"{name} {side}"


def whole(entity_type: EntityType, side: Fields, field: str) -> Fields:
    return {name: side[name] for name in entity_type.composite_of(field)}


@pytest.mark.parametrize("winner", Side)
@pytest.mark.parametrize("entity_type", all_types(), ids=lambda entity_type: entity_type.name)
def test_conflicting_edits_keep_one_sides_whole_composite_value(entity_type: EntityType, winner: Side) -> None:
    names = [name for name in entity_type.model.model_fields if name not in entity_type.set_fields]
    base = {name: value(entity_type, name, "base") for name in (*names, *entity_type.set_fields)}
    base |= {name: None for group in entity_type.composites for name in group if name not in base}

    for mine, other in product(names, repeat=2):
        local = {**base, mine: value(entity_type, mine, "local")}
        remote = {**base, other: value(entity_type, other, "remote")}
        merged = merge(entity_type, base=base, local=local, remote=remote, winner=winner)
        conflicts = {conflict.field for conflict in merged.conflicts}

        if other in entity_type.composite_of(mine):
            kept = local if winner is Side.LOCAL else remote
            assert (merged.fields, conflicts) == (kept, {mine, other})
        else:
            assert whole(entity_type, merged.fields, mine) == whole(entity_type, local, mine)
            assert whole(entity_type, merged.fields, other) == whole(entity_type, remote, other)
            assert not conflicts


def test_fields_that_belong_together_are_one_composite_value() -> None:
    together: dict[str, list[tuple[str, ...]]] = {
        "property": [("addressLine1", "city", "state", "postalCode", "country")],
        "unit": [("addressLine1", "city", "state", "postalCode", "country")],
        "vendor": [("addressLine1", "city", "state", "country"), ("isCompany", "firstName", "lastName", "companyName")],
        "owner": [
            ("primaryAddressLine1", "primaryCity", "primaryState", "primaryPostalCode", "primaryCountry"),
            ("managementAgreementStartDate", "managementAgreementEndDate"),
            ("isCompany", "firstName", "lastName", "companyName"),
        ],
        "lease": [("leaseType", "leaseFromDate", "leaseToDate")],
        "tenant": [
            ("firstName", "lastName"),
            ("primaryAddressLine1", "primaryCity", "primaryState", "primaryPostalCode", "primaryCountry"),
            ("alternateAddressLine1", "alternateCity", "alternateState", "alternatePostalCode", "alternateCountry"),
        ],
        "bill": [("date", "dueDate")],
        "task": [("propertyId", "unitId"), ("categoryId", "subCategoryId")],
        "bank-account": [("accountNumber", "routingNumber")],
    }
    for name, groups in together.items():
        assert all(set(group) <= set(by_name(name).composite_of(group[0])) for group in groups), name


def test_an_edit_of_a_hidden_part_changes_the_composite_value() -> None:
    bank_account = by_name("bank-account")
    base = {"routingNumber": "021000021", "accountNumber": "111"}
    local, remote = {**base, "accountNumber": "222"}, {"routingNumber": "011000015"}

    by_local = merge(bank_account, base=base, local=local, remote=remote, winner=Side.LOCAL)
    by_remote = merge(bank_account, base=base, local=local, remote=remote, winner=Side.REMOTE)

    assert by_local.fields == local
    assert by_remote.fields == {"routingNumber": "011000015", "accountNumber": "111"}
    assert {conflict.field for conflict in by_local.conflicts} == set(base)
