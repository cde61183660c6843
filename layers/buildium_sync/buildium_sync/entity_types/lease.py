"""Leases. Buildium: /leases."""

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.inbound_contract import RelatedEvent
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types import lease_cosigners, lease_remote_fields, lease_terms
from buildium_sync.entity_types.fields.money import Money
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import (
    BuildiumId,
    Date,
    OptionalDate,
    read_date,
)
from buildium_sync.entity_types.lease_cosigners import Cosigner
from buildium_sync.entity_types.lease_terms import NewTenant, Rent, SecurityDeposit
from buildium_sync.errors import FieldError, InvalidFields

_AT_WILL = "AtWill"
_NO_TYPE = "None"
_MAX_TENANTS = 5
_Tenants = Annotated[list[NewTenant], Field(max_length=_MAX_TENANTS)]
_Ids = Annotated[list[BuildiumId], Field(max_length=_MAX_TENANTS)]
_TenantIds = Annotated[list[EntityReference], Field(max_length=_MAX_TENANTS)]
_UPDATE_ONLY = ("isEvictionPending", "automaticallyMoveOutTenants")
_TERM = ("leaseType", "leaseFromDate", "leaseToDate")
"""One value: the end must not be before the start, and the type determines whether there is an end."""


class LeaseFields(EntityModel):
    """The fields of a lease that a client can set. `applicantIds` are Buildium ids."""

    leaseType: Literal["Fixed", "FixedWithRollover", "AtWill"]
    unitId: EntityReference
    leaseFromDate: Date
    leaseToDate: OptionalDate = None
    sendWelcomeEmail: bool = False
    tenants: _Tenants = Field(default_factory=list)
    tenantIds: _TenantIds = Field(default_factory=list)
    applicantIds: _Ids = Field(default_factory=list)
    cosigners: list[Cosigner] = Field(default_factory=list)
    rent: Rent | None = None
    securityDeposit: SecurityDeposit | None = None
    proratedFirstMonthRent: Money | None = None
    proratedLastMonthRent: Money | None = None
    isEvictionPending: bool = False
    automaticallyMoveOutTenants: bool = False

    @field_validator("leaseToDate")
    @classmethod
    def _end(cls, end: str | None, info: ValidationInfo) -> str | None:
        if end and info.data.get("leaseType") == _AT_WILL:
            raise ValueError("must be omitted or null for the leaseType AtWill, which has no end")
        start = info.data.get("leaseFromDate")
        if start and end and end < start:
            raise ValueError("must not be before leaseFromDate")
        return end


