"""Credits to a tenant. Buildium: /leases/{id}/credits."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.entity_types.fields.types import BuildiumId
from buildium_sync.entity_types.ledger_entry import LedgerEntry, LedgerEntryFields, LedgerLine
from buildium_sync.errors import SyncBlocked

_NO_UPDATE = "cannot be changed: Buildium does not accept changes of a credit; edit it in Buildium"


class LeaseCreditFields(LedgerEntryFields):
    """The fields of a credit. `offsettingGlAccountId` is a Buildium id."""

    creditType: Literal["WaiveUnpaid", "Exchange", "PreviouslyDeposited"]
    offsettingGlAccountId: Annotated[BuildiumId | None, Field(validate_default=True)] = None
    lines: Annotated[list[LedgerLine], Field(min_length=1)]

    @field_validator("offsettingGlAccountId")
    @classmethod
    def _required_by_type(cls, value: int | None, info: ValidationInfo) -> int | None:
        kind = info.data.get("creditType")
        if value is None and kind in ("Exchange", "PreviouslyDeposited"):
            raise ValueError(f"is required for the creditType {kind}")
        return value


class LeaseCredit(LedgerEntry):
    """A credit: what a tenant no longer owes. Buildium has no request that changes one."""

    name = "lease-credit"
    collection = "lease-credits"
    write_path = "/leases/{parent}/credits"
    transaction_type = "Credit"
    model = LeaseCreditFields
    create_only: ClassVar[Mapping[str, str]] = {
        **LedgerEntry.create_only,
        **dict.fromkeys(("date", "memo", "creditType", "offsettingGlAccountId", "lines"), _NO_UPDATE),
    }

    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return a LeaseLedgerCreditPostMessage."""
        return {
            "Date": fields["date"],
            "CreditType": fields["creditType"],
            "OffsettingGLAccountId": fields.get("offsettingGlAccountId"),
            "Memo": fields.get("memo"),
            "Lines": [{"Amount": each["amount"], "GlAccountId": each["glAccountId"]} for each in fields["lines"]],
        }

    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Raise SyncBlocked: Buildium has no such request, and the API accepts no change."""
        raise SyncBlocked(f"A credit {_NO_UPDATE}.")
