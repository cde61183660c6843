from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import FieldConflict, MergeResult, Side, differs, merge, unresolved, with_sent_updates
from buildium_sync.entity_types.fields import address
from buildium_sync.entity_types.owner import Owner
from buildium_sync.entity_types.property import Property
from buildium_sync.entity_types.vendor import Vendor

PROPERTY = Property()
OWNER = Owner()
NAMES = ("name", "city", "addressLine1", "country", "status")
VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "US", "United States", "CA"]))
WHOLE = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))
PARTIAL = st.dictionaries(st.sampled_from(NAMES), VALUES)


def conflicting(merged: MergeResult) -> tuple[str, ...]:
    return tuple(conflict.field for conflict in merged.conflicts)


def part(side: Fields, names: Iterable[str]) -> Fields:
    return {name: side.get(name) for name in names}


def means_the_same(one: Fields, other: Fields) -> bool:
    return not differs(PROPERTY, one, other)


@given(base=PARTIAL, fields=WHOLE)
def test_equal_sides_are_unchanged(base: Fields, fields: Fields) -> None:
    merged = merge(PROPERTY, base=base, local=fields, remote=fields)

    assert (merged.fields, merged.conflicts) == (fields, ())


@given(base=WHOLE, remote=WHOLE)
def test_a_change_only_in_buildium_wins(base: Fields, remote: Fields) -> None:
    merged = merge(PROPERTY, base=base, local=base, remote=remote)

    assert means_the_same(remote, merged.fields)
    assert merged.conflicts == ()


@given(base=WHOLE, local=WHOLE)
def test_a_change_only_in_the_local_entity_wins(base: Fields, local: Fields) -> None:
    merged = merge(PROPERTY, base=base, local=local, remote=base)

    assert means_the_same(local, merged.fields)
    assert merged.conflicts == ()


@given(base=PARTIAL, local=WHOLE, remote=PARTIAL)
def test_only_a_change_on_both_sides_is_a_conflict(base: Fields, local: Fields, remote: Fields) -> None:
    merged = merge(PROPERTY, base=base, local=local, remote=remote)
    there = {**base, **remote}

    assert merged.fields.keys() == local.keys() | remote.keys()
    for value in (("name",), tuple(name for name in NAMES if name in address.names())):
        mine, other, before, result = (part(side, value) for side in (local, there, base, merged.fields))
        differing = {name for name in value if not PROPERTY.values_equal(name, mine[name], other[name])}
        both = not any(means_the_same(part(before, differing), part(side, differing)) for side in (mine, other))
        assert means_the_same(result, mine) or means_the_same(result, other)
        assert set(conflicting(merged)) & set(value) == (differing if both else set())
        if both:
            assert result == mine


@given(base=PARTIAL, local=WHOLE, remote=PARTIAL)
def test_a_field_missing_in_buildium_keeps_the_local_value(base: Fields, local: Fields, remote: Fields) -> None:
    merged = merge(PROPERTY, base=base, local=local, remote=remote)

    assert all(merged.fields[name] == local[name] for name in local.keys() - remote.keys())


@given(base=PARTIAL, local=WHOLE, remote=WHOLE)
def test_a_remote_owned_field_always_has_buildiums_value(base: Fields, local: Fields, remote: Fields) -> None:
    merged = merge(Vendor(), base=base, local=local, remote=remote)

    assert merged.fields["status"] == remote["status"]
    assert "status" not in conflicting(merged)


@given(base=PARTIAL, local=WHOLE, remote=PARTIAL)
def test_merging_again_changes_nothing(base: Fields, local: Fields, remote: Fields) -> None:
    once = merge(PROPERTY, base=base, local=local, remote=remote)

    assert merge(PROPERTY, base=base, local=once.fields, remote=remote) == once


@given(base=PARTIAL, local=WHOLE, remote=PARTIAL)
def test_the_winner_affects_only_conflicting_fields(base: Fields, local: Fields, remote: Fields) -> None:
    by_local = merge(PROPERTY, base=base, local=local, remote=remote, winner=Side.LOCAL)
    by_remote = merge(PROPERTY, base=base, local=local, remote=remote, winner=Side.REMOTE)

    assert conflicting(by_local) == conflicting(by_remote)
    for name in by_local.fields:
        if name in conflicting(by_local):
            assert (by_local.fields[name], by_remote.fields[name]) == (local[name], {**base, **remote}.get(name))
        else:
            assert by_local.fields[name] == by_remote.fields[name]


def test_a_conflict_contains_both_values_and_the_winner() -> None:
    merged = merge(PROPERTY, base={"name": "a"}, local={"name": "b"}, remote={"name": "c"}, winner=Side.REMOTE)

    assert merged == MergeResult({"name": "c"}, (FieldConflict("name", "b", "c", Side.REMOTE),), {"name": "c"})


