"""The common part of types whose entities are people or companies."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import casefolded
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.entity_types.fields import address, person_names, phones
from buildium_sync.errors import FieldError


class PersonType(EntityType):
    """A type whose entities are people or companies."""

    exact_match_fields = ("name",)
    address_prefix: ClassVar[str] = ""
    """The prefix of the address fields."""

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. A company name that consists of other names changes with them."""
        if current and current.get("companyName") == person_names.full_name(current):
            current = {**current, "companyName": None}
        fields = super().validate(body, current, in_buildium=in_buildium)
        return {**fields, "companyName": person_names.company_name_of(fields)} if fields["isCompany"] else fields

    def _unsupported_changes(self, provided: Mapping[str, Any], fields: Fields, current: Fields) -> list[FieldError]:
        """Return errors for changes that Buildium cannot store. It shows no first name of a company."""
        return super()._unsupported_changes(provided, fields, current) + person_names.unsupported_changes(
            provided, fields
        )

    def has_unsent_values(self, sent: Fields, payload: Payload, links: Links) -> bool:
        """Return whether Buildium shows further phone numbers, a tax id or an insurance."""
        tax, insurance = payload.get("TaxInformation") or {}, payload.get("VendorInsurance") or {}
        others = (tax.get("TaxPayerId"), insurance.get("Provider"), insurance.get("PolicyNumber"))
        return any(others) or phones.has_others(sent.get("primaryPhone"), payload.get("PhoneNumbers"))

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return kind, name, e-mail address, street and postal code."""
        return self._identity(fields)

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare the name exactly and the rest in any spelling."""
        identity = self._identity(self.from_buildium(payload, NO_LINKS))
        return identity == {name: key[name] for name in identity}

    def _identity(self, fields: Fields) -> dict[str, Any]:
        place = address.identity(fields, self.address_prefix)
        return {
            "isCompany": fields["isCompany"],
            "name": person_names.display_name(fields),
            "email": casefolded(fields.get("primaryEmail")),
            "addressLine1": place["AddressLine1"],
            "postalCode": place["PostalCode"],
        }
