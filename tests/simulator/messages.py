"""Messages to Buildium that it takes, to be varied by tests."""

from typing import Any

from tests.simulator.model import Json


def address(**changes: Any) -> Json:
    """An address in Texas."""
    written = {
        "AddressLine1": "100 Main Street",
        "City": "Austin",
        "State": "TX",
        "PostalCode": "78701",
        "Country": "UnitedStates",
    }
    return {**written, **changes}


def rental(**changes: Any) -> Json:
    """A single-family home on bank account 1."""
    written = {
        "Name": "Sunset Villa",
        "RentalSubType": "SingleFamily",
        "OperatingBankAccountId": 1,
        "Address": address(),
    }
    return {**written, **changes}


def unit(property_id: int, **changes: Any) -> Json:
    """Unit 2A of a property."""
    return {"PropertyId": property_id, "UnitNumber": "2A", "Address": address(), **changes}


def owner(*property_ids: int, **changes: Any) -> Json:
    """A person who owns these properties."""
    written = {
        "IsCompany": False,
        "FirstName": "Ada",
        "LastName": "Moreno",
        "Address": address(),
        "PropertyIds": list(property_ids),
    }
    return {**written, **changes}
