"""Move-outs of tenants. Buildium: /leases/{id}/moveouts. It has no ids of move-outs: the tenant identifies one."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import Date, OptionalDate, read_date
from buildium_sync.entity_types.lease_operation import LeaseOperation
from buildium_sync.entity_types.nested_types import NESTED_ROUTES
from buildium_sync.errors import SyncBlocked

_NO_UPDATE = "cannot be changed: Buildium does not accept changes of a move-out; delete it and create another one"


class LeaseMoveOutFields(EntityModel):
    """The fields of a move-out."""

    leaseId: EntityReference
    tenantId: EntityReference
    moveOutDate: Date
    noticeGivenDate: OptionalDate = None


class LeaseMoveOut(LeaseOperation):
    """A move-out of one tenant from a lease. Its Buildium id is that of the tenant."""

    name = "lease-move-out"
    collection = "lease-move-outs"
    path = "/leases/{parent}/moveouts"
    id_field = "TenantId"
    is_deletable = True
    nested_route = NESTED_ROUTES["lease-move-out"]
    model = LeaseMoveOutFields
    reference_fields: ClassVar[Mapping[str, str]] = {**LeaseOperation.reference_fields, "tenantId": "tenant"}
    review_fields = ("moveOutDate", "noticeGivenDate")
    identifying_fields = (("tenantId",),)
    immutable_fields = ("tenantId",)
    create_only: ClassVar[Mapping[str, str]] = dict.fromkeys(LeaseMoveOutFields.model_fields, _NO_UPDATE)

    def full_lists(self, today: date) -> Sequence[Query]:
        """Return the list of a lease. Its rows have no Id."""
        return ({"orderby": self.id_field},)

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the tenant."""
        return remote_references("tenant", payload.get("TenantId"))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseMoveOutDataPostMessage."""
        return {
            "TenantId": resolve(links, "tenant", fields["tenantId"]),
            "MoveOutDate": fields["moveOutDate"],
            "NoticeGivenDate": fields.get("noticeGivenDate"),
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Raise SyncBlocked: Buildium has no such request, and the API accepts no change."""
        raise SyncBlocked(f"A move-out {_NO_UPDATE}.")

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseMoveOutDataMessage."""
        return {
            "tenantId": to_reference(links, "tenant", payload.get("TenantId")),
            "moveOutDate": read_date(payload.get("MoveOutDate")),
            "noticeGivenDate": read_date(payload.get("NoticeGivenDate")),
        }
