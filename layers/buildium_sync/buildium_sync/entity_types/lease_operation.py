"""The common part of what Buildium keeps below a lease: ledger entries and other operations, `/leases/{id}/…`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import Links

LEASE_FIXED = "cannot be changed: the operation belongs to one lease"


class LeaseOperation(EntityType):
    """An operation of a lease. After a lost response, the operations of the lease are searched for an equal one.

    An update reads the Buildium entity first. Without `related_events`, no event reports a change in Buildium.
    """

    parent_field = "leaseId"
    shown_with = "leaseId"
    is_listed = False
    updated_since_param = None
    waits_for_visibility = True
    event_subjects: ClassVar[frozenset[str]] = frozenset()
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {}
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {}
    reference_fields: ClassVar[Mapping[str, str]] = {"leaseId": "lease"}
    scope_fields = ("leaseId",)

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Raise NotImplementedError: only imports and drift checks compare keys, and they leave out unlisted types."""
        raise NotImplementedError

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Raise NotImplementedError, as `natural_key` does."""
        raise NotImplementedError
