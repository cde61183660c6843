"""What the types that are people or companies have in common: how one is told from another."""

from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.entities import address, names
from buildium_sync.entities.base import NO_LINKS, EntityType, Fields, Links, Message
from buildium_sync.entities.text import folded


class PersonType(EntityType):
    """A type whose entities are people or companies."""

    compared_exactly = ("name",)
    address_prefix: ClassVar[str] = ""
    """What the names of the address's fields begin with."""

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return kind, name, e-mail address and place."""
        return self._identity(fields)

    def is_match(self, message: Message, key: Mapping[str, Any]) -> bool:
        """Compare the name exactly, the rest without regard to its spelling."""
        identity = self._identity(self.from_buildium(message, NO_LINKS))
        return identity == {name: key[name] for name in identity}

    def _identity(self, fields: Fields) -> dict[str, Any]:
        where = address.identity(fields, self.address_prefix)
        return {
            "isCompany": fields["isCompany"],
            "name": names.display_name(fields),
            "email": folded(fields.get("primaryEmail")),
            "addressLine1": where["AddressLine1"],
            "postalCode": where["PostalCode"],
        }
