"""The filters of lists, as clients request them."""

from typing import Any

import pytest

from buildium_sync.api.list_filter import ListFilter, filter_names, read_filter
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.errors import MalformedRequest

OWNER = by_name("owner")


def read(**query: str) -> ListFilter | None:
    return read_filter(query, OWNER)


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_every_reference_field_is_a_filter(entity_type: Any) -> None:
    names = filter_names(entity_type)
    references = [name.removesuffix("s") for name in entity_type.reference_fields]
    assert list(names[: len(references)]) == references
    assert ("status" in names) == ("status" in entity_type.field_names)
    assert names[-2:] == ("syncStatus", "updatedSince")
    assert len(set(names)) == len(names)


def test_a_list_without_a_filter_has_none() -> None:
    assert read(limit="2") is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("propertyId", "8f0c", "8f0c"),
        ("propertyId", "501", "501"),
        ("buildiumId", "501", "501"),
        ("buildiumId", "0501", "501"),
        ("status", "active", "Active"),
        ("syncStatus", "needs_review", "needs_review"),
        ("updatedSince", "2026-11-22T14:00:00Z", "2026-11-22T14:00:00.000Z"),
        ("updatedSince", "2026-11-22T15:00:00.1234567+01:00", "2026-11-22T14:00:00.123Z"),
    ],
)
def test_a_filter_has_its_value_in_the_stored_form(name: str, text: str, value: str) -> None:
    assert read(**{name: text}) == ListFilter(name, value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("propertyId", ""),
        ("propertyId", "x" * 65),
        ("propertyId", "é"),
        ("buildiumId", ""),
        ("buildiumId", "0"),
        ("buildiumId", "٣"),
        ("buildiumId", "2147483648"),
        ("buildiumId", "9" * 4301),
        ("status", "Past"),
        ("status", ""),
        ("syncStatus", "Failed"),
        ("updatedSince", ""),
        ("updatedSince", "yesterday"),
        ("updatedSince", "2026-11-22"),
        ("updatedSince", "2026-11-22T14:00:00"),
        ("updatedSince", "2026-11-22T14:00:00 01:00"),
        ("updatedSince", "0001-01-01T00:00:00+23:59"),
        ("updatedSince", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_an_invalid_value_names_its_filter(name: str, text: str) -> None:
    with pytest.raises(MalformedRequest, match=f"^{name} must be ") as rejected:
        read(**{name: text})
    assert [error.field for error in rejected.value.errors] == [name]


def test_several_filters_are_rejected_with_the_supported_ones() -> None:
    with pytest.raises(MalformedRequest) as rejected:
        read(syncStatus="failed", propertyId="7")
    assert [error.field for error in rejected.value.errors] == ["propertyId", "syncStatus"]
    assert str(rejected.value).startswith("propertyId and syncStatus cannot be combined")
    assert all(name in str(rejected.value) for name in filter_names(OWNER))
