from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.entities.base import Fields
from buildium_sync.entities.property import Property
from buildium_sync.merge import FieldConflict, Merged, Side, changed, merge

PROPERTY = Property()
NAMES = ("name", "city", "addressLine1", "country", "status")
VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "US", "United States", "CA"]))
WHOLE = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))
PARTIAL = st.dictionaries(st.sampled_from(NAMES), VALUES)


def conflicting(merged: Merged) -> tuple[str, ...]:
    return tuple(conflict.field for conflict in merged.conflicts)


def means_the_same(one: Fields, other: Fields) -> bool:
    return not changed(PROPERTY, one, other)


@given(base=PARTIAL, fields=WHOLE)
def test_sides_that_agree_are_left_as_they_are(base: Fields, fields: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=fields, theirs=fields)

    assert (merged.fields, merged.conflicts) == (fields, ())


@given(base=WHOLE, theirs=WHOLE)
def test_what_buildium_alone_has_changed_wins(base: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=base, theirs=theirs)

    assert means_the_same(theirs, merged.fields)
    assert merged.conflicts == ()


@given(base=WHOLE, ours=WHOLE)
def test_what_we_alone_have_changed_wins(base: Fields, ours: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=base)

    expected = {**ours, "status": base["status"]}
    assert means_the_same(expected, merged.fields)
    assert merged.conflicts == ()


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_every_field_is_one_sides_and_only_a_change_on_both_is_a_conflict(
    base: Fields, ours: Fields, theirs: Fields
) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert merged.fields.keys() == ours.keys() | theirs.keys()
    for name, value in merged.fields.items():
        mine, other, before = ours.get(name), theirs.get(name), base.get(name)
        assert value in (mine, other)
        both = not PROPERTY.same(name, mine, before) and not PROPERTY.same(name, other, before)
        differ = name in theirs and not PROPERTY.same(name, mine, other)
        assert (name in conflicting(merged)) == (both and differ and name not in PROPERTY.buildium_fields)
        if name in conflicting(merged):
            assert value == mine


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_what_buildium_does_not_tell_keeps_ours(base: Fields, ours: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert all(merged.fields[name] == ours[name] for name in ours.keys() - theirs.keys())


@given(base=PARTIAL, ours=WHOLE, theirs=WHOLE)
def test_what_only_buildium_edits_is_always_buildiums(base: Fields, ours: Fields, theirs: Fields) -> None:
    merged = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert merged.fields["status"] == theirs["status"]
    assert "status" not in conflicting(merged)


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_merging_again_changes_nothing(base: Fields, ours: Fields, theirs: Fields) -> None:
    once = merge(PROPERTY, base=base, ours=ours, theirs=theirs)

    assert merge(PROPERTY, base=base, ours=once.fields, theirs=theirs) == once


@given(base=PARTIAL, ours=WHOLE, theirs=PARTIAL)
def test_who_wins_decides_about_conflicts_and_nothing_else(base: Fields, ours: Fields, theirs: Fields) -> None:
    by_ours = merge(PROPERTY, base=base, ours=ours, theirs=theirs, winner=Side.OURS)
    by_theirs = merge(PROPERTY, base=base, ours=ours, theirs=theirs, winner=Side.BUILDIUM)

    assert conflicting(by_ours) == conflicting(by_theirs)
    for name in by_ours.fields:
        if name in conflicting(by_ours):
            assert (by_ours.fields[name], by_theirs.fields[name]) == (ours[name], theirs[name])
        else:
            assert by_ours.fields[name] == by_theirs.fields[name]


def test_a_conflict_tells_both_values_and_the_winner() -> None:
    merged = merge(PROPERTY, base={"name": "a"}, ours={"name": "b"}, theirs={"name": "c"}, winner=Side.BUILDIUM)

    assert merged == Merged({"name": "c"}, (FieldConflict("name", "b", "c", Side.BUILDIUM),))


def merged_country(base: str, ours: str, theirs: str) -> tuple[Any, tuple[str, ...]]:
    merged = merge(PROPERTY, base={"country": base}, ours={"country": ours}, theirs={"country": theirs})
    return merged.fields["country"], conflicting(merged)


def test_another_spelling_is_no_change() -> None:
    assert merged_country("US", "US", "United States") == ("US", ())
    assert merged_country("United States", "US", "CA") == ("CA", ())
    assert merged_country("CA", "US", "United States") == ("US", ())


def test_a_field_is_changed_when_it_means_something_else() -> None:
    assert changed(PROPERTY, {"name": "a"}, {"name": "b"})
    assert changed(PROPERTY, {}, {"name": "a"})
    assert not changed(PROPERTY, {"country": "US"}, {"country": "United States"})
    assert not changed(PROPERTY, {"name": "a"}, {})
