"""The rule which entities a limited stack syncs."""

from dataclasses import replace
from typing import Any

import pytest

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.reference_contract import BuildiumReference
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.errors import BuildiumNotFound, OutOfScope
from buildium_sync.linking.property_scope import PropertyScope
from buildium_sync.store.entities import EntityWithSync

LISTED, OTHER, CREATED = 1, 2, 3
NOW = 1_795_356_000.0


class Store:
    """Fake of the entities table. `reads` counts the reads."""

    def __init__(self) -> None:
        self.kept: dict[EntityRef, EntityWithSync] = {}
        self.reads = 0

    def add(self, name: str, local_id: str, fields: dict[str, Any], buildium_id: int | None = None) -> EntityWithSync:
        ref = EntityRef(name, local_id)
        sync = SyncRecord.created_by_client(ref, "correlation", NOW)
        entity = Entity(ref, 1, fields, Origin.API, "", "", "correlation")
        self.kept[ref] = EntityWithSync(entity, replace(sync, buildium_id=buildium_id), ())
        return self.kept[ref]

    def load(self, ref: EntityRef) -> EntityWithSync | None:
        self.reads += 1
        return self.kept.get(ref)

    def sync_record(self, ref: EntityRef) -> SyncRecord | None:
        self.reads += 1
        return self.kept[ref].sync if ref in self.kept else None

    def local_ids(self, keys: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
        self.reads += 1
        linked = {(ref.entity_type, each.sync.buildium_id): ref.entity_id for ref, each in self.kept.items()}
        return {key: linked[key] for key in keys if key in linked}


class Buildium:
    """Fake of the client, with payloads by path."""

    def __init__(self) -> None:
        self.payloads: dict[str, dict[str, Any]] = {}
        self.paths: list[str] = []

    def read(self, path: str) -> dict[str, Any]:
        self.paths.append(path)
        if path not in self.payloads:
            raise BuildiumNotFound("no such entity", status=404)
        return self.payloads[path]


@pytest.fixture
def store() -> Store:
    """A local property of each kind, with a unit and a lease: listed `1`, other `2`, created `3`."""
    store = Store()
    for number in (LISTED, OTHER, CREATED):
        kept = store.add("property", f"p{number}", {}, number)
        created = number if number == CREATED else None
        store.kept[kept.entity.ref] = kept._replace(sync=replace(kept.sync, created_buildium_id=created))
        store.add("unit", f"u{number}", {"propertyId": f"p{number}"}, number * 10)
        store.add("lease", f"l{number}", {"unitId": f"u{number}"}, number * 100)
    return store


@pytest.fixture
def buildium() -> Buildium:
    return Buildium()


def scope_of(store: Store, buildium: Buildium, *property_ids: int) -> PropertyScope:
    return PropertyScope(frozenset(property_ids), store, buildium, lambda: NOW)  # type: ignore[arg-type]


@pytest.fixture
def scope(store: Store, buildium: Buildium) -> PropertyScope:
    return scope_of(store, buildium, LISTED)


def is_sent(scope: PropertyScope, store: Store, name: str, fields: dict[str, Any]) -> bool:
    return scope.outside_outbound(by_name(name), store.add(name, "new", fields)) is None


def line(property_id: str | int) -> dict[str, Any]:
    return {"accountingEntityType": "Rental", "accountingEntityId": property_id, "unitId": None}


@pytest.mark.parametrize("entity_type", all_types(), ids=lambda each: each.name)
def test_without_a_list_nothing_is_read(store: Store, buildium: Buildium, entity_type: Any) -> None:
    scope = scope_of(store, buildium)
    kept = store.add(entity_type.name, "x", {"leaseId": 900, "propertyId": OTHER}, 7)

    assert scope.outside_outbound(entity_type, kept) is None
    assert scope.outside_inbound(entity_type, 7, {"PropertyId": OTHER}, kept.entity.fields) is None
    assert scope.may_be_local(BuildiumReference("property", OTHER))
    assert (store.reads, buildium.paths) == (0, [])


@pytest.mark.parametrize(("number", "expected"), [(LISTED, True), (OTHER, False), (CREATED, True)])
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("unit", lambda n: {"propertyId": f"p{n}"}),
        ("unit", lambda n: {"propertyId": n}),
        ("owner", lambda n: {"propertyIds": [f"p{n}"]}),
        ("task", lambda n: {"propertyId": f"p{n}", "unitId": f"u{n}"}),
        ("work-order", lambda n: {"propertyId": f"p{n}"}),
        ("work-order", lambda n: {"unitId": n * 10}),
        ("bill", lambda n: {"lines": [line(f"p{n}")]}),
        ("lease", lambda n: {"unitId": f"u{n}"}),
        ("lease", lambda n: {"unitId": n * 10}),
        ("tenant", lambda n: {"leaseId": f"l{n}"}),
        ("lease-charge", lambda n: {"leaseId": f"l{n}"}),
        ("lease-payment-reversal", lambda n: {"leaseId": n * 100}),
        ("lease-move-out", lambda n: {"leaseId": f"l{n}"}),
        ("lease-renewal", lambda n: {"leaseId": f"l{n}"}),
        ("lease-rent-schedule", lambda n: {"leaseId": f"l{n}"}),
        ("lease-credit", lambda n: {"leaseId": f"l{n}"}),
        ("lease-payment", lambda n: {"leaseId": f"l{n}"}),
    ],
)
def test_an_entity_is_sent_if_its_property_is_in_scope(
    scope: PropertyScope, store: Store, buildium: Buildium, name: str, fields: Any, number: int, expected: bool
) -> None:
    assert is_sent(scope, store, name, fields(number)) is expected
    assert buildium.paths == []


