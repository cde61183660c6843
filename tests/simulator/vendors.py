"""Vendors. Buildium: /v1/vendors."""

from tests.simulator.contacts import address, phones, read_address, read_phones
from tests.simulator.entity_type import EntityType, copied, looked_up
from tests.simulator.errors import Problem
from tests.simulator.filters import active, contains
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.tax import TAX_INFORMATION, check_tax_id
from tests.simulator.times import LAST_UPDATED
from tests.simulator.validation import boolean, calendar_date, email, nested, optional, reference, required, text

INSURANCE = {
    "Provider": optional(text(65)),
    "PolicyNumber": optional(text(65)),
    "ExpirationDate": optional(calendar_date()),
}
VENDOR = {
    "FirstName": optional(text(127)),
    "LastName": optional(text(127)),
    "IsCompany": required(boolean()),
    "CompanyName": optional(text(127)),
    "PrimaryEmail": optional(email()),
    "AlternateEmail": optional(email()),
    "PhoneNumbers": optional(phones()),
    "Address": optional(address()),
    "CategoryId": required(reference("vendorcategories")),
    "ExpenseGlAccountId": optional(reference("glaccounts")),
    "AccountNumber": optional(text(30)),
    "Website": optional(text(100, pattern=r"https?://[^\s/.]+\.\S+")),
    "VendorInsurance": optional(nested(INSURANCE)),
    "Comments": optional(text(65535)),
}
POST = {**VENDOR, "TaxInformation": optional(nested(TAX_INFORMATION, also=check_tax_id))}
PUT_TAX = {**TAX_INFORMATION, "IncludeIn1099": required(boolean())}
PUT = {**VENDOR, "TaxInformation": optional(nested(PUT_TAX, also=check_tax_id))}
WRITTEN_AS_READ = ("PrimaryEmail", "AlternateEmail", "Website", "Comments", "AccountNumber")
BLANK: Json = {
    "IsCompany": False,
    "IsActive": True,
    "FirstName": "",
    "LastName": "",
    "CompanyName": "",
    **dict.fromkeys(WRITTEN_AS_READ, None),
    "PhoneNumbers": [],
    "Category": {"Id": 101},
    "Address": None,
    "VendorInsurance": None,
    "ExpenseGLAccountId": None,
    "TaxInformation": None,
}


def _rules(_state: State, body: Json, _current: Record | None) -> list[Problem]:
    needed = ("CompanyName",) if body["IsCompany"] else ("FirstName", "LastName")
    return [Problem(key, f"{key} is required.") for key in needed if not body.get(key)]


def _read(body: Json, current: Json | None) -> Json:
    company, where = body["IsCompany"], body.get("Address")
    return {
        **copied(body, "IsCompany", *WRITTEN_AS_READ),
        "IsActive": current["IsActive"] if current else True,
        "FirstName": "" if company else body["FirstName"],
        "LastName": "" if company else body["LastName"],
        "CompanyName": body["CompanyName"] if company else "",
        "PhoneNumbers": read_phones(body.get("PhoneNumbers")),
        "Category": {"Id": body["CategoryId"]},
        "Address": where and read_address(where),
        "VendorInsurance": _read_insurance(body.get("VendorInsurance")),
        "ExpenseGLAccountId": body.get("ExpenseGlAccountId"),
        "TaxInformation": _read_tax(body.get("TaxInformation")),
    }


def _read_insurance(written: Json | None) -> Json | None:
    if written is None:
        return None
    day = written.get("ExpirationDate")
    return {**copied(written, "Provider", "PolicyNumber"), "ExpirationDate": day and f"{day}T00:00:00Z"}


def _read_tax(written: Json | None) -> Json | None:
    if written is None:
        return None
    where = written.get("Address")
    return {
        "TaxPayerIdType": written.get("TaxPayerType"),
        **copied(written, "TaxPayerId", "TaxPayerName1", "TaxPayerName2"),
        "IncludeIn1099": written.get("IncludeIn1099", False),
        "Address": where and read_address(where),
    }


def _names(record: Record) -> list[str]:
    vendor = record.public
    return [f"{vendor['FirstName']} {vendor['LastName']}".strip(), vendor["CompanyName"]]


def _category(state: State, record: Record) -> Json:
    return {"Category": looked_up(state, "vendorcategories", record.public["Category"]["Id"], "Name")}


VENDORS = EntityType(
    name="vendors",
    path="/vendors",
    first_id=4001,
    blank=BLANK,
    post=POST,
    put=PUT,
    read=_read,
    rules=_rules,
    computed=_category,
    event="Vendor",
    id_field="VendorId",
    filters={
        "status": active({"Active": True, "Inactive": False}),
        "email": contains(lambda record: [record.public["PrimaryEmail"], record.public["AlternateEmail"]]),
        "website": contains(lambda record: [record.public["Website"]]),
        "name": contains(_names),
        "phone": contains(lambda record: [phone["Number"] for phone in record.public["PhoneNumbers"]]),
        **LAST_UPDATED,
    },
)
