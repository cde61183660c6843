"""The external id of an entity: the key that the client's application has for it.

It is unique among the entities of a type. It is no field of the type: Buildium never gets it, and no merge changes it.
"""

import re

EXTERNAL_ID = "externalId"
MAX_EXTERNAL_ID_LENGTH = 255
EXTERNAL_ID_RULE = f"must be a string of 1 to {MAX_EXTERNAL_ID_LENGTH} characters without control characters"
_VALID = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ufffd]{{1,{MAX_EXTERNAL_ID_LENGTH}}}")
"""U+FFFD replaces a character that a client or a server could not decode."""


def is_valid_external_id(value: object) -> bool:
    """Return whether a value can be an external id."""
    return isinstance(value, str) and _VALID.fullmatch(value) is not None
