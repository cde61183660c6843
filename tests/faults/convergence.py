"""Leaving the system alone until it has come to an end, and judging what it came to."""

from tests.faults.invariants import assert_sound, damage, unfinished
from tests.faults.world import World

LONGEST = 4 * 3600.0
"""Seconds in which everything must have come to an end; a webhook's last retry comes after an hour and 11 minutes."""
_PATIENCE = 600.0
"""Seconds in which a scripted fault must have struck."""
_STEP = 15.0
_LEFT_ALONE = 400.0
"""Seconds, with sweeps and a poll in them, in which nothing may happen any more."""
WRITES = ("POST", "PUT", "PATCH")


def converge(world: World) -> float:
    """Wait until all faults have struck, end them, and assert that the system comes to an end, and to a sound one.

    Returns the seconds that it took.
    """
    assert world.timeline.run_until(lambda: not world.due, _PATIENCE), f"these faults were never applied: {world.due}"
    world.calm()
    began = world.now
    while not world.idle or unfinished(world):
        assert world.now - began < LONGEST, f"not converged: {unfinished(world)}"
        world.run(_STEP)
    world.took, world.cost = world.now - began, damage(world)
    written = sum(world.buildium.count(method) for method in WRITES)
    world.run(_LEFT_ALONE)
    assert sum(world.buildium.count(method) for method in WRITES) == written, "something was written without a cause"
    assert not unfinished(world)
    assert_sound(world)
    return world.took