@pytest.mark.parametrize(("number", "expected"), [(LISTED, True), (OTHER, False), (CREATED, True)])
def test_a_linked_property_is_in_scope_by_its_id(
    scope: PropertyScope, store: Store, number: int, expected: bool
) -> None:
    kept, property_type = store.kept[EntityRef("property", f"p{number}")], by_name("property")

    assert (scope.outside_outbound(property_type, kept) is None) is expected
    assert (scope.outside_inbound(property_type, number, {"Id": number}) is None) is expected
    assert (scope.outside_inbound(property_type, number, None, {}) is None) is expected


def test_a_property_that_is_not_in_buildium_is_sent(scope: PropertyScope, store: Store) -> None:
    assert is_sent(scope, store, "property", {})
    assert is_sent(scope, store, "unit", {"propertyId": "new"})


def test_an_id_that_another_create_made_is_not_in_scope(scope: PropertyScope, store: Store) -> None:
    kept = store.kept[EntityRef("property", "p2")]
    store.kept[kept.entity.ref] = kept._replace(sync=replace(kept.sync, created_buildium_id=CREATED))

    assert not is_sent(scope, store, "unit", {"propertyId": OTHER})


def test_a_person_needs_one_property_in_scope(scope: PropertyScope, store: Store) -> None:
    assert is_sent(scope, store, "owner", {"propertyIds": ["p2", "p1"]})
    assert is_sent(scope, store, "owner", {"propertyIds": []})
    assert is_sent(scope, store, "tenant", {"leaseId": "l2", "leaseIds": ["l2", "l1"]})


def test_a_bill_needs_all_properties_in_scope(scope: PropertyScope, store: Store) -> None:
    assert not is_sent(scope, store, "bill", {"lines": [line("p1"), line("p2")]})
    assert is_sent(scope, store, "bill", {"lines": [line("p1"), line("p3")]})


def test_a_bill_of_two_properties_is_read(scope: PropertyScope) -> None:
    lines = [{"AccountingEntity": {"Id": each, "AccountingEntityType": "Rental"}} for each in (OTHER, LISTED)]

    assert scope.outside_inbound(by_name("bill"), 7, {"Lines": lines}) is None
    assert scope.outside_inbound(by_name("bill"), 7, {"Lines": lines[:1]}) is not None


@pytest.mark.parametrize(("property_id", "expected"), [(LISTED, True), (OTHER, False)])
def test_an_unlinked_reference_is_read_in_buildium(
    scope: PropertyScope, store: Store, buildium: Buildium, property_id: int, expected: bool
) -> None:
    buildium.payloads = {"/leases/77": {"PropertyId": property_id}}

    assert is_sent(scope, store, "lease-charge", {"leaseId": 77}) is expected
    assert is_sent(scope, store, "tenant", {"leaseId": 77}) is expected
    assert buildium.paths == ["/leases/77"]


def test_a_reference_that_buildium_does_not_have_is_left_to_buildium(scope: PropertyScope, store: Store) -> None:
    assert is_sent(scope, store, "lease-charge", {"leaseId": 77})


def test_the_payload_decides_before_the_local_fields(scope: PropertyScope) -> None:
    unit = by_name("unit")

    assert scope.outside_inbound(unit, 20, {"PropertyId": LISTED}, {"propertyId": "p2"}) is None
    assert scope.outside_inbound(unit, 10, {"PropertyId": OTHER}, {"propertyId": "p1"}) is not None
    assert scope.outside_inbound(unit, 20, None, {"propertyId": "p2"}) is not None
    assert scope.outside_inbound(by_name("lease-rent-schedule"), 5, {"Id": 5}, {"leaseId": "l2"}) is not None


def test_only_properties_in_scope_may_become_local(scope: PropertyScope) -> None:
    may = {number: scope.may_be_local(BuildiumReference("property", number)) for number in (LISTED, OTHER, CREATED)}

    assert may == {LISTED: True, OTHER: False, CREATED: True}
    assert scope.may_be_local(BuildiumReference("lease", 900))


def test_the_error_names_the_field_the_property_and_the_remedies(scope: PropertyScope, store: Store) -> None:
    error = scope.outside_outbound(by_name("lease-charge"), store.add("lease-charge", "c", {"leaseId": "l2"}))

    assert str(error) == (
        "Buildium property 2 is not in BUILDIUM_PROPERTY_IDS, so this stack does not sync it. "
        "To sync it, add 2 to the setting or remove the reference in leaseId."
    )
    assert isinstance(error, OutOfScope)
    assert [each.field for each in error.errors] == ["leaseId"]


def test_the_error_of_an_association_offers_only_the_reference(scope: PropertyScope, store: Store) -> None:
    association = {**line(LISTED), "accountingEntityType": "Association"}
    error = scope.outside_outbound(by_name("bill"), store.add("bill", "b", {"lines": [association]}))

    assert str(error).endswith("To sync it, remove the reference in lines.")
