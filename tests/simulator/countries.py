"""The country names that Buildium accepts."""

import json
import re
from functools import cache

from tests.contract.location import find_document


def is_country(name: str) -> bool:
    """Whether Buildium has a country of this name (`UnitedStates`).

    Without Buildium's document every name of capitalized words is accepted, so `US` never is.
    """
    known = _documented_countries()
    return name in known if known else re.fullmatch(r"([A-Z][a-z]+)+", name) is not None


@cache
def _documented_countries() -> frozenset[str]:
    path = find_document()
    if path is None:
        return frozenset()
    schemas = json.loads(path.read_bytes())["components"]["schemas"]
    return frozenset(schemas["SaveAddressMessage"]["properties"]["Country"]["enum"])
