"""A reference by Buildium id behaves like one by local id, and a deleted entity cannot be referenced."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import by_name, listed_types
from buildium_sync.errors import InvalidFields
from tests.flows.system import PROPERTY, System
from tests.flows.test_types import CASES, PAST_THE_ECHO, Made, known, synced
from tests.simulator import Simulator

WRITABLE = [each for each in listed_types() if not each.is_read_only]
REFERENCES = [(each.name, field, kind) for each in WRITABLE for field, kind in each.reference_fields.items()]
EVERY_REFERENCE = pytest.mark.parametrize(("name", "field", "kind"), [*REFERENCES, ("bill", "lines", "property")])
EVERY_NUMBER = pytest.mark.parametrize(
    ("name", "field", "kind"),
    [*(each for each in REFERENCES if each[1] != "propertyIds"), ("bill", "lines", "property")],
)
"""An owner refers only to properties that exist locally."""
LISTS = ("propertyIds", "tenantIds")
CHAIN = ("property", "unit", "vendor", "task", "work-order", "lease", "tenant")


def chain(system: System) -> Made:
    """One synced entity of each type that a field may refer to."""
    made: Made = {}
    for name in CHAIN:
        made[name] = system.create(name, CASES[name].body(made))
    system.work()
    assert {system.sync_of(kept).status for kept in made.values()} == {Status.SYNCED}
    return made


def body(name: str, field: str, value: Any, made: Made) -> Fields:
    """A body with a reference in a field."""
    found = CASES[name].body(made) | ({"unitNumber": "2B"} if name == "unit" else {})
    if field == "lines":
        return {**found, "lines": [{**line, "accountingEntityId": value} for line in found["lines"]]}
    if field == "unitId" and name in ("task", "work-order"):
        found["propertyId"] = made["property"].entity.ref.entity_id
    if name == "work-order" and field in ("propertyId", "unitId"):
        found = {"title": "Fix the tap", **{each: found[each] for each in found if each != "taskId"}}
    return {**found, field: [value] if field in LISTS else value}


def named(fields: Fields, field: str) -> Any:
    """The reference in a field."""
    if field == "lines":
        return fields["lines"][0]["accountingEntityId"]
    return fields[field][0] if field in LISTS else fields[field]


def stranger(buildium: Simulator, kind: str, made: Made, system: System) -> dict[str, Any]:
    """A Buildium entity without a local entity."""
    fields: dict[str, Any] = {}
    if kind == "unit":
        fields = {"PropertyId": buildium.create("rentals")["Id"], "UnitNumber": "77"}
    if kind == "property":
        fields = {"Address": buildium.get("rentals", known(system, made["property"]))["Address"]}
    if kind == "lease":
        fields = {"UnitId": known(system, made["unit"])}
    if kind == "tenant":
        fields = {"FirstName": "Noor", "LastName": "Haddad"}
    if kind == "work-order":
        fields = {"VendorId": known(system, made["vendor"])}
    return buildium.create(CASES[kind].remote, fields)


def create_local(system: System, kind: str, buildium_id: int) -> str:
    case = CASES[kind]
    system.inbound.process_event(system.event(f"{case.subject}.Created", case.id_field, buildium_id), 99)
    return system.store.local_ids([(kind, buildium_id)])[kind, buildium_id]


def deleted(system: System, kind: str, kept: StoredEntity) -> StoredEntity:
    """An entity after its deletion in Buildium."""
    case = CASES[kind]
    system.clock.sleep(PAST_THE_ECHO)
    system.buildium.delete(case.remote, known(system, kept))
    system.inbound.process_event(system.event(f"{case.subject}.Deleted", case.id_field, known(system, kept)))
    assert system.records.read(kept.entity_type, kept.entity.ref.entity_id).entity.deleted_at
    return kept


class TestBuildiumIds:
    @EVERY_REFERENCE
    def test_a_buildium_id_is_stored_as_the_local_id(self, name: str, field: str, kind: str, system: System) -> None:
        made = chain(system)
        number, local_id = known(system, made[kind]), made[kind].entity.ref.entity_id

        kept = system.create(name, body(name, field, number, made))
        system.work()

        assert (named(kept.entity.fields, field), system.sync_of(kept).status) == (local_id, Status.SYNCED)

    @EVERY_REFERENCE
    def test_a_reference_can_be_sent_back_by_either_id(self, name: str, field: str, kind: str, system: System) -> None:
        made = chain(system)
        number, local_id = known(system, made[kind]), made[kind].entity.ref.entity_id
        kept = system.create(name, body(name, field, number, made))
        system.work()
        before = system.records.read(kept.entity_type, kept.entity.ref.entity_id)
        again = {value: {field: body(name, field, value, made)[field]} for value in (number, local_id)}

        for sent in again.values():
            assert system.update(kept, sent).entity.fields[field] == before.entity.fields[field]

    @EVERY_NUMBER
    def test_a_buildium_id_refers_to_the_entity_imported_later(
        self, name: str, field: str, kind: str, system: System, buildium: Simulator
    ) -> None:
        made = chain(system)
        theirs = stranger(buildium, kind, made, system)
        sent = body(name, field, theirs["Id"], made)
        if field == "unitId" and "propertyId" in sent:
            sent["propertyId"] = theirs["PropertyId"]
        kept = system.create(name, sent)
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        assert named(system.fields_of(kept), field) == theirs["Id"]
        puts = system.calls("PUT")

        local_id = create_local(system, kind, theirs["Id"])
        system.update(kept, {field: sent[field]})
        if field != "lines":
            system.update(kept, {field: body(name, field, local_id, made)[field]})
        system.work()
        case = CASES[name]
        system.inbound.process_event(system.event(f"{case.subject}.Updated", case.id_field, known(system, kept)), 99)

        record = system.sync_of(kept)
        shown = by_name(name).from_buildium(buildium.get(case.remote, known(system, kept)), NO_LINKS)
        expected = local_id if field in {*shown, *by_name(name).linked_fields} else theirs["Id"]
        assert named(system.fields_of(kept), field) == expected
        assert (record.status, record.conflicts, system.calls("PUT")) == (Status.SYNCED, [], puts)

    def test_a_propertys_buildium_id_finds_its_auto_created_unit(self, system: System, buildium: Simulator) -> None:
        property_ = system.create("property", PROPERTY)
        system.work()
        sent = CASES["unit"].body({"property": property_})
        unit = system.create("unit", {**sent, "propertyId": known(system, property_)})
        system.work()

        assert [theirs["Id"] for theirs in buildium.state()["units"]] == [known(system, unit)]
        assert system.calls("POST", "/v1/rentals/units") == 0

    def test_an_owner_cannot_name_a_property_by_both_ids(self, system: System) -> None:
        made = chain(system)
        both = [known(system, made["property"]), made["property"].entity.ref.entity_id]

        with pytest.raises(InvalidFields, match="duplicates"):
            system.create("owner", {**CASES["owner"].body(made), "propertyIds": both})

    def test_a_line_keeps_its_id_under_a_buildium_property_id(self, system: System, buildium: Simulator) -> None:
        kept = synced(system, CASES["bill"])
        system.clock.sleep(PAST_THE_ECHO)
        system.inbound.process_event(system.event("Bill.Updated", "BillId", known(system, kept)), 99)
        lines = system.fields_of(kept)["lines"]
        [number] = {line["AccountingEntity"]["Id"] for line in buildium.get("bills", known(system, kept))["Lines"]}
        sent = [{"accountingEntityId": number, "amount": line["amount"] + 1, "memo": line["memo"]} for line in lines]

        changed = system.update(kept, {"lines": sent}).entity.fields["lines"]

        assert [(line["id"], line["accountingEntityId"]) for line in changed] == [
            (line["id"], line["accountingEntityId"]) for line in lines
        ]


class TestDeletedReferences:
    @pytest.mark.parametrize("by", ["local id", "buildium id"])
    @EVERY_REFERENCE
    def test_a_reference_to_a_deleted_entity_is_rejected(
        self, name: str, field: str, kind: str, by: str, system: System
    ) -> None:
        made = chain(system)
        gone = deleted(system, kind, made[kind])
        value = gone.entity.ref.entity_id if by == "local id" else known(system, gone)
        others = made if name == kind else {**made, kind: system.create(kind, CASES[kind].body(chain(system)))}

        with pytest.raises(InvalidFields) as caught:
            system.create(name, body(name, field, value, others))

        assert {error.field for error in caught.value.errors} == {field}
        assert "deleted" in caught.value.errors[0].message

    @EVERY_REFERENCE
    def test_an_existing_reference_to_a_deleted_entity_is_kept(
        self, name: str, field: str, kind: str, system: System
    ) -> None:
        made = chain(system)
        kept = system.create(name, body(name, field, made[kind].entity.ref.entity_id, made))
        system.work()
        number = known(system, made[kind])
        deleted(system, kind, made[kind])
        before = system.records.read(kept.entity_type, kept.entity.ref.entity_id)

        assert system.update(kept, before.to_list_item()).entity == before.entity
        if field != "lines":
            assert system.update(kept, {field: body(name, field, number, made)[field]}).entity == before.entity


class TestAssociations:
    def test_an_association_is_not_mistaken_for_a_property(self, system: System, buildium: Simulator) -> None:
        made = chain(system)
        number = known(system, made["property"])
        theirs = buildium.create(
            "tasks", {"Title": "Mow", "Property": {"Id": number, "Type": "Association", "Href": None}}
        )
        local_id = create_local(system, "task", theirs["Id"])
        kept = system.records.read(by_name("task"), local_id)

        assert kept.entity.fields["propertyId"] == number
        assert system.update(kept, kept.to_list_item()).entity == kept.entity
        changed = system.update(kept, {**kept.to_list_item(), "title": "Mow twice"}).entity
        system.inbound.process_event(system.event("Task.Updated", "TaskId", theirs["Id"]), 99)

        assert changed.fields["propertyId"] == system.fields_of(kept)["propertyId"] == number
