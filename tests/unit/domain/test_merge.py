from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.entity_type import Fields
from buildium_sync.domain.merge import FieldConflict, MergeResult, Side, differs, merge, unresolved
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
    merged = merge(PROPERTY, base=base, ours=fields, theirs=fields)

    assert (merged.fields, merged.conflicts) == (fields, ())


@given(base=WHOLE, theirs=WHOLE)
def test_a_change_only_in_buildium_wins(base: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=base, theirs=theirs)

    assert means_the_same(theirs, merged.fields)
    assert merged.conflicts == ()


@given(base=WHOLE, ours=WHOLE)
def test_a_change_only_in_the_local_entity_wins(base: Fields, ours: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=base)

    assert means_the_same(ours, merged.fields)
    assert merged.conflicts == ()


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_only_a_change_on_both_sides_is_a_conflict(base: Fields, ours: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=theirs)
    remote = {**base, **theirs}

    assert merged.fields.keys() == ours.keys() | theirs.keys()
    for value in (("name",), tuple(name for name in NAMES if name in address.names())):
        mine, other, before, result = (part(side, value) for side in (ours, remote, base, merged.fields))
        differing = {name for name in value if not PROPERTY.values_equal(name, mine[name], other[name])}
        both = not any(means_the_same(part(before, differing), part(side, differing)) for side in (mine, other))
        assert means_the_same(result, mine) or means_the_same(result, other)
        assert set(conflicting(merged)) & set(value) == (differing if both else set())
        if both:
            assert result == mine


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_a_field_missing_in_buildium_keeps_the_local_value(base: Fields, ours: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert all(merged.fields[name] == ours[name] for name in ours.keys() - theirs.keys())


@given(base=PARTIAL, ours=WHOLE, theirs=WHOLE)
def test_a_remote_owned_field_always_has_buildiums_value(base: Fields, ours: Fields, theirs: Fields) -> None:
    merged = merge(Vendor(), base=base, ours=ours, theirs=theirs)

    assert merged.fields["status"] == theirs["status"]
    assert "status" not in conflicting(merged)


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_merging_again_changes_nothing(base: Fields, ours: Fields, theirs: Fields) -> None:
    once = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert merge(PROPERTY, base=base, ours=once.fields, theirs=theirs) == once


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_the_winner_affects_only_conflicting_fields(base: Fields, ours: Fields, theirs: Fields) -> None:
    by_ours = merge(PROPERTY, base=base, ours=ours, theirs=theirs, winner=Side.OURS)
    by_theirs = merge(PROPERTY, base=base, ours=ours, theirs=theirs, winner=Side.BUILDIUM)

    assert conflicting(by_ours) == conflicting(by_theirs)
    for name in by_ours.fields:
        if name in conflicting(by_ours):
            assert (by_ours.fields[name], by_theirs.fields[name]) == (ours[name], {**base, **theirs}.get(name))
        else:
            assert by_ours.fields[name] == by_theirs.fields[name]


def test_a_conflict_contains_both_values_and_the_winner() -> None:
    merged = merge(PROPERTY, base={"name": "a"}, ours={"name": "b"}, theirs={"name": "c"}, winner=Side.BUILDIUM)

    assert merged == MergeResult({"name": "c"}, (FieldConflict("name", "b", "c", Side.BUILDIUM),), {"name": "c"})


def merged_country(base: str, ours: str, theirs: str) -> tuple[Any, tuple[str, ...]]:
    merged = merge(PROPERTY, base={"country": base}, ours={"country": ours}, theirs={"country": theirs})
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


def merged_ids(base: list[str] | None, ours: list[str], theirs: list[str]) -> tuple[Any, tuple[str, ...]]:
    """Return the merged `propertyIds` of an owner, and the fields in conflict."""
    before = {} if base is None else {"propertyIds": base}
    merged = merge(OWNER, base=before, ours={"propertyIds": ours}, theirs={"propertyIds": theirs})
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
def test_a_set_merge_reverts_no_change(base: list[str], ours: list[str], theirs: list[str]) -> None:
    members, conflicts = merged_ids(base, ours, theirs)

    if not conflicts:
        added = (set(ours) | set(theirs)) - set(base)
        assert set(members) == added | (set(base) & set(ours) & set(theirs))
        assert len(members) == len(set(members))


def test_a_conflict_in_one_part_keeps_the_composite_base() -> None:
    base = {"city": "Los Angeles", "state": "CA", "name": "a"}
    conflict = FieldConflict("city", "Portland", "Toronto", Side.OURS)

    assert unresolved(PROPERTY, [conflict], base) == {
        **dict.fromkeys(address.names()),
        "city": "Los Angeles",
        "state": "CA",
    }


def test_a_composite_change_that_includes_the_other_is_no_conflict() -> None:
    base = {"addressLine1": "1 Elm St", "addressLine2": None, "city": "Oakland"}
    some, more = {**base, "city": "Portland"}, {**base, "city": "Portland", "addressLine2": "Floor 2"}

    assert merge(PROPERTY, base=base, ours=some, theirs=more) == MergeResult(more, (), more)
    assert merge(PROPERTY, base=base, ours=more, theirs=some, winner=Side.BUILDIUM) == MergeResult(more, (), some)
