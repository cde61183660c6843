"""Pass-through fields of a vendor whose form in a PUT differs from the read: insurance and tax information.

They are neither stored nor logged. Buildium: a PUT empties what it leaves out.
"""

import re

from buildium_sync.domain.json_types import Payload
from buildium_sync.entity_types.fields import address
from buildium_sync.errors import SyncBlocked

_TAX_IDS = {"SSN": re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), "EIN": re.compile(r"[0-9]{2}-[0-9]{7}")}


def write(current: Payload) -> Payload:
    """Return the insurance and tax information of a VendorMessage in the form of a VendorPutMessage.

    Raises SyncBlocked for a masked or incomplete tax id. It must not be written back, and without it the PUT would
    erase the real one.
    """
    return {**_insurance(current.get("VendorInsurance")), **_tax_information(current.get("TaxInformation"))}


def _insurance(shown: Payload | None) -> Payload:
    if shown is None:
        return {}
    expires = shown.get("ExpirationDate")
    return {
        "VendorInsurance": {
            "Provider": shown.get("Provider"),
            "PolicyNumber": shown.get("PolicyNumber"),
            "ExpirationDate": expires[:10] if expires else None,
        }
    }


def _tax_information(shown: Payload | None) -> Payload:
    if shown is None:
        return {}
    if not _is_whole(shown):
        raise SyncBlocked("Buildium masks the tax ID, so an update would erase it. Edit this vendor in Buildium.")
    return {
        "TaxInformation": {
            "TaxPayerId": shown.get("TaxPayerId") or None,
            "TaxPayerType": shown.get("TaxPayerIdType") if shown.get("TaxPayerId") else None,
            "TaxPayerName1": shown.get("TaxPayerName1"),
            "TaxPayerName2": shown.get("TaxPayerName2"),
            "IncludeIn1099": bool(shown.get("IncludeIn1099")),
            "Address": _address(shown.get("Address") or {}),
        }
    }


def _is_whole(shown: Payload) -> bool:
    number, form = shown.get("TaxPayerId"), _TAX_IDS.get(shown.get("TaxPayerIdType") or "")
    return not number or (form is not None and form.fullmatch(number) is not None)


def _address(shown: Payload) -> Payload | None:
    is_whole = all(shown.get(part) for part in address.REQUIRED)
    return {part: shown.get(part) for part in address.PARTS} if is_whole else None
