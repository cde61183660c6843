"""A client that follows the change feed has what the tables have, whatever writes them and in whatever order.

A seed decides the whole history. `FEED_RUNS` is the number of seeds, `FEED_SEED` the first one.
"""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from buildium_sync.composition.api import ApiComposition

import pytest

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.sync_status import FINAL
from buildium_sync.entity_types.registry import by_name
from buildium_sync.errors import BuildiumSyncError
from buildium_sync.store.dynamodb import from_attributes
from tests.aws import ENTITIES
from tests.flows.entity_stream import EntityStream
from tests.flows.schedule import Schedule
from tests.flows.system import OWNER, PROPERTY, System
from tests.flows.test_poll import ADDRESS, PERSON
from tests.harness.rounds import rounds_while
from tests.simulator import faults

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RUNS = int(os.environ.get("FEED_RUNS") or 8)
FIRST_SEED = int(os.environ.get("FEED_SEED") or 1)
TYPES = {"property": "rentals", "owner": "owners", "vendor": "vendors"}
NAME_FIELDS = {"property": "name", "owner": "lastName", "vendor": "lastName"}
BUILDIUM_NAMES = {"property": "Name", "owner": "LastName", "vendor": "LastName"}
EVENTS = {"property": ("Rental", "PropertyId"), "vendor": ("Vendor", "VendorId")}
VENDOR: dict[str, Any] = {"isCompany": False, "firstName": "Vic", "lastName": "Vendor"}
CREATES: dict[str, dict[str, Any]] = {"property": PROPERTY, "owner": OWNER, "vendor": VENDOR}
FAULTS: tuple[dict[str, Any], ...] = ({"kind": faults.STATUS, "status": 422}, {"kind": faults.RESET_AFTER})

Change = dict[str, Any]
Known = dict[str, Any]


class Follower:
    """An application that follows the feed from the beginning."""

    def __init__(self, rng: random.Random) -> None:
        self.entities: dict[EntityRef, Known] = {}
        self.seen: list[Change] = []
        self._rng = rng
        self._cursor: str | None = None

    def read(self) -> bool:
        """Apply one page; return whether there may be more."""
        page = ApiComposition.current().changes.page(None, limit=self._rng.randint(1, 20), cursor=self._cursor)
        self._cursor = page["nextCursor"]
        for change in page["items"]:
            self.seen.append(change)
            self._apply(change)
        return bool(page["hasMore"])

    def _apply(self, change: Change) -> None:
        ref = EntityRef(change["entityType"], change["entityId"])
        known = self.entities.setdefault(ref, {"version": 0, "fields": {}})
        if change["type"].startswith("Entity"):
            assert change["version"] == known["version"] + 1, "a version is missing, repeated or out of order"
            known["version"] = change["version"]
            values = {name: each for name, each in change["changes"].items() if each != "changed"}
            assert {name: each["old"] for name, each in values.items()} == {
                name: known["fields"].get(name) for name in values
            }
            known["fields"] |= {name: each["new"] for name, each in values.items()}
            assert change["externalId"] == known["fields"].get("externalId")
        if change["type"].startswith(("Sync", "Review")):
            known["status"], known["buildium_id"] = change["syncStatus"], change["buildiumId"]


