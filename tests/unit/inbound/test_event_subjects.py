"""Which entities an event may concern, without a read in Buildium."""

from typing import Any

import pytest

from buildium_sync.entity_types.registry import by_name
from buildium_sync.inbound.event_subjects import may_concern
from buildium_sync.webhooks.event_parser import parse_events


def event(name: str, **ids: Any) -> dict[str, Any]:
    flat = {"EventName": name, "EventDateTime": "2026-11-22T14:00:00Z", "AccountId": 1, **ids}
    [parsed] = parse_events(flat, sent=0.0, received_at="2026-11-22T14:00:00.000Z", correlation_id="c")
    return {**parsed}


@pytest.mark.parametrize(
    ("name", "ids", "entity_type", "expected"),
    [
        ("Owner.Updated", {"OwnerId": 7}, "owner", True),
        ("Owner.Updated", {"OwnerId": 8}, "owner", False),
        ("Owner.Updated", {"OwnerId": 7}, "vendor", False),
        ("Bill.Payment.Created", {"PaymentId": 1, "BillIds": [6, 7]}, "bill", True),
        ("Bill.Payment.Created", {"PaymentId": 7, "BillIds": [6]}, "bill", False),
        # Only Buildium knows the leases of a tenant.
        ("LeaseTenant.Updated", {"TenantId": 1}, "lease", True),
    ],
)
def test_an_event_concerns_what_it_names(name: str, ids: dict[str, Any], entity_type: str, expected: bool) -> None:
    assert may_concern(event(name, **ids), by_name(entity_type), 7) is expected
