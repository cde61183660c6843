"""The external id in the body of a create or an update."""

from typing import Any

import pytest

from buildium_sync.api.entity_body import EntityBody
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import InvalidFields

OWNER = by_name("owner")


@pytest.mark.parametrize(
    "ids",
    [
        {"externalId": "A", "external_id": "B"},
        {"external_id": "A", "externalId": None},
        {"externalId": None, "external_id": "A"},
    ],
)
def test_two_different_external_ids_are_both_named(ids: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields) as rejected:
        EntityBody.read(OWNER, ids)
    assert [(error.field, error.message) for error in rejected.value.errors] == [
        ("externalId", "externalId and external_id must be equal"),
        ("external_id", "externalId and external_id must be equal"),
    ]


@pytest.mark.parametrize("ids", [{"externalId": "A"}, {"external_id": "A"}, {"externalId": "A", "external_id": "A"}])
def test_an_owners_external_id_has_either_name(ids: dict[str, Any]) -> None:
    assert EntityBody.read(OWNER, {"firstName": "Ada", **ids}) == EntityBody(
        {"firstName": "Ada"}, "A", sets_external_id=True
    )
