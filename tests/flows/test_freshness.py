"""A change that reaches Buildium is counted by the time that it took."""

from buildium_sync.domain.duration_histogram import FRESHNESS
from buildium_sync.domain.metric_counts import FRESHNESS_PREFIXES, counts_by_class
from buildium_sync.domain.pauses import Direction
from tests.flows.system import PROPERTY, System
from tests.simulator import Simulator

WAITED_SECONDS = 90.0


def test_a_synced_version_is_counted_once_by_its_freshness(system: System, buildium: Simulator) -> None:
    system.create("property", {**PROPERTY, "operatingBankAccountId": 1})
    system.clock.sleep(WAITED_SECONDS)
    system.work()
    system.work()

    counted: dict[int, int] = {}
    for numbers in system.sync.metric_counts.take().values():
        counted |= counts_by_class(numbers, FRESHNESS_PREFIXES[Direction.OUTBOUND])
    assert counted == {FRESHNESS.class_of(WAITED_SECONDS): 1}
