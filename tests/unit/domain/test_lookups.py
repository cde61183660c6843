"""The lookups of an entity are derived from its fields and its sync alone."""

from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.lookups import changed_lookups, entity_lookups, sync_lookups
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name

CREATED, CHANGED = "2026-11-22T14:00:00.000Z", "2026-11-22T15:00:00.000Z"
PENDING = SyncRecord(EntityRef("unit", "7"), 1, Status.PENDING, CREATED, CHANGED, "c", requested_at=CHANGED)


def entity(name: str, **fields: Any) -> Entity:
    return Entity(EntityRef(name, "7"), 1, fields, Origin.API, CREATED, CHANGED, "c")


def of(name: str, in_buildium: bool | None = None, /, **fields: Any) -> set[str]:
    lookups = entity_lookups(by_name(name), entity(name, **fields), in_buildium=in_buildium)
    return {each for each in lookups if each.partition("#")[0] not in ("status", "updated")}


def test_lookups_have_the_time_of_creation_or_change() -> None:
    assert entity_lookups(by_name("unit"), entity("unit", propertyId="p", status="Inactive")) == {
        "propertyId#p": CREATED,
        "status#Inactive": CREATED,
        "updated": CHANGED,
    }
    assert sync_lookups(PENDING) == {"syncStatus#pending": CREATED}


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_every_reference_field_has_a_lookup(entity_type: Any) -> None:
    for field in entity_type.reference_fields:
        name = field.removesuffix("s")
        assert of(entity_type.name, **{field: "a"}) == {f"{name}#a"}
        assert of(entity_type.name, **{field: [501, "b"]}) == {f"{name}#buildium#501", f"{name}#b"}
        assert of(entity_type.name, **{field: None}) == set()


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_a_new_entity_of_a_type_with_a_status_is_active(entity_type: Any) -> None:
    lookups = entity_lookups(entity_type, entity(entity_type.name))
    assert ("status#Active" in lookups) == ("status" in entity_type.remote_owned_fields)


def test_a_local_id_is_no_buildium_id() -> None:
    assert of("unit", propertyId="501").isdisjoint(of("unit", propertyId=501))


def test_a_tenant_is_found_by_each_lease() -> None:
    assert of("tenant", leaseId="a", leaseIds=["a", 501]) == {"leaseId#a", "leaseId#buildium#501"}


def test_a_lease_in_buildium_has_its_tenants_there() -> None:
    fields = {"tenantIds": ["a"], "buildiumTenantIds": [501]}
    assert of("lease", False, **fields) == {"tenantId#a"}
    assert of("lease", True, **fields) == {"tenantId#buildium#501"}
    assert of("lease", **fields) == {"tenantId#a", "tenantId#buildium#501"}


def test_a_new_version_keeps_the_lookup_of_the_sync() -> None:
    before = {"syncStatus#failed": CREATED, "propertyId#p": CREATED, "updated": CREATED}
    after = changed_lookups(before, by_name("unit"), entity("unit", propertyId="q"), None)
    assert after == {
        "syncStatus#failed": CREATED,
        "propertyId#q": CREATED,
        "status#Active": CREATED,
        "updated": CHANGED,
    }


def test_a_new_revision_keeps_the_lookups_of_the_fields() -> None:
    before = {"syncStatus#failed": CREATED, "propertyId#p": CREATED}
    after = changed_lookups(before, by_name("unit"), None, replace(PENDING, status=Status.SYNCED))
    assert after == {"syncStatus#synced": CREATED, "propertyId#p": CREATED}
