"""Rental owners. Buildium: /v1/rentals/owners. They have no webhook events."""

import re

from tests.simulator.contacts import address, phones, read_address, read_phones
from tests.simulator.entity_type import EntityType, copied
from tests.simulator.errors import Problem
from tests.simulator.filters import active, contains, ids
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.tax import TAX_INFORMATION, check_tax_id
from tests.simulator.times import LAST_UPDATED
from tests.simulator.validation import (
    boolean,
    calendar_date,
    email,
    list_of,
    nested,
    optional,
    reference,
    required,
    text,
)

PUT = {
    "FirstName": optional(text(127)),
    "LastName": optional(text(127)),
    "IsCompany": required(boolean()),
    "CompanyName": optional(text(127)),
    "DateOfBirth": optional(calendar_date()),
    "ManagementAgreementStartDate": optional(calendar_date()),
    "ManagementAgreementEndDate": optional(calendar_date()),
    "Email": optional(email()),
    "AlternateEmail": optional(email()),
    "PhoneNumbers": optional(phones()),
    "Address": required(address()),
    "Comment": optional(text(65535)),
    "PropertyIds": required(list_of(reference("rentals"), least=1)),
}
POST = {**PUT, "TaxInformation": optional(nested(TAX_INFORMATION, also=check_tax_id))}
WRITTEN_AS_READ = (
    "Email",
    "AlternateEmail",
    "Comment",
    "ManagementAgreementStartDate",
    "ManagementAgreementEndDate",
    "PropertyIds",
)
BLANK: Json = {
    "IsCompany": False,
    "IsActive": True,
    "FirstName": "",
    "LastName": "",
    "CompanyName": "",
    "PhoneNumbers": [],
    "Address": None,
    "TaxInformation": None,
    **dict.fromkeys(WRITTEN_AS_READ, None),
    "PropertyIds": [],
}


def _rules(_state: State, body: Json, _current: Record | None) -> list[Problem]:
    needed = ("CompanyName",) if body["IsCompany"] else ("FirstName", "LastName")
    return [Problem(key, f"{key} is required.") for key in needed if not body.get(key)]


def _read(body: Json, current: Json | None) -> Json:
    company = body["IsCompany"]
    return {
        **copied(body, "IsCompany", *WRITTEN_AS_READ),
        "IsActive": current["IsActive"] if current else True,
        "FirstName": "" if company else body["FirstName"],
        "LastName": "" if company else body["LastName"],
        "CompanyName": body["CompanyName"] if company else "",
        "PhoneNumbers": read_phones(body.get("PhoneNumbers")),
        "Address": read_address(body["Address"]),
        "TaxInformation": current["TaxInformation"] if current else _read_tax(body.get("TaxInformation")),
    }


def _read_tax(written: Json | None) -> Json | None:
    if written is None:
        return None
    number, where = written.get("TaxPayerId"), written.get("Address")
    return {
        "TaxPayerIdType": written.get("TaxPayerType"),
        "TaxPayerId": number and re.sub(r"\d", "*", number[:-4]) + number[-4:],
        **copied(written, "TaxPayerName1", "TaxPayerName2"),
        "IncludeIn1099": False,
        "Address": read_address(where) if where else None,
    }


def _names(record: Record) -> list[str]:
    owner = record.public
    return [f"{owner['FirstName']} {owner['LastName']}".strip(), owner["CompanyName"]]


OWNERS = EntityType(
    name="owners",
    path="/rentals/owners",
    first_id=3001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    private=("DateOfBirth",),
    rules=_rules,
    filters={
        "propertyids": ids(lambda _state, record: record.public["PropertyIds"]),
        "status": active({"Active": True, "Inactive": False}),
        "ownername": contains(_names),
        "phone": contains(lambda record: [phone["Number"] for phone in record.public["PhoneNumbers"]]),
        **LAST_UPDATED,
    },
)
