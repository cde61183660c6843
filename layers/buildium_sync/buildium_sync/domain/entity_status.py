"""Whether an entity is in use. Buildium: the API changes it of properties only."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

ACTIVE: Literal["Active"] = "Active"
INACTIVE: Literal["Inactive"] = "Inactive"

STATUS = Annotated[Literal["Active", "Inactive"], Field(json_schema_extra={"enum": [ACTIVE, INACTIVE]})]
"""Whether an entity is in use. The schema of responses lists the values too: they are not Buildium's."""

READ_ONLY = "cannot be changed: Buildium's API can activate and inactivate properties only"
"""The reason that a client gets who changes the status of another type."""

_BY_FOLDED_NAME: Mapping[str, str] = {status.casefold(): status for status in (ACTIVE, INACTIVE)}


def canonical_status(value: Any) -> Any:
    """Return a client's status in the spelling that is stored; any other value is returned as it is."""
    return _BY_FOLDED_NAME.get(value.strip().casefold(), value) if isinstance(value, str) else value


WritableStatus = Annotated[STATUS, BeforeValidator(canonical_status)]
"""The status of a type that a client may change."""


def read_status(message: Mapping[str, Any]) -> STATUS:
    """Return the status that a Buildium message shows; an entity whose message shows none is active."""
    return INACTIVE if message.get("IsActive") is False else ACTIVE
