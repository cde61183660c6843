"""What the types that are people or companies have in common: how one is told from another."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_type import NO_LINKS, EntityType, Fields, Links, Payload
from buildium_sync.domain.normalization import casefolded
from buildium_sync.entity_types.fields import address, person_names, phones
from buildium_sync.errors import FieldError


class PersonType(EntityType):
    """A type whose entities are people or companies."""

    exact_match_fields = ("name",)
    address_prefix: ClassVar[str] = ""
    """What the names of the address's fields begin with."""

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does; a company name that was made of other names follows them."""
        if current and current.get("companyName") == person_names.full_name(current):
            current = {**current, "companyName": None}
        fields = super().validate(body, current, in_buildium=in_buildium)
        return {**fields, "companyName": person_names.company_name_of(fields)} if fields["isCompany"] else fields

    def _unsupported_changes(self, given: Mapping[str, Any], fields: Fields, current: Fields) -> list[FieldError]:
        """Return the changes that Buildium has no place for. Buildium: a company has no first name in what it shows."""
        return super()._unsupported_changes(given, fields, current) + person_names.unstorable(given, fields)

    def has_unsent_values(self, sent: Fields, payload: Payload) -> bool:
        """Look at what no field holds: more telephone numbers, a tax id, an insurance."""
        tax, insurance = payload.get("TaxInformation") or {}, payload.get("VendorInsurance") or {}
        others = (tax.get("TaxPayerId"), insurance.get("Provider"), insurance.get("PolicyNumber"))
        return any(others) or phones.has_unsent_values(sent.get("primaryPhone"), payload.get("PhoneNumbers"))

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return kind, name, e-mail address and place."""
        return self._identity(fields)

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the name exactly, the rest without regard to its spelling."""
        identity = self._identity(self.from_buildium(payload, NO_LINKS))
        return identity == {name: key[name] for name in identity}

    def _identity(self, fields: Fields) -> dict[str, Any]:
        where = address.identity(fields, self.address_prefix)
        return {
            "isCompany": fields["isCompany"],
            "name": person_names.display_name(fields),
            "email": casefolded(fields.get("primaryEmail")),
            "addressLine1": where["AddressLine1"],
            "postalCode": where["PostalCode"],
        }
