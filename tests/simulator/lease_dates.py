"""Rules about the dates of leases and renewals."""

import calendar
from datetime import date, timedelta

from tests.simulator.errors import Problem
from tests.simulator.model import Json

LEASE_TYPES = ("Fixed", "FixedWithRollover", "AtWill")
AT_WILL = "AtWill"


def day_after(day: str) -> str:
    """The next day. The last possible day has none, so it is returned."""
    return day if day == date.max.isoformat() else (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def date_problems(body: Json, first: str) -> list[Problem]:
    """Only leases at will have no end; it is after the start, `first`."""
    last = body.get("LeaseToDate")
    if body["LeaseType"] == AT_WILL:
        return [Problem("LeaseToDate", "LeaseToDate must be left out of an AtWill lease.")] if last else []
    if last is None:
        return [Problem("LeaseToDate", "LeaseToDate is required.")]
    return [] if last > first else [Problem("LeaseToDate", "LeaseToDate must be after LeaseFromDate.")]


def proration_problems(body: Json) -> list[Problem]:
    """Whole months have no prorated rent."""
    last = body.get("LeaseToDate")
    whole_months = {
        "ProratedFirstMonthRent": date.fromisoformat(body["LeaseFromDate"]).day == 1,
        "ProratedLastMonthRent": last is not None and _ends_a_month(date.fromisoformat(last)),
    }
    prorated = [key for key, whole_month in whole_months.items() if whole_month and body.get(key) is not None]
    return [Problem(key, f"{key} must be null for a whole month.") for key in prorated]


def _ends_a_month(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]
