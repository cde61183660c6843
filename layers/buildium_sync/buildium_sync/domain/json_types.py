"""The JSON values that the domain works with."""

from collections.abc import Mapping, Sequence
from typing import Any

Fields = dict[str, Any]
"""An entity's own fields: camelCase names and JSON values. An absent field is None."""

Payload = dict[str, Any]
"""A JSON object from or for Buildium."""

Query = Mapping[str, str | Sequence[str]]
"""The query parameters of a GET of a list. A sequence is repeated."""
