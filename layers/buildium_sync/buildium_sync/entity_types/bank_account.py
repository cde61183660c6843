"""Bank accounts. Buildium: /bankaccounts. It has no list of the accounts changed since a time."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.entity_status import STATUS, read_status
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.field_contract import Normalizers
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import alphanumeric, blank_to_none
from buildium_sync.domain.reference_contract import NO_LINKS, Links
from buildium_sync.entity_types import bank_account_check_printing
from buildium_sync.entity_types.fields import countries
from buildium_sync.entity_types.fields.types import Country, Name, OptionalLine, OptionalProse
from buildium_sync.errors import FieldError, InvalidFields, SyncBlocked

_MASK = re.compile(r"[^0-9A-Za-z -]|[xX]{2}|^[xX](?=[0-9 -])|--")
_ENDING = re.compile(r"[0-9]{1,4}$")
_HIDDEN = "****"
_MIN_LENGTH_WITH_ENDING = 8
"""Characters. Of a shorter number the last digits would reveal too much."""
_REPLACED_ENDING = "_accountNumberReplaces"
"""The ending of Buildium's number when a client set one, or when the stored one was dropped. Never shown."""


def _number(text: str | None) -> str | None:
    if text and (_MASK.search(text) or not any(character.isdigit() for character in text)):
        raise ValueError("must be a full bank number (digits, letters, spaces, hyphens), not a masked one")
    return text


_OptionalNumber = Annotated[OptionalLine, AfterValidator(_number)]


class BankAccountFields(EntityModel):
    """The fields of a bank account that a client can set."""

    name: Name
    description: OptionalProse = None
    bankAccountType: Literal["Checking", "Savings"]
    country: Country
    accountNumber: _OptionalNumber = None
    routingNumber: _OptionalNumber = None


