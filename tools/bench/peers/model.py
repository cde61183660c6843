"""The property as a pydantic model."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Property(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=127)]
    addressLine1: Text
    addressLine2: Text | None = None
    city: Text
    state: Text
    postalCode: Text
    country: Text
    rentalSubType: Literal[
        "CondoTownhome", "MultiFamily", "SingleFamily", "Industrial", "Office", "Retail", "ShoppingCenter", "Storage",
        "ParkingSpace",
    ]  # fmt: skip
