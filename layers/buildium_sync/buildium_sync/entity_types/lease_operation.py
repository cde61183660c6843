"""The common part of the operations of a lease that have an entity of their own in Buildium: `/leases/{id}/…`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.inbound_contract import RelatedEvent

LEASE_FIXED = "cannot be changed: the operation belongs to one lease"


class LeaseOperation(EntityType):
    """An operation of a lease. After a lost response, the operations of the lease are searched for an equal one.

    No event reports a change in Buildium. An update reads the Buildium entity first.
    """

    parent_field = "leaseId"
    is_listed = False
    updated_since_param = None
    waits_for_visibility = True
    event_subjects: ClassVar[frozenset[str]] = frozenset()
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {}
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {}
    reference_fields: ClassVar[Mapping[str, str]] = {"leaseId": "lease"}
