"""References: local ids and Buildium ids in one field."""

from typing import Any

import pytest
from pydantic import ValidationError

from buildium_sync.domain.entity_model import EntityModel, field_errors
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.reference_contract import NO_LINKS, BuildiumReference, Links, Reference
from buildium_sync.entity_types.fields import references

LINKS = Links({("property", "p1"): 101}, {("property", 101): "p1"})


class Job(EntityModel):
    """An entity with a required and an optional reference."""

    house: references.EntityReference
    vendor: references.EntityReference | None = None


def validated(body: Fields) -> Fields:
    """The fields of a valid body."""
    return Job.model_validate(body).model_dump(mode="json")


@pytest.mark.parametrize("value", ["p1", "7", "x" * 100, 1, 2**31 - 1])
def test_a_reference_is_a_local_or_buildium_id(value: Any) -> None:
    assert validated({"house": value, "vendor": value}) == {"house": value, "vendor": value}


def test_whitespace_around_a_local_id_is_removed() -> None:
    assert validated({"house": " p1 "}) == {"house": "p1", "vendor": None}


@pytest.mark.parametrize(
    "value", ["", "  ", "x" * 101, "a\0b", "\ud800", 0, -1, 2**31, 10**400, 7.0, True, ["p1"], {"id": 1}]
)
@pytest.mark.parametrize("field", ["house", "vendor"])
def test_an_invalid_reference_is_one_error_on_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({"house": "p1", field: value})
    assert [error.field for error in field_errors(caught.value)] == [field]


def test_a_required_reference_must_not_be_null() -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"house": None})


def test_local_ids_are_resolved_and_buildium_ids_unchanged() -> None:
    assert references.resolve(LINKS, "property", "p1") == 101
    assert references.resolve(LINKS, "property", 555) == 555
    assert references.resolve(LINKS, "property", None) is None


def test_an_unlinked_local_id_raises() -> None:
    with pytest.raises(KeyError):
        references.resolve(NO_LINKS, "property", "p1")


def test_a_string_of_digits_is_a_local_id() -> None:
    assert references.local_references("propertyId", "property", "7") == (Reference("propertyId", "property", "7"),)


def test_a_linked_buildium_id_becomes_the_local_id() -> None:
    assert references.to_reference(LINKS, "property", 101) == "p1"
    assert references.to_reference(LINKS, "property", 555) == 555
    assert references.to_reference(LINKS, "vendor", 101) == 101


@pytest.mark.parametrize("empty", [None, 0])
def test_an_empty_id_is_no_reference(empty: int | None) -> None:
    assert references.to_reference(LINKS, "property", empty) is None
    assert references.remote_references("property", empty) == ()


def test_only_a_local_id_is_a_dependency() -> None:
    assert references.local_references("propertyId", "property", "p1") == (Reference("propertyId", "property", "p1"),)
    assert references.local_references("propertyId", "property", 101) == ()
    assert references.local_references("propertyId", "property", None) == ()


def test_every_buildium_id_is_a_remote_reference() -> None:
    assert references.remote_references("property", 101) == (BuildiumReference("property", 101),)