class BankAccount(EntityType):
    """A bank account.

    Buildium shows account numbers masked, and a PUT without the number erases it. So a client's number is stored for
    later updates, and never shown. `accountNumberEnding` is the ending of Buildium's number.

    The stored number is dropped when Buildium has another one. That one is never stored: an update reads it unmasked
    and writes it back.
    """

    name = "bank-account"
    collection = "bank-accounts"
    path = "/bankaccounts"
    # GIMPropertyManagement/BuildiumManagement, src/finance/bankAuditAnalyzer.ts
    page_path = "/manager/app/banking/bank-account/{id}/register"
    event_subjects = frozenset({"BankAccount"})
    model = BankAccountFields
    read_only_in_buildium = frozenset({"IsActive", "Balance", "AccountNumberUnmasked", "ElectronicPayments"})
    exact_match_fields = ("name",)
    review_fields = ("name", "bankAccountType", "country", "accountNumberEnding", "status")
    identifying_fields = (("name",), ("description",), ("routingNumber",))
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {"status": STATUS, "accountNumberEnding": str | None}
    canonical: ClassVar[Normalizers] = {
        "country": countries.canonical,
        "accountNumber": alphanumeric,
        "routingNumber": alphanumeric,
    }
    # A mix of an account number and the routing number of another bank would pay a stranger.
    composites = (("routingNumber", "accountNumber", _REPLACED_ENDING),)
    not_removable: ClassVar[Mapping[str, str]] = {
        "accountNumber": "cannot be removed: an update in Buildium keeps the current number"
    }
    secret_fields = frozenset({"accountNumber", _REPLACED_ENDING, "routingNumber"})
    updated_since_param = None

    @property
    def default_remote_fields(self) -> Fields:
        """Active, and without a number in Buildium."""
        return {**super().default_remote_fields, "accountNumberEnding": None}

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Validate as every type does. The masked account number of a response means the current number."""
        shown = _shown(current or {})
        if shown is not None and body.get("accountNumber") == shown:
            body = {name: value for name, value in body.items() if name != "accountNumber"}
        fields = super().validate(body, current, in_buildium=in_buildium)
        is_removed = "accountNumber" in body and fields.get("accountNumber") is None
        if is_removed and shown is not None and in_buildium:
            raise InvalidFields([FieldError("accountNumber", self.not_removable["accountNumber"])])
        is_given = body.get("accountNumber") is not None
        return {**fields, _REPLACED_ENDING: fields.get("accountNumberEnding")} if is_given else fields

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the account with its number masked."""
        return {**super().to_response(entity_id, fields, times), "accountNumber": _shown(fields)}

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a BankAccountPostMessage."""
        return {
            "Name": fields["name"],
            "Description": fields.get("description"),
            "BankAccountType": fields["bankAccountType"],
            "Country": countries.buildium_name(fields["country"] or "") or fields["country"],
            "AccountNumber": fields.get("accountNumber"),
            "RoutingNumber": fields.get("routingNumber"),
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return a BankAccountPutMessage.

        Raises SyncBlocked if the PUT would erase or replace an unknown number.
        """
        if _is_masked(current.get("RoutingNumber")) and fields.get("routingNumber") is None:
            raise SyncBlocked("Buildium masks the routing number, so an update would erase it. Set routingNumber.")
        return {
            **self.to_create(fields, links),
            "AccountNumber": _account_number(fields, current),
            "CheckPrintingInfo": bank_account_check_printing.write(current.get("CheckPrintingInfo")),
        }

    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Read a BankAccountMessage. Of the account number it shows only the ending, or that there is none."""
        routing_number = blank_to_none(payload.get("RoutingNumber"))
        account_number = blank_to_none(payload.get("AccountNumber"))
        return {
            "name": blank_to_none(payload.get("Name")),
            "description": blank_to_none(payload.get("Description")),
            "bankAccountType": payload.get("BankAccountType"),
            "country": countries.code_or_name(payload.get("Country")),
            **({"accountNumber": None} if account_number is None else {}),
            **({} if _is_masked(routing_number) else {"routingNumber": routing_number}),
            "accountNumberEnding": _last_digits(account_number),
            "status": read_status(payload),
        }

    def with_hidden_values(self, shown: Fields, *, base: Fields, local: Fields) -> Fields:
        """Return Buildium's fields. The account number is None if Buildium has one that is not stored here."""
        ending = shown.get("accountNumberEnding")
        if ending is None or not _is_new(ending, base, local):
            return shown
        return {**shown, "accountNumber": None, _REPLACED_ENDING: ending}

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Compare as every type does, and also the visible ending of the account number."""
        differs = super().fields_changed_since_create(sent, shown)
        if _endings_match(shown["accountNumberEnding"], _last_digits(sent.get("accountNumber"))):
            return differs
        return tuple(dict.fromkeys([*differs, "accountNumber"]))

    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the name, type and country, and the ending of the number."""
        return {**_identity(fields), "ending": _last_digits(fields.get("accountNumber"))}

    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Compare name and type exactly, the country in any spelling, and the visible ending of the number."""
        fields = self.from_buildium(payload, NO_LINKS)
        identity = _identity(fields)
        same_number = _endings_match(fields["accountNumberEnding"], key["ending"])
        return same_number and identity == {name: key[name] for name in identity}


def _identity(fields: Fields) -> dict[str, Any]:
    return {
        "name": fields["name"],
        "bankAccountType": fields["bankAccountType"],
        "country": countries.canonical(fields["country"] or ""),
    }


def _account_number(fields: Fields, current: Payload) -> str | None:
    """Return the account number to write: the merged one, or else Buildium's own.

    Buildium shows its own number unmasked for this purpose. It is not stored. Raises SyncBlocked if it is masked: an
    update without the number would erase it.
    """
    stored: str | None = fields.get("accountNumber")
    if stored is not None or blank_to_none(current.get("AccountNumber")) is None:
        return stored
    unmasked = blank_to_none(current.get("AccountNumberUnmasked"))
    if unmasked is None or _is_masked(unmasked):
        raise SyncBlocked("Buildium masks the account number, so an update would replace it. Set accountNumber.")
    return str(unmasked)


def _is_new(ending: str, base: Fields, local: Fields) -> bool:
    """Return whether the ending is that of a number that neither side had.

    Without a number in `base`, Buildium's last number is the one that the client's number has replaced.
    """
    agreed, stored = base.get("accountNumber"), local.get("accountNumber")
    if (agreed is None and stored is None) or _ends_alike(ending, _last_digits(stored)):
        return False
    return not _ends_alike(ending, local.get(_REPLACED_ENDING) if agreed is None else _last_digits(agreed))


def _is_masked(number: str | None) -> bool:
    return _MASK.search(number or "") is not None


def _last_digits(number: str | None) -> str | None:
    """Return the last digits of a number, masked or not, None if none are readable."""
    found = _ENDING.search((number or "").strip())
    return found[0] if found else None


def _endings_match(one: str | None, other: str | None) -> bool:
    """Return whether two endings may belong to one number. Buildium does not state how many digits it shows."""
    return not one or not other or _ends_alike(one, other)


def _ends_alike(one: str, other: str | None) -> bool:
    return other is not None and (one.endswith(other) or other.endswith(one))


def _shown(fields: Fields) -> str | None:
    """Return the masked account number of a response: the stored one, or else Buildium's."""
    number, ending = fields.get("accountNumber"), fields.get("accountNumberEnding")
    if number is None:
        return None if ending is None else _HIDDEN + ending
    return _HIDDEN + (_last_digits(number) or "") if len(number) >= _MIN_LENGTH_WITH_ENDING else _HIDDEN