def merged_country(base: str, local: str, remote: str) -> tuple[Any, tuple[str, ...]]:
    merged = merge(PROPERTY, base={"country": base}, local={"country": local}, remote={"country": remote})
    return merged.fields["country"], conflicting(merged)


def test_another_spelling_is_no_change() -> None:
    assert merged_country("US", "US", "United States") == ("US", ())
    assert merged_country("United States", "US", "CA") == ("CA", ())
    assert merged_country("CA", "US", "United States") == ("US", ())


def test_a_field_differs_when_its_meaning_differs() -> None:
    assert differs(PROPERTY, {"name": "a"}, {"name": "b"})
    assert differs(PROPERTY, {}, {"name": "a"})
    assert not differs(PROPERTY, {"country": "US"}, {"country": "United States"})
    assert not differs(PROPERTY, {"name": "a"}, {})


def merged_ids(base: list[str] | None, local: list[str], remote: list[str]) -> tuple[Any, tuple[str, ...]]:
    """Return the merged `propertyIds` of an owner, and the fields in conflict."""
    before = {} if base is None else {"propertyIds": base}
    merged = merge(OWNER, base=before, local={"propertyIds": local}, remote={"propertyIds": remote})
    return merged.fields["propertyIds"], conflicting(merged)


def test_a_set_merge_applies_additions_and_removals_of_both_sides() -> None:
    assert merged_ids(["a", "b", "c"], ["a", "b", "d"], ["e", "b", "c"]) == (["b", "d", "e"], ())
    assert merged_ids(["a"], ["a", "b"], ["a", "b", "c"]) == (["a", "b", "c"], ())
    assert merged_ids(["a", "b"], ["b", "a"], ["a"]) == (["a"], ())


def test_another_order_of_a_set_is_no_change() -> None:
    assert merged_ids(["a", "b"], ["b", "a"], ["a", "b"]) == (["b", "a"], ())


def test_sets_without_a_base_lose_no_member() -> None:
    assert merged_ids(None, ["a", "b"], ["c", "a"]) == (["a", "b", "c"], ())


def test_a_set_that_would_become_empty_is_a_conflict() -> None:
    assert merged_ids(["a", "b"], ["a"], ["b"]) == (["a"], ("propertyIds",))
    assert merged_ids(["a"], [], ["a"]) == ([], ())


@given(*[st.lists(st.sampled_from("abcde"), unique=True)] * 3)
def test_a_set_merge_reverts_no_change(base: list[str], local: list[str], remote: list[str]) -> None:
    members, conflicts = merged_ids(base, local, remote)

    if not conflicts:
        added = (set(local) | set(remote)) - set(base)
        assert set(members) == added | (set(base) & set(local) & set(remote))
        assert len(members) == len(set(members))


def test_a_conflict_in_one_part_keeps_the_composite_base() -> None:
    base = {"city": "Los Angeles", "state": "CA", "name": "a"}
    conflict = FieldConflict("city", "Portland", "Toronto", Side.LOCAL)

    assert unresolved(PROPERTY, [conflict], base) == {
        **dict.fromkeys(address.names()),
        "city": "Los Angeles",
        "state": "CA",
    }


def test_a_composite_change_that_includes_the_other_is_no_conflict() -> None:
    base = {"addressLine1": "1 Elm St", "addressLine2": None, "city": "Oakland"}
    some, more = {**base, "city": "Portland"}, {**base, "city": "Portland", "addressLine2": "Floor 2"}

    assert merge(PROPERTY, base=base, local=some, remote=more) == MergeResult(more, (), more)
    assert merge(PROPERTY, base=base, local=more, remote=some, winner=Side.REMOTE) == MergeResult(more, (), some)


def test_a_sent_update_that_buildium_has_is_in_the_base() -> None:
    base, sent = {"name": "a", "city": "a"}, [{"name": "b"}, {"name": "c"}]

    assert with_sent_updates(PROPERTY, base, sent, {"name": "b", "city": "b"}) == {"name": "b", "city": "a"}
    assert with_sent_updates(PROPERTY, base, sent, {"city": "b"}) == base


def test_a_composite_of_a_sent_update_is_compared_as_one_value() -> None:
    base, sent = {"city": "a", "addressLine1": "a"}, {"city": "b", "addressLine1": "b"}

    assert with_sent_updates(PROPERTY, base, [sent], {"city": "b", "addressLine1": "a"}) == base
    assert with_sent_updates(PROPERTY, base, [sent], sent) == sent
