"""A sync function that is killed during a batch."""

from dataclasses import dataclass

from tests.e2e.api import AT_ONCE, Api, unique
from tests.e2e.waiting import eventually, status_becomes
from tests.e2e.workers import kill_workers
from tests.simulator import RemoteSimulator
from tools.local_cloud.processes import Process

OWNERS = 10
PATH = "/rentals/owners"


@dataclass(frozen=True)
class KilledBatch:
    """Owners whose sync was running or pending."""

    last_name: str
    ids: tuple[str, ...]


def kill_in_a_batch(api: Api, simulator: RemoteSimulator, emulator: Process, function: str) -> KilledBatch:
    """Create owners while Buildium is slow, then kill the function during a batch.

    The first create delays the stream until more have arrived, so that the next invocation gets a batch. In it, two
    creates lose their responses, one is applied after the kill, and the rest may be unsent.
    """
    property_id = api.create_property(unique("Home"))["property"]["id"]
    last_name = unique("Killed")
    simulator.fault("latency", "POST", PATH, naming=last_name, seconds=1)
    simulator.fault("delay_after", "POST", PATH, naming=last_name, seconds=10, times=2)
    simulator.fault("latency", "POST", PATH, naming=last_name, seconds=10, times=None)
    created = [
        api.create_owner(last_name, [property_id], AT_ONCE, firstName=f"Ada {number}") for number in range(OWNERS)
    ]
    eventually(lambda: [fault["applied"] for fault in simulator.faults() if fault["path"] == PATH], _is_in_the_middle)
    killed = kill_workers(emulator, function)
    simulator.clear_faults()
    ids = tuple(owner["id"] for owner in created)
    assert killed
    assert any(api.sync_status("owner", owner_id)["syncStatus"] == "syncing" for owner_id in ids)
    # The other tests start when the function works again.
    status_becomes(api, "property", api.create_property(unique("Next"), AT_ONCE)["property"]["id"], "synced")
    return KilledBatch(last_name, ids)


def _is_in_the_middle(applied: list[int]) -> bool:
    first, answered_late, done_late = applied
    return bool(first and answered_late == 2 and done_late)