class Lease(EntityType):
    """A signed lease of a unit.

    Tenants are entities of their own: only their ids are read. The names and addresses of new tenants are stored only
    if a client set them. `tenantIds` are stored as a create sent them. Responses have the current tenants instead.
    Cosigners are part of the lease and are read completely.
    """

    name = "lease"
    collection = "leases"
    path = "/leases"
    # jocelynvthai/upandup-dashboards, dashboards/apps/collections/tabs/late_collections_tab.py
    page_path = "/manager/app/rentroll/{id}/financials/ledger"
    event_subjects = frozenset({"Lease"})
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {
        "Lease.MoveOut": RelatedEvent("LeaseId"),
        "LeaseTenant": RelatedEvent(path="/leases/tenants/{}", list_field="Leases"),
    }
    model = LeaseFields
    read_only_in_buildium = frozenset(
        {
            "PropertyId",
            "UnitNumber",
            "LeaseStatus",
            "TermType",
            "RenewalOfferStatus",
            "CurrentNumberOfOccupants",
            "AccountDetails",
            "PaymentDueDay",
        }
    )
    reference_fields: ClassVar[Mapping[str, str]] = {"unitId": "unit", "tenantIds": "tenant"}
    linked_fields: ClassVar[Mapping[str, str]] = {"tenantIds": "buildiumTenantIds"}
    scope_fields = ("unitId",)
    exact_match_fields = ("unitId", "leaseFromDate")
    review_fields = ("leaseType", "leaseFromDate", "leaseToDate", "leaseStatus", "status")
    identifying_fields = (("unitId",), ("leaseFromDate", "leaseToDate"))
    remote_owned_fields: ClassVar[Mapping[str, Any]] = lease_remote_fields.TYPES
    canonical: ClassVar[Normalizers] = {
        **lease_remote_fields.CANONICAL,
        "tenantIds": frozenset,
        "cosigners": lease_cosigners.canonical,
    }
    composites = (_TERM,)
    create_only: ClassVar[Mapping[str, str]] = {
        "sendWelcomeEmail": "cannot be changed: the e-mail is sent when the lease is created",
        **dict.fromkeys(
            ("tenants", "tenantIds", "applicantIds"),
            "cannot be changed: Buildium accepts tenants only when the lease is created; move them in Buildium",
        ),
        **dict.fromkeys(
            ("rent", "proratedFirstMonthRent", "proratedLastMonthRent"),
            "cannot be changed: Buildium accepts rent only when the lease is created; change the charges in Buildium",
        ),
        "securityDeposit": "cannot be changed: Buildium accepts the deposit only when the lease is created",
        "cosigners": "cannot be changed: Buildium accepts cosigners only with a new lease; edit them in Buildium",
    }

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a new lease."""
        return {**super().default_remote_fields, **lease_remote_fields.defaults()}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does, and reject what a create does not support.

        Buildium: a lease that rolled over to AtWill may show an end. It stays until the client changes it.
        """
        fields = super().validate(body, current, in_buildium=in_buildium)
        if current is None or not in_buildium:
            _check_create(fields)
        return fields

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the unit and its property."""
        return remote_references("unit", payload.get("UnitId")) + remote_references(
            "property", payload.get("PropertyId")
        )

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the property of the unit."""
        return remote_references("property", payload.get("PropertyId"))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeasePostMessage."""
        return {
            **_write(fields, links),
            "SendWelcomeEmail": fields["sendWelcomeEmail"],
            "Tenants": [lease_terms.write_tenant(tenant) for tenant in fields["tenants"]],
            "TenantIds": [resolve(links, "tenant", tenant) for tenant in fields["tenantIds"]],
            "ApplicantIds": fields["applicantIds"],
            "Cosigners": [lease_cosigners.write(cosigner) for cosigner in fields.get("cosigners") or ()],
            "Rent": lease_terms.write_rent(fields.get("rent")),
            "SecurityDeposit": lease_terms.write_deposit(fields.get("securityDeposit")),
            "ProratedFirstMonthRent": fields.get("proratedFirstMonthRent"),
            "ProratedLastMonthRent": fields.get("proratedLastMonthRent"),
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a LeasePutMessage."""
        return {
            **_write(fields, links),
            "IsEvictionPending": fields["isEvictionPending"],
            "AutomaticallyMoveOutTenants": fields["automaticallyMoveOutTenants"],
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a LeaseMessage. It has no terms of the create. Of the tenants only the ids are read."""
        return {
            "leaseType": _lease_type(payload),
            "unitId": to_reference(links, "unit", payload.get("UnitId")),
            "leaseFromDate": read_date(payload.get("LeaseFromDate")),
            "leaseToDate": read_date(payload.get("LeaseToDate")),
            "isEvictionPending": bool(payload.get("IsEvictionPending")),
            "automaticallyMoveOutTenants": bool(payload.get("AutomaticallyMoveOutTenants")),
            "cosigners": [lease_cosigners.read(cosigner) for cosigner in payload.get("Cosigners") or ()],
            "status": read_status(payload),
            "propertyId": to_reference(links, "property", payload.get("PropertyId")),
            **lease_remote_fields.read(payload),
        }

    def has_unsent_values(self, sent: Fields, payload: Payload, links: Links) -> bool:
        """Return whether Buildium shows a tenant that was not sent. The fields have the ids of tenants only."""
        numbers = [links.buildium_ids.get(("tenant", each), each) for each in sent.get("tenantIds") or ()]
        return lease_terms.has_other_tenants({**sent, "tenantIds": numbers}, payload.get("CurrentTenants") or ())

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return unit, dates and type, without personal data."""
        return {"unitId": resolve(links, "unit", fields["unitId"]), **_dates(fields)}

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the whole key exactly."""
        found = {
            "unitId": payload.get("UnitId"),
            "leaseType": payload.get("LeaseType"),
            "leaseFromDate": read_date(payload.get("LeaseFromDate")),
            "leaseToDate": read_date(payload.get("LeaseToDate")),
        }
        return found == dict(key)


def _write(fields: Fields, links: Links) -> Payload:
    """Return the common part of create and update. Buildium rejects an AtWill lease with an end."""
    return {
        "LeaseType": fields["leaseType"],
        "UnitId": resolve(links, "unit", fields["unitId"]),
        "LeaseFromDate": fields["leaseFromDate"],
        "LeaseToDate": None if fields["leaseType"] == _AT_WILL else fields.get("leaseToDate"),
    }


def _lease_type(payload: Payload) -> str | None:
    """Return the type. Buildium shows `None` for no type, and does not accept it."""
    shown: str | None = payload.get("LeaseType")
    return None if shown == _NO_TYPE else shown


def _dates(fields: Fields) -> Fields:
    return {name: fields.get(name) for name in _TERM}


def _check_create(fields: Fields) -> None:
    """Raise InvalidFields for fields that only an update accepts, and for a prorated rent of a whole month."""
    update_only = "must be false in a create: Buildium accepts it only in an update"
    errors = [FieldError(name, update_only) for name in _UPDATE_ONLY if fields[name]]
    start, end = fields["leaseFromDate"], fields["leaseToDate"]
    covers_whole_month = {
        "proratedFirstMonthRent": date.fromisoformat(start).day == 1,
        "proratedLastMonthRent": end is not None and _ends_a_month(date.fromisoformat(end)),
    }
    whole_month = "must be omitted or null: the lease covers that whole month"
    errors += [
        FieldError(name, whole_month)
        for name in covers_whole_month
        if covers_whole_month[name] and fields[name] is not None
    ]
    if errors:
        raise InvalidFields(errors)


def _ends_a_month(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]
