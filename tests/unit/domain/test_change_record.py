from typing import Any

import pytest

from buildium_sync.domain.change_record import change_record, remote_overwrite_record, truncate
from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.merge import FieldConflict, Side
from buildium_sync.entity_types.bank_account import BankAccount
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.registry import all_types

TIME = "2026-11-22T14:00:00.000Z"
# The API shows the last digits instead of the number; a vendor's is its number for its customer.
NOT_SECRET = {"bank-account": {"accountNumberEnding"}, "vendor": {"accountNumber"}}
BEFORE = Entity(EntityRef("property", "7"), 1, {"name": "a", "city": "b"}, Origin.API, TIME, TIME, "correlation")


def after(fields: dict[str, Any], **more: Any) -> Entity:
    return BEFORE._replace(version=2, fields=fields, **more)


def test_a_change_record_has_old_and_new_values() -> None:
    entry = change_record(Property(), BEFORE, after({"name": "c", "city": "b", "state": "CA"}))

    assert entry is not None
    assert entry.changes == {"name": {"old": "a", "new": "c"}, "state": {"old": None, "new": "CA"}}
    assert (entry.version, entry.origin, entry.at, entry.conflict) == (2, Origin.API, TIME, ())


def test_a_removed_field_is_recorded_as_overwritten() -> None:
    entry = change_record(Property(), BEFORE, after({"name": "a"}))

    assert entry is not None
    assert entry.changes == {"city": {"old": "b", "new": None}}


def test_a_new_spelling_is_recorded() -> None:
    before = BEFORE._replace(fields={"country": "US"})

    assert change_record(Property(), before, after({"country": "United States"})) is not None


def test_an_unchanged_entity_has_no_change_record() -> None:
    assert change_record(Property(), BEFORE, after(BEFORE.fields)) is None


def test_a_deletion_without_field_changes_is_recorded() -> None:
    entry = change_record(Property(), BEFORE, after(BEFORE.fields, deleted_at=TIME))

    assert entry is not None
    assert entry.changes == {"deletedAt": {"old": None, "new": TIME}}


def test_only_changed_fields_are_recorded_as_conflicts() -> None:
    entry = change_record(Property(), BEFORE, after({"name": "c", "city": "b"}), ["name", "city"])

    assert entry is not None
    assert entry.conflict == ("name",)


def test_an_overwritten_buildium_value_is_recorded_with_the_overwriting_version() -> None:
    conflict = FieldConflict("name", local="a", remote="remote", winner=Side.LOCAL)

    entry = remote_overwrite_record(Property(), BEFORE, [conflict], TIME, agreed=True)

    assert (entry.version, entry.changes) == (1, {"name": {"old": "remote", "new": "a"}})
    assert (entry.conflict, entry.is_remote_value) == (("name",), True)


def test_a_secret_is_recorded_only_as_changed() -> None:
    numbers = {"accountNumber": "12345678", "_accountNumberReplaces": "4321", "routingNumber": "021000021"}

    entry = change_record(BankAccount(), BEFORE, after({**numbers, "name": "a", "city": "b"}))

    assert entry is not None
    assert entry.changes == dict.fromkeys(numbers, "changed")
    conflict = FieldConflict("routingNumber", "021000021", "011000015", Side.LOCAL)
    assert remote_overwrite_record(BankAccount(), BEFORE, [conflict], TIME, agreed=True).changes == {
        "routingNumber": "changed"
    }


def test_every_bank_and_tax_number_field_is_secret() -> None:
    for entity_type in all_types():
        telling = ("accountnumber", "routingnumber", "taxpayer", "taxid")
        named = {name for name in entity_type.field_names if any(part in name.lower() for part in telling)}
        assert named - NOT_SECRET.get(entity_type.name, set()) <= entity_type.secret_fields, entity_type.name


@pytest.mark.parametrize("value", ["x" * 2048, None, 0, False, [{"a": 1}], {"truncated": "x"}])
def test_a_value_of_up_to_2_kb_is_not_truncated(value: Any) -> None:
    assert truncate(value) == value


def test_a_longer_value_is_truncated_and_marked() -> None:
    assert truncate("é" * 2000) == {"truncated": "é" * 1024, "bytes": 4000}
    assert truncate("x" + "é" * 2000) == {"truncated": "x" + "é" * 1023, "bytes": 4001}
    shortened = truncate(["x" * 3000])
    assert (shortened["truncated"][:4], len(shortened["truncated"]), shortened["bytes"]) == ('["xx', 2048, 3004)
