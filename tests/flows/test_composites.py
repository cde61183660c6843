"""Composite values that both sides change: both sides get one complete value, and the history has the other."""

from dataclasses import dataclass
from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.merge import Side, differs
from buildium_sync.domain.sync_status import Status
from buildium_sync.linking.id_links import resolve_links
from buildium_sync.observability import metrics
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_conflicts import counted
from tests.flows.test_history import history
from tests.flows.test_types import CASES, PAST_THE_ECHO, known, synced
from tests.simulator import Simulator

POLICIES = {Side.LOCAL: "local", Side.REMOTE: "buildium"}
"""The policy by which each side wins."""
_PORTLAND = {"addressLine1": "77 Pine Street", "city": "Portland", "state": "OR", "postalCode": "97209"}
_TORONTO = {
    "AddressLine1": "1 Bay Street",
    "AddressLine2": "Suite 9",
    "AddressLine3": None,
    "City": "Toronto",
    "State": "ON",
    "PostalCode": "M5J 2R8",
    "Country": "Canada",
}
_OWNER_PORTLAND = {f"primary{name[0].upper()}{name[1:]}": part for name, part in _PORTLAND.items()}
_OWNER_ADDRESS = {
    "AddressLine1": OWNER["primaryAddressLine1"],
    "AddressLine2": "Suite 9",
    "AddressLine3": None,
    "City": OWNER["primaryCity"],
    "State": OWNER["primaryState"],
    "PostalCode": OWNER["primaryPostalCode"],
    "Country": "UnitedStates",
}


@dataclass(frozen=True)
class Edits:
    """Edits of one composite value, by a client and in Buildium."""

    name: str
    local: dict[str, Any]
    remote: dict[str, Any]


EDITS = {
    "an owner moves": Edits("owner", {**_OWNER_PORTLAND, "primaryCountry": "US"}, {"Address": _TORONTO}),
    "an owner moves, one part in Buildium": Edits("owner", _OWNER_PORTLAND, {"Address": _OWNER_ADDRESS}),
    "an owner's agreement": Edits(
        "owner",
        {"managementAgreementEndDate": "2026-06-30"},
        {"ManagementAgreementStartDate": "2026-09-01"},
    ),
    "an owner's name": Edits("owner", {"firstName": "Mary"}, {"LastName": "Roe"}),
    "a property": Edits("property", _PORTLAND, {"Address": _TORONTO}),
    "a unit": Edits("unit", _PORTLAND, {"Address": _TORONTO}),
    "a vendor": Edits("vendor", {**_PORTLAND, "country": "US"}, {"Address": _TORONTO}),
    "a lease's term": Edits("lease", {"leaseToDate": "2026-03-31"}, {"LeaseFromDate": "2026-05-01"}),
    "a lease without an end": Edits(
        "lease", {"leaseType": "AtWill", "leaseToDate": None}, {"LeaseToDate": "2027-06-30"}
    ),
    "a bill's dates": Edits("bill", {"dueDate": "2026-01-10"}, {"Date": "2026-01-20"}),
}
_ELSEWHERE: dict[str, dict[str, Any]] = {
    "owner": {"comment": "New"},
    "property": {"structureDescription": "New"},
    "unit": {"description": "New"},
    "vendor": {"comments": "New"},
    "lease": {"isEvictionPending": True},
    "bill": {"memo": "New"},
}
"""An edit of another value."""
EVERY_EDIT = pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS)
EITHER_WINS = pytest.mark.parametrize("winner", Side)


@pytest.fixture
def policy(winner: Side) -> str:
    return POLICIES[winner]


def shown(system: System, buildium: Simulator, kept: StoredEntity) -> Fields:
    """Return what Buildium has of an entity, mapped to local fields."""
    message = buildium.get(CASES[kept.entity.ref.entity_type].remote, known(system, kept))
    links = resolve_links(system.store, kept.entity_type, system.fields_of(kept), message)
    return kept.entity_type.from_buildium(message, links)


def receive_event(system: System, kept: StoredEntity) -> None:
    """Apply the event of an edit in Buildium."""
    case = CASES[kept.entity.ref.entity_type]
    system.clock.sleep(1)
    system.inbound.process_event(system.event(f"{case.subject}.Updated", case.id_field, known(system, kept)))


def both_edit(system: System, buildium: Simulator, edits: Edits) -> tuple[StoredEntity, dict[Side, Fields]]:
    """Return an entity that both sides have edited, and each side's complete value."""
    kept = synced(system, CASES[edits.name])
    system.clock.sleep(PAST_THE_ECHO)
    kept = system.update(kept, edits.local)
    buildium.edit(CASES[edits.name].remote, known(system, kept), edits.remote)
    value = kept.entity_type.composite_of(next(iter(edits.local)))
    sides = {Side.LOCAL: system.fields_of(kept), Side.REMOTE: shown(system, buildium, kept)}
    return kept, {side: {name: fields.get(name) for name in value} for side, fields in sides.items()}


