"""Examples of entities: what clients send."""

from typing import Any

Json = dict[str, Any]

BUILDIUM_IDS = {
    "bank-account": 10407,
    "property": 12345,
    "unit": 23456,
    "owner": 67890,
    "vendor": 34567,
    "task": 45678,
    "work-order": 56789,
    "bill": 78901,
    "lease": 89012,
    "tenant": 90123,
}
#: Values in responses that differ from what the types compute. A contact has the id of its owner.
OTHER_VALUES: dict[str, Json] = {"owner": {"contact_id": "contact-id"}}

CREATES: dict[str, Json] = {
    "property": {
        "name": "Sample Property",
        "addressLine1": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postalCode": "10001",
        "country": "US",
        "rentalSubType": "Office",
        "status": "Active",
    },
    "unit": {
        "propertyId": "property-id",
        "unitNumber": "2A",
        "unitSize": 850,
        "marketRent": 1850.0,
        "addressLine1": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postalCode": "10001",
        "country": "US",
        "unitBedrooms": "TwoBed",
        "unitBathrooms": "OnePointFiveBath",
    },
    "owner": {
        "isCompany": False,
        "firstName": "John",
        "lastName": "Doe",
        "primaryEmail": "john.doe@example.com",
        "primaryPhone": "+1-555-0123",
        "primaryAddressLine1": "456 Oak Ave",
        "primaryCity": "New York",
        "primaryState": "NY",
        "primaryPostalCode": "10002",
        "primaryCountry": "US",
    },
    "vendor": {
        "isCompany": True,
        "companyName": "Pipes Ltd",
        "primaryEmail": "office@example.com",
        "addressLine1": "9 Dock Street",
        "city": "New York",
        "state": "NY",
        "postalCode": "10003",
        "country": "US",
    },
    "task": {
        "title": "Fix the tap",
        "description": "The tap in the kitchen drips.",
        "taskStatus": "New",
        "priority": "Normal",
        "dueDate": "2025-02-01",
        "propertyId": "property-id",
    },
    "work-order": {
        "vendorId": "vendor-id",
        "taskId": "task-id",
        "entryAllowed": "Yes",
        "workDetails": "Replace the washer of the kitchen tap.",
        "lineItems": [{"quantity": 1.5, "unitPrice": 80.0, "memo": "Labour"}],
    },
    "bill": {
        "date": "2025-01-15",
        "dueDate": "2025-02-14",
        "vendorId": "vendor-id",
        "referenceNumber": "INV-2031",
        "lines": [{"accountingEntityId": "property-id", "amount": 120.5, "memo": "Labour"}],
    },
    "bank-account": {"name": "Operating", "bankAccountType": "Checking", "country": "US"},
    "lease": {
        "leaseType": "Fixed",
        "unitId": "unit-id",
        "leaseFromDate": "2025-02-01",
        "leaseToDate": "2026-01-31",
    },
    "tenant": {
        "leaseId": "lease-id",
        "firstName": "Maria",
        "lastName": "Lopez",
        "email": "maria.lopez@example.com",
        "primaryPhone": "+1-555-0123",
        "primaryAddressLine1": "123 Main St",
        "primaryCity": "New York",
        "primaryState": "NY",
        "primaryPostalCode": "10001",
        "primaryCountry": "US",
    },
}
UPDATES: dict[str, Json] = {
    "property": {"name": "Sample Tower"},
    "unit": {"marketRent": 1900.0},
    "owner": {"primaryEmail": "jdoe@example.com"},
    "vendor": {"website": "https://www.example.com"},
    "task": {"taskStatus": "Completed"},
    "work-order": {"vendorNotes": "Bring a ladder."},
    "bill": {"memo": "Kitchen tap"},
    "bank-account": {"description": "The account for daily expenses"},
    "lease": {"leaseToDate": "2026-02-28"},
    "tenant": {"alternateEmail": "maria@example.org"},
}
