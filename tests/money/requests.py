"""What clients requested, and what each accepted request must be in the ledger at the end."""

from dataclasses import dataclass
from typing import Any

from buildium_sync.domain.entity import EntityRef

KINDS = {
    "lease-charge": "Charge",
    "lease-payment": "Payment",
    "lease-credit": "Credit",
    "lease-payment-reversal": "ReversePayment",
}
"""Buildium's type of the entry that an entity type posts."""


@dataclass(eq=False)
class Posted:
    """A request to post an entry, sent until it was acknowledged.

    `cents` are the possible amounts: several if a person and a client changed the amount at once. `ref` is None until
    the response came. `payment` is that of a reversal. A final payment does not change.
    """

    name: str
    path: str
    body: dict[str, Any]
    key: str | None
    lease: int
    day: str
    cents: set[int]
    ref: EntityRef | None = None
    payment: "Posted | None" = None
    is_final: bool = False
    is_changed: bool = False
    """A client changed it."""

    @property
    def kind(self) -> str:
        """Buildium's type of the entry."""
        return KINDS[self.name]

    @property
    def equality(self) -> str:
        """A text that is the same for equal requests, whose entries are interchangeable."""
        return f"{self.path} {self.lease} {self.day} {self.body.get('lines')}"

    @property
    def entity(self) -> EntityRef:
        """The local entity."""
        assert self.ref is not None
        return self.ref


@dataclass
class ByHand:
    """An entry that a person created in Buildium."""

    lease: int
    kind: str
    day: str
    cents: int