def assert_is_one_sides(
    system: System, buildium: Simulator, kept: StoredEntity, values: dict[Side, Fields], winner: Side
) -> None:
    """Assert that both sides have the winning value, and that no part of the other is lost."""
    same, loser = kept.entity_type.values_equal, values[Side.REMOTE if winner is Side.LOCAL else Side.LOCAL]
    assert system.sync_of(kept).status is Status.SYNCED
    assert not differs(kept.entity_type, system.fields_of(kept), values[winner])
    remote = shown(system, buildium, kept)
    assert not differs(
        kept.entity_type, remote, {name: values[winner][name] for name in values[winner] if name in remote}
    )
    lost = {name for name, part in values[winner].items() if not same(name, part, loser[name])}
    entries = [entry for entry in history(system, kept) if set(entry["conflict"]) == lost]
    assert [{name: entry["changes"][name]["old"] for name in lost} for entry in entries] == [
        {name: loser[name] for name in lost}
    ]
    notes = system.sync_of(kept).to_response()["conflicts"]
    assert {note["field"]: note["winner"] for note in notes} == dict.fromkeys(lost, winner)


class TestCompositeValues:
    @EITHER_WINS
    @EVERY_EDIT
    def test_a_conflict_splits_no_composite_value(
        self, system: System, buildium: Simulator, edits: Edits, winner: Side
    ) -> None:
        kept, values = both_edit(system, buildium, edits)
        system.work()

        assert_is_one_sides(system, buildium, kept, values, winner)

    @EITHER_WINS
    @EVERY_EDIT
    def test_an_early_event_splits_no_composite_value(
        self, system: System, buildium: Simulator, edits: Edits, winner: Side
    ) -> None:
        kept, values = both_edit(system, buildium, edits)
        receive_event(system, kept)
        system.work()

        assert_is_one_sides(system, buildium, kept, values, winner)

    @EITHER_WINS
    @EVERY_EDIT
    def test_a_concurrent_client_write_splits_no_composite_value(
        self, system: System, buildium: Simulator, edits: Edits, winner: Side
    ) -> None:
        kept, values = both_edit(system, buildium, edits)
        path = kept.entity_type.read_path(known(system, kept))
        system.during(f"/v1{path}", lambda: system.update(kept, _ELSEWHERE[edits.name]), "GET")
        system.work()

        assert_is_one_sides(system, buildium, kept, values, winner)


class TestConflicts:
    @EITHER_WINS
    def test_a_conflicting_address_counts_as_one_conflict(
        self, system: System, buildium: Simulator, winner: Side, capsys: pytest.CaptureFixture[str]
    ) -> None:
        both_edit(system, buildium, EDITS["an owner moves"])
        metrics.clear_metrics()
        system.work()

        assert counted(capsys) == 1

    @EITHER_WINS
    def test_a_lost_update_does_not_conflict_with_the_next_update(
        self, system: System, buildium: Simulator, winner: Side
    ) -> None:
        kept = synced(system, CASES["property"])
        system.clock.sleep(PAST_THE_ECHO)
        buildium.fault("reset_after", method="PUT", path="/rentals/*")
        kept = system.update(kept, _PORTLAND)
        system.work_once()
        assert shown(system, buildium, kept)["city"] == "Portland"
        kept = system.update(kept, {"addressLine2": "Floor 2"})
        system.work()

        expected = {**_PORTLAND, "addressLine2": "Floor 2"}
        assert not differs(kept.entity_type, system.fields_of(kept), expected)
        assert not differs(kept.entity_type, shown(system, buildium, kept), expected)
        assert system.sync_of(kept).to_response()["conflicts"] == []


class TestSets:
    @EITHER_WINS
    @pytest.mark.parametrize("has_event", [False, True])
    def test_a_set_merges_additions_and_removals_of_both_sides(
        self, system: System, buildium: Simulator, winner: Side, has_event: bool
    ) -> None:
        properties = [system.create("property", {**PROPERTY, "name": name}) for name in "abcd"]
        a, b, c, d = (each.entity.ref.entity_id for each in properties)
        kept = system.create("owner", {**OWNER, "propertyIds": [a, b]})
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        kept = system.update(kept, {"propertyIds": [a, c]})
        numbers = [known(system, properties[place]) for place in (0, 1, 3)]
        buildium.edit("owners", known(system, kept), {"PropertyIds": numbers})
        if has_event:
            receive_event(system, kept)
        system.work()

        assert set(system.fields_of(kept)["propertyIds"]) == {a, c, d}
        assert set(shown(system, buildium, kept)["propertyIds"]) == {a, c, d}
        assert (system.sync_of(kept).to_response()["conflicts"], system.sync_of(kept).status) == ([], Status.SYNCED)

    @EITHER_WINS
    def test_entry_contacts_merge_additions_of_both_sides(
        self, system: System, buildium: Simulator, winner: Side
    ) -> None:
        kept = synced(system, CASES["work-order"])
        system.clock.sleep(PAST_THE_ECHO)
        local, remote = (buildium.create("tenants", {})["Id"] for _ in range(2))
        kept = system.update(kept, {"entryContactIds": [local]})
        buildium.edit("workorders", known(system, kept), {"EntryContacts": [{"Id": remote}]})
        system.work()

        assert system.fields_of(kept)["entryContactIds"] == [local, remote]
        assert set(shown(system, buildium, kept)["entryContactIds"]) == {local, remote}
