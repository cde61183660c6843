"""Waits until the system has converged, and checks the result."""

from tests.faults.invariants import assert_sound, find_violations, unfinished
from tests.faults.world import World

LONGEST = 4 * 3600.0
"""Seconds in which the system must converge. A webhook's last retry comes after an hour and 11 minutes."""
_PATIENCE = 600.0
"""Seconds in which a scripted fault must have been applied."""
_STEP = 15.0
_LEFT_ALONE = 400.0
"""Seconds after convergence, with sweeps and a poll, in which nothing may be written."""
WRITES = ("POST", "PUT", "PATCH")


def converge(world: World) -> float:
    """Wait until all faults were applied, end them, and assert that the system converges to a valid state.

    Returns the seconds after the last fault.
    """
    assert world.timeline.run_until(lambda: not world.unapplied_faults, _PATIENCE), (
        f"these faults were never applied: {world.unapplied_faults}"
    )
    world.clear_faults()
    began = world.now
    while not world.idle or unfinished(world):
        assert world.now - began < LONGEST, f"not converged: {unfinished(world)}"
        world.run(_STEP)
    world.convergence_seconds, world.violations = world.now - began, find_violations(world)
    written = sum(world.buildium.count(method) for method in WRITES)
    world.run(_LEFT_ALONE)
    assert sum(world.buildium.count(method) for method in WRITES) == written, "something was written without a cause"
    assert not unfinished(world)
    assert_sound(world)
    return world.convergence_seconds