class History:
    """One random history: clients, persons in Buildium, events, polls and imports."""

    def __init__(self, seed: int, system: System, patch: pytest.MonkeyPatch) -> None:
        self._rng = random.Random(seed)
        self._system = system
        self._buildium = system.buildium
        self.stream = EntityStream(system, patch, self._rng)
        self._schedule = Schedule(system, patch)
        self.follower = Follower(self._rng)
        self._number = 0

    def run(self) -> None:
        """Make random steps, and then let everything settle."""
        rare = [self.poll, self.import_all, self.create_in_buildium, self.delete_in_buildium, self.fault]
        steps: list[Callable[[], object]] = [*[self.create, self.update, self.edit_in_buildium] * 3, *rare]
        steps += [self.work, self.stream.deliver, self.follower.read] * 3 + [self.stream.deliver_again]
        self.stream.kill_probability = 0.1
        for _ in range(self._rng.randint(10, 30)):
            self._rng.choice(steps)()
        self._buildium.clear_faults()
        self._system.work(300)
        self.stream.kill_probability = 0.0
        self.stream.deliver_all()
        self.stream.deliver_again()
        for _ in rounds_while(self.follower.read):
            pass

    def create(self) -> None:
        """Have a client create an entity."""
        name = self._rng.choice(list(CREATES))
        self._system.create(name, {**CREATES[name], NAME_FIELDS[name]: self._name()})

    def update(self) -> None:
        """Have a client change an entity."""
        refs = self._refs()
        if not refs:
            return
        ref = self._rng.choice(refs)
        body = {"externalId": self._name(), NAME_FIELDS[ref.entity_type]: self._name()}
        names = self._rng.sample(list(body), self._rng.randint(1, 2))
        with suppress(BuildiumSyncError):
            stored = self._system.records.read(by_name(ref.entity_type), ref.entity_id)
            self._system.update(stored, {name: body[name] for name in names})

    def edit_in_buildium(self) -> None:
        """Have a person edit an entity in Buildium. Its event may be lost."""
        found = self._in_buildium()
        if found is None:
            return
        name, buildium_id = found
        self._buildium.edit(TYPES[name], buildium_id, {BUILDIUM_NAMES[name]: self._name()})
        self._send_event(name, buildium_id, "Updated")

    def create_in_buildium(self) -> None:
        """Have a person create an entity in Buildium."""
        name = self._rng.choice(["property", "vendor"])
        fields = {"Name": self._name()} if name == "property" else {**PERSON, "LastName": self._name()}
        made = self._buildium.create(TYPES[name], {**fields, "Address": ADDRESS})
        self._send_event(name, made["Id"], "Created")

    def delete_in_buildium(self) -> None:
        """Have a person delete an entity in Buildium."""
        found = self._in_buildium()
        if found is not None and found[0] == "vendor":
            self._buildium.delete(TYPES[found[0]], found[1])
            self._send_event(*found, "Deleted")

    def _send_event(self, name: str, buildium_id: int, operation: str) -> None:
        if name in EVENTS and self._rng.random() < 0.7:
            subject, field = EVENTS[name]
            with suppress(BuildiumSyncError):
                event = self._system.event(f"{subject}.{operation}", field, buildium_id)
                self._system.inbound.process_event(event)

    def fault(self) -> None:
        """Inject a fault into one of the next writes."""
        self._buildium.fault(**self._rng.choice(FAULTS), method="POST", path="/*")

    def poll(self) -> None:
        """Poll all types."""
        self._buildium.clear_faults()
        self._schedule.poll_later()

    def import_all(self) -> None:
        """Import the types."""
        self._buildium.clear_faults()
        self._schedule.import_all(*TYPES)

    def work(self) -> None:
        """Process some messages of the sync."""
        for _ in range(self._rng.randint(1, 4)):
            if self._system.queue.waiting:
                self._system.work_once()

    def _in_buildium(self) -> tuple[str, int] | None:
        state = self._buildium.state()
        found = [(name, each["Id"]) for name, many in TYPES.items() for each in state[many]]
        return self._rng.choice(found) if found else None

    def _refs(self) -> list[EntityRef]:
        return sorted(
            (ref for ref in tables(self._system.dynamodb) if ref.entity_type in TYPES), key=lambda ref: ref.pk
        )

    def _name(self) -> str:
        self._number += 1
        return f"Name {self._number}"


def tables(dynamodb: "DynamoDBClient") -> dict[EntityRef, Known]:
    """What the tables have, as a follower knows it."""
    found: dict[EntityRef, Known] = {}
    for response in dynamodb.get_paginator("scan").paginate(TableName=ENTITIES):
        for item in map(from_attributes, response["Items"]):
            if item["sk"] not in ("entity", "sync"):
                continue
            known = found.setdefault(EntityRef.from_pk(item["pk"]), {})
            if item["sk"] == "entity":
                others = {name: item[name] for name in ("deletedAt", "externalId") if name in item}
                known |= {"version": item["version"], "fields": {**item["fields"], **others}}
            else:
                known |= {"status": item["syncStatus"], "buildium_id": item.get("buildiumId")}
    return found


def comparable(known: Known, ref: EntityRef) -> Known:
    """Return values without secrets and missing ones. A sync that was deleted or has not ended has no event."""
    secrets = by_name(ref.entity_type).secret_fields
    fields = {name: value for name, value in known["fields"].items() if value is not None and name not in secrets}
    return {**known, "fields": fields}


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + RUNS))
def test_a_follower_of_the_feed_equals_the_tables(seed: int, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(seed, system, monkeypatch)
    history.run()
    expected = tables(system.dynamodb)
    assert history.follower.entities.keys() == expected.keys()
    for ref, stored in expected.items():
        known = history.follower.entities[ref]
        if stored["status"] == "deleted" or stored["status"] not in FINAL:
            known |= {"status": stored["status"], "buildium_id": stored["buildium_id"]}
        assert comparable(known, ref) == comparable(stored, ref)
    seen = [change["id"] for change in history.follower.seen]
    assert len(seen) == len(set(seen))
    changes = [detail for detail in system.bus.details if detail["type"] != "ImportFinished"]
    assert {detail["id"] for detail in changes} == set(seen)


def test_an_owner_edited_in_buildium_is_in_feed_and_bus(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    stream, schedule, follower = EntityStream(system, monkeypatch, rng), Schedule(system, monkeypatch), Follower(rng)
    rental = system.buildium.create("rentals", {"Name": "Theirs", "Address": ADDRESS})["Id"]
    owner = system.buildium.create("owners", {**PERSON, "Address": ADDRESS, "PropertyIds": [rental]})["Id"]
    schedule.import_all("property", "owner")
    system.buildium.edit("owners", owner, {"FirstName": "Edited"})
    schedule.poll_later()
    stream.deliver_all()
    for _ in rounds_while(follower.read):
        pass

    changes = [change for change in follower.seen if change["entityType"] == "owner"]
    assert [(change["type"], change["source"], change["version"]) for change in changes] == [
        ("EntityCreated", "import", 1),
        ("SyncSucceeded", "sync", 1),
        ("EntityUpdated", "poll", 2),
        ("SyncSucceeded", "sync", 2),
    ]
    edit = changes[2]
    assert edit["changes"]["firstName"]["new"] == "Edited"
    assert edit["buildiumId"] == owner
    [published] = [detail for detail in system.bus.details if detail["id"] == edit["id"]]
    assert published == {name: value for name, value in edit.items() if name != "changes"}
