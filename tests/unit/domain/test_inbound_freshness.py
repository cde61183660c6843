import pytest

from buildium_sync.clock import parse_iso
from buildium_sync.domain.inbound_freshness import inbound_freshness_seconds

RECEIVED = "2026-11-29T12:00:05.000Z"
NOW = parse_iso("2026-11-29T12:00:09.000Z")


@pytest.mark.parametrize(
    ("changed_at", "expected"),
    [
        ("2026-11-29T12:00:01Z", 8),
        ("2026-11-29T12:00:01", 8),
        ("2026-11-29T07:00:01.0000000-05:00", 8),
        ("2026-11-29T12:00:30Z", 0),
        ("yesterday", 4),
        ("", 4),
    ],
)
def test_freshness_counts_from_the_change_in_buildium(changed_at: str, expected: float) -> None:
    event = {"eventDateTime": changed_at, "receivedAt": RECEIVED}
    assert inbound_freshness_seconds(event, NOW) == expected
