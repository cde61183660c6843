"""Renewals of leases. Buildium: /leases/{id}/renewals."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types import lease_terms
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import OptionalDate, read_date
from buildium_sync.entity_types.lease_operation import LeaseOperation
from buildium_sync.entity_types.nested_types import NESTED_ROUTES
from buildium_sync.errors import SyncBlocked

_NO_UPDATE = "cannot be changed: Buildium does not accept changes of a renewal; edit it in Buildium"


class LeaseRenewalFields(EntityModel):
    """The fields of a renewal. `tenantIds` are the tenants of the new term, who must be tenants already."""

    leaseId: EntityReference
    leaseType: Literal["Fixed", "FixedWithRollover", "AtWill"]
    leaseToDate: Annotated[OptionalDate, Field(validate_default=True)] = None
    automaticallyMoveOutTenants: bool = False
    rent: lease_terms.Rent
    tenantIds: Annotated[list[EntityReference], Field(min_length=1)]
    sendWelcomeEmail: bool = False

    @field_validator("leaseToDate")
    @classmethod
    def _end(cls, end: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("leaseType")
        if kind == "AtWill" and end:
            raise ValueError("must be omitted or null for the leaseType AtWill, which has no end")
        if kind in ("Fixed", "FixedWithRollover") and not end:
            raise ValueError(f"is required for the leaseType {kind}")
        return end


class LeaseRenewal(LeaseOperation):
    """A renewal: the next term of a lease. Buildium accepts none while another has not started."""

    name = "lease-renewal"
    collection = "lease-renewals"
    path = "/leases/{parent}/renewals"
    nested_route = NESTED_ROUTES["lease-renewal"]
    model = LeaseRenewalFields
    reference_fields: ClassVar[Mapping[str, str]] = {**LeaseOperation.reference_fields, "tenantIds": "tenant"}
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {
        "leaseFromDate": str | None,
        "leaseStatus": str | None,
        "rentId": int | None,
    }
    canonical: ClassVar[Normalizers] = {"tenantIds": frozenset}
    review_fields = ("leaseType", "leaseToDate", "leaseFromDate")
    identifying_fields = (("leaseToDate",), ("tenantIds",))
    create_only: ClassVar[Mapping[str, str]] = dict.fromkeys(LeaseRenewalFields.model_fields, _NO_UPDATE)

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a new renewal."""
        return dict.fromkeys(self.remote_owned_fields)

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the tenants."""
        return tuple(each for tenant in payload.get("TenantIds") or () for each in remote_references("tenant", tenant))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseRenewalPostMessage."""
        return {
            "LeaseType": fields["leaseType"],
            "LeaseToDate": fields.get("leaseToDate"),
            "AutomaticallyMoveOutTenants": fields["automaticallyMoveOutTenants"],
            "Rent": lease_terms.write_rent(fields["rent"]),
            "TenantIds": [resolve(links, "tenant", tenant) for tenant in fields["tenantIds"]],
            "SendWelcomeEmail": fields["sendWelcomeEmail"],
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Raise SyncBlocked: Buildium has no such request, and the API accepts no change."""
        raise SyncBlocked(f"A renewal {_NO_UPDATE}.")

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseRenewalMessage. Of the rent it shows only the total."""
        return {
            "leaseType": payload.get("LeaseType"),
            "leaseToDate": read_date(payload.get("LeaseToDate")),
            "tenantIds": [to_reference(links, "tenant", tenant) for tenant in payload.get("TenantIds") or () if tenant],
            "leaseFromDate": read_date(payload.get("LeaseFromDate")),
            "leaseStatus": payload.get("LeaseStatus"),
            "rentId": payload.get("RentId"),
        }

    def has_unsent_values(self, sent: Fields, payload: Payload, links: Links) -> bool:
        """Return whether Buildium shows another total of the rent than was sent."""
        total = money.total(charge["amount"] for charge in sent["rent"]["charges"])
        return money.canonical(payload.get("Rent") or 0) != total
