"""Whether an entity is active. Buildium's API can change the status of properties only."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

ACTIVE: Literal["Active"] = "Active"
INACTIVE: Literal["Inactive"] = "Inactive"

STATUS = Annotated[Literal["Active", "Inactive"], Field(json_schema_extra={"enum": [ACTIVE, INACTIVE]})]
"""The status of an entity. Responses enumerate its values, because they are not Buildium's."""

READ_ONLY = "cannot be changed: Buildium's API can activate and inactivate properties only"
"""The error for a status of another type."""

_BY_CASEFOLDED_NAME: Mapping[str, str] = {status.casefold(): status for status in (ACTIVE, INACTIVE)}


def canonical_status(value: Any) -> Any:
    """Return a status in its stored spelling. Any other value is returned unchanged."""
    return _BY_CASEFOLDED_NAME.get(value.strip().casefold(), value) if isinstance(value, str) else value


WritableStatus = Annotated[STATUS, BeforeValidator(canonical_status)]
"""The status of a type whose status a client can change."""


def read_status(payload: Mapping[str, Any]) -> STATUS:
    """Return the status in a Buildium payload, active if it has none."""
    return INACTIVE if payload.get("IsActive") is False else ACTIVE
