"""Tenants of rental leases. Buildium: /leases/tenants. Tenants of associations have other ids and are not synced."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_status import STATUS, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import alphanumeric, blank_to_none, casefolded
from buildium_sync.domain.reference_contract import BuildiumReference, Links
from buildium_sync.entity_types import tenant_contact
from buildium_sync.entity_types.fields import address, phones
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import read_date
from buildium_sync.entity_types.tenant_fields import ALTERNATE, PRIMARY_MAILING, TenantFields, is_hidden, masked
from buildium_sync.errors import SyncBlocked

_PRIMARY = "primary"
_NAMES = ("firstName", "lastName")
_LEASE_STATUSES = ("Active", "Future", "Past")
"""In the order of preference for the lease of a tenant who has several."""


class Tenant(EntityType):
    """A person on a lease.

    Buildium accepts the lease with a create only. A read shows all leases of the tenant. The local lease stays while
    it is one of them.
    """

    name = "tenant"
    collection = "tenants"
    path = "/leases/tenants"
    event_subjects = frozenset({"LeaseTenant"})
    model = TenantFields
    read_only_in_buildium = frozenset({"SMSOptInStatus", "Leases"})
    reference_fields: ClassVar[Mapping[str, str]] = {"leaseId": "lease"}
    further_references: ClassVar[Mapping[str, str]] = {"leaseId": "leaseIds"}
    scope_fields = ("leaseId",)
    needs_every_property = False
    exact_match_fields = _NAMES
    identifying_fields = (_NAMES, ("email",), ("primaryPhone",))
    review_fields = (*_NAMES, *address.names(_PRIMARY), "status")
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {
        "status": STATUS,
        "leaseIds": list[EntityReference],
        "smsOptInStatus": str | None,
    }
    canonical: ClassVar[Normalizers] = {
        **address.canonical(_PRIMARY),
        **address.canonical(ALTERNATE),
        "email": casefolded,
        "alternateEmail": casefolded,
        "primaryPhone": phones.canonical,
        "taxId": alphanumeric,
        "emergencyContact": tenant_contact.canonical,
        "leaseIds": frozenset,
    }
    composites = (_NAMES, address.names(_PRIMARY), address.names(ALTERNATE))
    create_only: ClassVar[Mapping[str, str]] = {
        "leaseId": "cannot be changed: Buildium accepts the lease only with a new tenant; move the tenant in Buildium"
    }
    secret_fields = frozenset({"dateOfBirth", "taxId"})

    @property
    def default_remote_fields(self) -> Fields:
        """The remote-owned fields of a new tenant."""
        return {**super().default_remote_fields, "leaseIds": [], "smsOptInStatus": None}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. The masked tax id of a response means the current one."""
        shown = masked((current or {}).get("taxId"))
        if shown is not None and body.get("taxId") == shown:
            body = {name: value for name, value in body.items() if name != "taxId"}
        return super().validate(body, current, in_buildium=in_buildium)

    def missing_required(self, fields: Fields) -> tuple[str, ...]:
        """Return the missing values that an update requires. It sends no lease."""
        missing = [name for name in super().missing_required(fields) if name != "leaseId"]
        return (*missing, *address.missing_optional_parts(fields, ALTERNATE))

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the tenant with the tax id masked."""
        return {**super().to_response(entity_id, fields, times), "taxId": masked(fields.get("taxId"))}

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the leases that Buildium shows for the tenant."""
        return tuple(BuildiumReference("lease", lease_id) for lease_id in _lease_ids(payload))

    def remote_scope_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the properties of the leases."""
        shown = [remote_references("property", lease.get("PropertyId")) for lease in payload.get("Leases") or ()]
        return tuple(dict.fromkeys(each for references in shown for each in references))

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a RentalTenantPostMessage."""
        return {"LeaseId": resolve(links, "lease", fields["leaseId"]), **self.to_update(fields, {}, links)}

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a RentalTenantPutMessage.

        Raises SyncBlocked if the PUT would erase a tax id, and where `phones.write` does.
        """
        if fields.get("taxId") is None and is_hidden(current.get("TaxId")):
            raise SyncBlocked("Buildium masks the tax ID, so an update would erase it. Set taxId.")
        return {
            "FirstName": fields["firstName"],
            "LastName": fields["lastName"],
            "Email": fields.get("email"),
            "AlternateEmail": fields.get("alternateEmail"),
            "PhoneNumbers": phones.write(fields.get("primaryPhone"), current.get("PhoneNumbers"), "Mobile"),
            "Address": address.write(fields, _PRIMARY),
            "AlternateAddress": address.write_optional(fields, ALTERNATE),
            "MailingPreference": fields.get("mailingPreference"),
            "DateOfBirth": fields.get("dateOfBirth"),
            "TaxId": fields.get("taxId"),
            "EmergencyContact": tenant_contact.write(fields.get("emergencyContact")),
            "Comment": fields.get("comment"),
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a TenantMessage. A masked tax id, and what the payload does not have, are left out."""
        return {
            **_leases(payload, links),
            "firstName": blank_to_none(payload.get("FirstName")),
            "lastName": blank_to_none(payload.get("LastName")),
            "email": blank_to_none(payload.get("Email")),
            "alternateEmail": blank_to_none(payload.get("AlternateEmail")),
            "primaryPhone": phones.read_primary(payload.get("PhoneNumbers")),
            **address.read(payload.get("Address"), _PRIMARY),
            **address.read_optional(payload.get("AlternateAddress"), ALTERNATE),
            "mailingPreference": payload.get("MailingPreference") or PRIMARY_MAILING,
            **_secrets(payload),
            "emergencyContact": tenant_contact.read(payload.get("EmergencyContact")),
            "comment": blank_to_none(payload.get("Comment")),
            "smsOptInStatus": payload.get("SMSOptInStatus"),
            "status": read_status(payload),
        }

    def with_hidden_values(self, shown: Fields, *, base: Fields, local: Fields) -> Fields:
        """Return Buildium's fields. The local lease stays while it is one of the tenant's leases."""
        return _with_lease(shown, local.get("leaseId"))

    def is_of_other_create(self, sent: Fields, shown: Fields) -> bool:
        """Return whether the tenant is on other leases only. A create puts a tenant on the sent lease."""
        lease_ids = shown.get("leaseIds") or ()
        return bool(lease_ids) and sent.get("leaseId") not in lease_ids

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Compare as every type does. A payload without leases differs from every create."""
        return super().fields_changed_since_create(sent, {"leaseId": None, **_with_lease(shown, sent.get("leaseId"))})

    def has_unsent_values(self, sent: Fields, payload: Payload, links: Links) -> bool:
        """Return whether Buildium shows further phone numbers."""
        return phones.has_others(sent.get("primaryPhone"), payload.get("PhoneNumbers"))

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the lease, the names and the e-mail address."""
        return {"leaseId": resolve(links, "lease", fields.get("leaseId")), **_identity(fields)}

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare names and e-mail address. The tenant must be on the lease."""
        names = {
            "firstName": blank_to_none(payload.get("FirstName")),
            "lastName": blank_to_none(payload.get("LastName")),
        }
        identity = _identity({**names, "email": payload.get("Email")})
        return key["leaseId"] in _lease_ids(payload) and identity == {name: key[name] for name in identity}


def _identity(fields: Fields) -> Fields:
    return {**{name: fields.get(name) for name in _NAMES}, "email": casefolded(fields.get("email"))}


def _leases(payload: Payload, links: Links) -> Fields:
    """Return the leases of a tenant, and the preferred one. Without leases there is none to compare."""
    lease_ids = [to_reference(links, "lease", lease_id) for lease_id in _lease_ids(payload)]
    preferred = {"leaseId": lease_ids[0]} if lease_ids else {}
    return {**preferred, "leaseIds": lease_ids} if payload.get("Leases") is not None else {}


def _lease_ids(payload: Payload) -> list[int]:
    """Return the Buildium ids of a tenant's leases, the current one first."""
    shown = [lease for lease in payload.get("Leases") or () if lease.get("Id")]
    order = {status: position for position, status in enumerate(_LEASE_STATUSES)}
    by_preference = sorted(shown, key=lambda lease: order.get(lease.get("LeaseStatus") or "", len(order)))
    return [int(lease["Id"]) for lease in by_preference]


def _with_lease(shown: Fields, lease_id: str | int | None) -> Fields:
    return {**shown, "leaseId": lease_id} if lease_id in shown.get("leaseIds", ()) else shown


def _secrets(payload: Payload) -> Fields:
    """Return the date of birth and the tax id if the payload has them. A masked tax id is left out."""
    born = {"dateOfBirth": read_date(payload["DateOfBirth"])} if "DateOfBirth" in payload else {}
    is_shown = "TaxId" in payload and not is_hidden(payload["TaxId"])
    return {**born, **({"taxId": blank_to_none(payload["TaxId"])} if is_shown else {})}
