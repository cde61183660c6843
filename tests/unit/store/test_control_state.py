from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from buildium_sync.domain.pauses import ControlState, Direction, Pause
from buildium_sync.errors import ConcurrentWrite, InboundPaused
from buildium_sync.store.control_state import ControlStateStore
from tests.aws import CONTROL
from tests.clocks import VirtualClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTBOUND = Pause(Direction.OUTBOUND, None, "2026-11-22T14:00:00.000Z", "key-1", "wrong data")
OWNERS_IN = Pause(Direction.INBOUND, "owner", "2026-11-22T14:00:00.000Z", None, "clean-up")


class Stores:
    """Two processes with the same table."""

    def __init__(self, dynamodb: "DynamoDBClient", clock: VirtualClock) -> None:
        self.dynamodb = dynamodb
        self.clock = clock
        self.first, self.second = self.make(), self.make()

    def make(self, start_mode: str = "normal") -> ControlStateStore:
        return ControlStateStore(self.dynamodb, CONTROL, start_mode=start_mode, clock=self.clock)

    def pause(self, *pauses: Pause) -> None:
        store = self.make()
        store.write(store.current().paused(pauses), [], [])


@pytest.fixture
def stores(dynamodb: "DynamoDBClient", clock: VirtualClock) -> Stores:
    return Stores(dynamodb, clock)


def test_a_pause_is_known_everywhere_within_ten_seconds(stores: Stores) -> None:
    assert stores.first.outbound_pause() is None
    stores.pause(OUTBOUND)

    stores.clock.sleep(5)

    assert stores.first.outbound_pause() == OUTBOUND
    assert stores.second.outbound_pause("property") == OUTBOUND


def test_a_process_reads_the_state_once_in_five_seconds(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Any] = []
    real = stores.dynamodb.get_item

    def count(**call: Any) -> Any:
        reads.append(call)
        return real(**call)

    monkeypatch.setattr(stores.dynamodb, "get_item", count)

    for _ in range(4):
        stores.first.outbound_pause()
        stores.clock.sleep(1)

    assert len(reads) == 1


def test_the_end_of_a_pause_is_known_at_once(stores: Stores) -> None:
    stores.pause(OUTBOUND, OWNERS_IN)
    assert stores.first.outbound_pause() == OUTBOUND
    assert stores.first.inbound_pause(["owner"]) == OWNERS_IN

    stores.second.write(stores.second.current().resumed(list(Direction), None), [], [])

    assert (stores.first.outbound_pause(), stores.first.inbound_pause(["owner"])) == (None, None)


def test_a_failed_read_keeps_the_last_known_state(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stores.pause(OUTBOUND)
    assert stores.first.outbound_pause() == OUTBOUND
    fail_reads(stores, monkeypatch)

    stores.clock.sleep(3600)

    assert stores.first.outbound_pause() == OUTBOUND


def test_without_a_known_state_a_failed_read_raises(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_reads(stores, monkeypatch)

    with pytest.raises(EndpointConnectionError):
        stores.first.outbound_pause()


def test_the_start_mode_is_valid_until_the_first_change(stores: Stores) -> None:
    observing = stores.make("observe-only")
    pause = observing.outbound_pause()
    assert pause is not None
    assert (pause.reason, pause.since) == ("observe-only start mode", None)

    observing.write(ControlState(), [], [])

    assert stores.make("observe-only").outbound_pause() is None


def test_a_change_of_an_outdated_state_is_not_stored(stores: Stores) -> None:
    before = stores.first.current()
    stores.pause(OUTBOUND)

    with pytest.raises(ConcurrentWrite):
        stores.first.write(before.paused([OWNERS_IN]), [], [])


def test_a_pause_of_one_type_stops_no_other_type(stores: Stores) -> None:
    stores.pause(OWNERS_IN)

    assert stores.first.inbound_pause(["property", "owner"]) == OWNERS_IN
    assert (stores.first.inbound_pause(["property"]), stores.first.inbound_pause()) == (None, None)
    with pytest.raises(InboundPaused, match="owners is paused: clean-up"):
        stores.first.check_inbound(["owner"])
    stores.first.check_inbound(["property"])


def fail_reads(stores: Stores, patch: pytest.MonkeyPatch) -> None:
    def fail(**_call: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    patch.setattr(stores.dynamodb, "get_item", fail)
