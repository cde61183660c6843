import re
from typing import Any

from buildium_sync.composition.sync import SyncComposition

import pytest

from buildium_sync.domain.conflicts import ConflictPolicy, add_conflicts, new_conflicts
from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.merge import FieldConflict, Side
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.bank_account import BankAccount
from buildium_sync.entity_types.property import Property
from tests.environment import set_environment
from tests.template.template import template

TYPES = ("property", "owner", "bank-account")
TIME = "2026-11-22T14:00:00.000Z"
SYNC = SyncRecord(EntityRef("property", "7"), 1, Status.PENDING, TIME, TIME, "correlation", requested_at=TIME)
PROPERTY = Property()


def winner(text: str, base: dict[str, Any] | None = None) -> str:
    """Return the side whose name a property gets after both sides have renamed it."""
    policy = ConflictPolicy.from_text(text, TYPES)
    base = {"name": "before"} if base is None else base
    return str(policy.merge(PROPERTY, base=base, local={"name": "local"}, remote={"name": "buildium"}).fields["name"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "local"),
        ("local", "local"),
        ("buildium", "buildium"),
        ("property=buildium", "buildium"),
        ("owner=buildium", "local"),
        ("buildium,property=local", "local"),
        ("property=local, buildium", "local"),
        (" bank-account = buildium , property = buildium ", "buildium"),
    ],
)
def test_the_policy_decides_which_side_wins(text: str, expected: str) -> None:
    assert winner(text) == expected


def allows(text: str) -> bool:
    """Return whether the template accepts a policy."""
    return re.fullmatch(template()["Parameters"]["BuildiumConflictPolicy"]["AllowedPattern"], text) is not None


@pytest.mark.parametrize("text", ["", "local", "buildium", "lease=buildium,owner=local", "local,work-order=buildium"])
def test_the_template_accepts_every_valid_policy(text: str) -> None:
    assert allows(text)
    ConflictPolicy.from_text(text, ["lease", "owner", "work-order"])


@pytest.mark.parametrize(
    "text", ["remote", "lease", "lease=", "=local", "local,", "local;buildium", "lease=local=local"]
)
def test_the_template_rejects_a_malformed_policy(text: str) -> None:
    assert not allows(text)


def test_a_function_with_an_invalid_policy_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, BUILDIUM_CONFLICT_POLICY="leases=buildium")

    with pytest.raises(ValueError, match="unknown entity type 'leases'"):
        SyncComposition()


@pytest.mark.parametrize("text", ["remote", "planet=local", "property=", "=local", "property=local=local", "LOCAL"])
def test_an_invalid_policy_is_rejected_with_the_settings_name(text: str) -> None:
    with pytest.raises(ValueError, match="BUILDIUM_CONFLICT_POLICY"):
        ConflictPolicy.from_text(text, TYPES)


def test_an_unknown_entity_type_is_reported_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'properties'; known types: bank-account, owner, property"):
        ConflictPolicy.from_text("properties=local", TYPES)


def test_the_local_value_wins_without_a_base() -> None:
    policy = ConflictPolicy.from_text("buildium", TYPES)

    merged = policy.merge(PROPERTY, base=None, local={"name": "local"}, remote={"name": "of an earlier version"})

    assert merged.fields == {"name": "local"}
    assert winner("buildium", base={}) == "buildium"


def conflict(field: str = "name", remote: str = "remote") -> FieldConflict:
    return FieldConflict(field, "local", remote, Side.LOCAL)


def with_notes(*conflicts: FieldConflict) -> SyncRecord:
    return SyncRecord(
        SYNC.ref,
        1,
        SYNC.status,
        TIME,
        TIME,
        "",
        requested_at=TIME,
        conflicts=add_conflicts(SYNC, PROPERTY, conflicts, 1, TIME),
    )


def test_a_conflict_note_has_values_time_and_winner() -> None:
    assert add_conflicts(SYNC, PROPERTY, [conflict()], 3, TIME) == [
        {"field": "name", "local": "local", "remote": "remote", "winner": "local", "version": 3, "at": TIME}
    ]


def test_the_last_ten_conflict_notes_are_kept_newest_first() -> None:
    before = with_notes(*(conflict(str(place)) for place in range(9)))

    notes = add_conflicts(before, PROPERTY, [conflict("a"), conflict("b")], 2, TIME)

    assert [note["field"] for note in notes] == ["a", "b", *"01234567"]


def test_a_secret_is_noted_without_its_values() -> None:
    [note] = add_conflicts(SYNC, BankAccount(), [conflict("routingNumber")], 1, TIME)

    assert note == {"field": "routingNumber", "winner": "local", "version": 1, "at": TIME}


def test_a_repeated_conflict_is_not_noted_twice() -> None:
    before = with_notes(conflict())

    assert new_conflicts(before, PROPERTY, [conflict(), conflict("city")], 1) == [conflict("city")]
    assert new_conflicts(before, PROPERTY, [conflict(remote="edited again")], 1) == [conflict(remote="edited again")]
    assert new_conflicts(before, PROPERTY, [conflict()], 2) == [conflict()]
