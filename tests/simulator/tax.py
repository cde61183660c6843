"""Tax information of owners and vendors."""

import re

from tests.simulator.contacts import address
from tests.simulator.errors import Problem
from tests.simulator.model import Json
from tests.simulator.validation import Scope, one_of, optional, text

TAX_ID_FORMATS = {"SSN": r"\d{3}-\d{2}-\d{4}", "EIN": r"\d{2}-\d{7}"}

TAX_INFORMATION = {
    "TaxPayerId": optional(text()),
    "TaxPayerType": optional(one_of(*TAX_ID_FORMATS)),
    "TaxPayerName1": optional(text(40)),
    "TaxPayerName2": optional(text(40)),
    "Address": optional(address()),
}


def check_tax_id(key: str, value: Json, _scope: Scope) -> list[Problem]:
    """A tax number requires a type, and must have that type's format."""
    kind, number = value.get("TaxPayerType"), value.get("TaxPayerId")
    if kind is None and number is None:
        return []
    if kind is None or number is None:
        return [Problem(key, f"{key} needs TaxPayerType and TaxPayerId together.")]
    if re.fullmatch(TAX_ID_FORMATS[kind], number):
        return []
    return [Problem(f"{key}.TaxPayerId", f"{key}.TaxPayerId is not formatted as an {kind}.")]
