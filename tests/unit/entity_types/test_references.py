"""References: our ids and Buildium's in one field."""

from typing import Any

import pytest
from pydantic import ValidationError

from buildium_sync.domain.entity_model import EntityModel, field_errors
from buildium_sync.domain.entity_type import NO_LINKS, BuildiumReference, Fields, Links, Reference
from buildium_sync.entity_types.fields import references

LINKS = Links({("property", "p1"): 101}, {("property", 101): "p1"})


class Job(EntityModel):
    """An entity with a reference that it needs and one that it may have."""

    house: references.EntityReference
    vendor: references.EntityReference | None = None


def validated(body: Fields) -> Fields:
    """The fields of a body that is right."""
    return Job.model_validate(body).model_dump(mode="json")


@pytest.mark.parametrize("value", ["p1", "7", "x" * 100, 1, 2**31 - 1])
def test_a_reference_is_an_id_of_ours_or_one_of_buildiums(value: Any) -> None:
    assert validated({"house": value, "vendor": value}) == {"house": value, "vendor": value}


def test_white_space_around_an_id_of_ours_is_dropped() -> None:
    assert validated({"house": " p1 "}) == {"house": "p1", "vendor": None}


@pytest.mark.parametrize(
    "value", ["", "  ", "x" * 101, "a\0b", "\ud800", 0, -1, 2**31, 10**400, 7.0, True, ["p1"], {"id": 1}]
)
@pytest.mark.parametrize("field", ["house", "vendor"])
def test_a_wrong_reference_is_one_error_under_the_fields_own_name(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({"house": "p1", field: value})
    assert [error.field for error in field_errors(caught.value)] == [field]


def test_a_reference_that_is_needed_is_not_null() -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"house": None})


def test_an_id_of_ours_is_resolved_and_one_of_buildiums_is_taken_as_it_is() -> None:
    assert references.resolve(LINKS, "property", "p1") == 101
    assert references.resolve(LINKS, "property", 555) == 555
    assert references.resolve(LINKS, "property", None) is None


def test_an_id_of_ours_that_is_not_in_buildium_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        references.resolve(NO_LINKS, "property", "p1")


def test_a_text_of_digits_is_an_id_of_ours() -> None:
    assert references.ours("propertyId", "property", "7") == (Reference("propertyId", "property", "7"),)


def test_a_buildium_id_becomes_ours_where_we_keep_the_entity() -> None:
    assert references.local(LINKS, "property", 101) == "p1"
    assert references.local(LINKS, "property", 555) == 555
    assert references.local(LINKS, "vendor", 101) == 101


@pytest.mark.parametrize("empty", [None, 0])
def test_an_empty_id_is_no_reference(empty: int | None) -> None:
    assert references.local(LINKS, "property", empty) is None
    assert references.theirs("property", empty) == ()


def test_only_an_id_of_ours_must_be_in_buildium_before() -> None:
    assert references.ours("propertyId", "property", "p1") == (Reference("propertyId", "property", "p1"),)
    assert references.ours("propertyId", "property", 101) == ()
    assert references.ours("propertyId", "property", None) == ()


def test_every_id_that_buildium_shows_may_be_one_of_ours() -> None:
    assert references.theirs("property", 101) == (BuildiumReference("property", 101),)
