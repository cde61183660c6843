"""Random actions and faults: Hypothesis chooses their order, and a seed the interleaving."""

import os
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule
from moto import mock_aws

from buildium_sync.domain.entity import EntityRef
from tests.aws import create_tables
from tests.faults.bodies import BUILDIUM_FIELDS, COLLECTIONS, LOCAL_FIELDS, body
from tests.faults.calls import Call, CallOutcome
from tests.faults.convergence import converge
from tests.faults.world import World
from tests.flows.schedule import NAMES
from tests.simulator import faults
from tests.simulator.faults import Fault

TYPES = [name for name in COLLECTIONS if name not in ("lease", "tenant", "bill", "work-order")]
BUILDIUM_FAULTS = [
    Fault(faults.RESET_BEFORE),
    Fault(faults.RESET_AFTER),
    Fault(faults.DELAY_AFTER, seconds=40),
    Fault(faults.ERROR_AFTER, status=502),
    Fault(faults.GARBAGE_AFTER),
    Fault(faults.STATUS, status=429),
    Fault(faults.STATUS, status=503),
    Fault(faults.STATUS, status=401),
]
"""Random faults of calls to Buildium. No entity causes one, so every sync must succeed."""
OUTCOMES = [
    CallOutcome.KILLED_BEFORE,
    CallOutcome.KILLED_AFTER,
    CallOutcome.LOST,
    CallOutcome.UNREACHABLE,
    CallOutcome.THROTTLED,
]
EXAMPLES = int(os.environ.get("RUNS") or 1) * 2


class Machine(RuleBasedStateMachine):
    """People on both sides, and faults, in an order that Hypothesis chooses."""

    refs: Bundle[EntityRef] = Bundle("refs")
    dynamodb: Any

    def __init__(self) -> None:
        super().__init__()
        self._mock = mock_aws()
        self._mock.start()
        create_tables(self.dynamodb)
        self._patch = pytest.MonkeyPatch()
        self.ids: dict[str, str] = {}
        self.names = 0

    @initialize(seed=st.integers(0, 10**6))
    def begin(self, seed: int) -> None:
        self.world = World(seed, self.dynamodb, self._patch)
        self.ids["property"] = self.world.create("properties", body("property", "First", {})).entity_id

    def name(self) -> str:
        """A unique name."""
        self.names += 1
        return f"Name {self.names}"

    @rule(target=refs, kind=st.sampled_from(TYPES))
    def a_client_creates(self, kind: str) -> Any:
        reply = self.world.request(
            "POST", f"/api/{COLLECTIONS[kind]}", body(kind, self.name(), self.ids), {"Prefer": "respond-async"}
        )
        return reply.ref if reply.status == 201 else multiple()

    @rule(ref=refs)
    def a_client_updates(self, ref: EntityRef) -> None:
        self.world.update(ref, {LOCAL_FIELDS[ref.entity_type]: self.name()})

    @rule(ref=refs, status=st.sampled_from(["Active", "Inactive"]))
    def a_client_sets_a_status(self, ref: EntityRef, status: str) -> None:
        property_id = ref.entity_id if ref.entity_type == "property" else self.ids["property"]
        self.world.update(EntityRef("property", property_id), {"status": status})

    @rule(ref=refs)
    def a_person_edits_in_buildium(self, ref: EntityRef) -> None:
        buildium_id = self.world.sync_of(ref).buildium_id
        buildium_type = NAMES[ref.entity_type]
        if buildium_id and self.world.buildium.entities.state.exists(buildium_type, buildium_id):
            self.world.buildium.edit(buildium_type, buildium_id, {BUILDIUM_FIELDS[ref.entity_type]: self.name()})

    @rule(kind=st.sampled_from(TYPES))
    def a_person_edits_the_newest_entity(self, kind: str) -> None:
        """This includes an entity of a lost create: its search then finds other values."""
        records = self.world.buildium.entities.state.all(NAMES[kind])
        newest = max((record.id for record in records), default=0)
        if newest and (kind, newest) not in self.world.seeds:
            self.world.buildium.edit(NAMES[kind], newest, {BUILDIUM_FIELDS[kind]: self.name()})

    @rule(ref=consumes(refs))
    def a_person_deletes_in_buildium(self, ref: EntityRef) -> None:
        buildium_id = self.world.sync_of(ref).buildium_id
        if buildium_id and ref.entity_type in ("task", "vendor"):
            self.world.buildium.delete(NAMES[ref.entity_type], buildium_id)

    @rule(likely=st.sampled_from([0.1, 0.5]), hidden=st.sampled_from([0.0, 20.0]))
    def buildium_gets_worse(self, likely: float, hidden: float) -> None:
        rng = self.world.rng
        self.world.buildium.fault_plan.draw = lambda _method, _path: (
            rng.choice(BUILDIUM_FAULTS) if rng.random() < likely else None
        )
        self.world.buildium.list_delay = lambda: hidden
        self.world.buildium.webhook_sender.duplicate_probability = likely

    @rule(likely=st.sampled_from([0.02, 0.1]))
    def aws_gets_worse(self, likely: float) -> None:
        rng = self.world.rng

        def inject(call: Call) -> CallOutcome | None:
            return rng.choice(OUTCOMES) if call.process != "api" and rng.random() < likely else None

        self.world.outcome_rules.append(inject)
        self.world.stream.duplicate_probability = self.world.bus.duplicate_probability = likely
        for queue in self.world.queues.values():
            queue.duplicate_probability = likely

    @rule()
    def everything_is_well(self) -> None:
        self.world.clear_faults()

    @rule()
    def an_operator_retries_all(self) -> None:
        self.world.send("POST", "/api/buildium/sync", {})

    @rule(seconds=st.sampled_from([0.3, 2.0, 20.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.run(seconds)

    def teardown(self) -> None:
        """Assert that the system converges without further faults."""
        try:
            if hasattr(self, "world"):
                self.world.clear_faults()
                self.world.run(600)
                assert self.world.request("POST", "/api/buildium/sync", {}).status == 200
                converge(self.world)
        finally:
            if hasattr(self, "world"):
                self.world.timeline.close()
            self._patch.undo()
            self._mock.stop()


@pytest.mark.brief
def test_random_faults_lose_and_duplicate_nothing(dynamodb_client: Any) -> None:
    Machine.dynamodb = dynamodb_client
    case = Machine.TestCase
    case.settings = settings(max_examples=EXAMPLES, stateful_step_count=12, deadline=None)
    case().runTest()
