"""Fields of the rent schedules, renewals and move-outs of leases."""

from tools.openapi.texts.text import Texts, amount, buildium_id, composed, date, integer, reference, value

TEXTS: Texts = {
    "LeaseRentSchedule.leaseId": reference("lease", "lease-id"),
    "LeaseRentSchedule.startDate": date(
        "The first day of the schedule. That of the first schedule is the first day of the lease.", "2026-12-01"
    ),
    "LeaseRentSchedule.rentCycle": value(
        "How often the charges recur. `Daily`, `Weekly`, `Monthly`, `Quarterly` and `Yearly`: once in that period. "
        "`Every2Weeks`, `Every2Months` and `Every6Months`: once in that number of weeks or months.",
        "Monthly",
    ),
    "LeaseRentSchedule.backdateCharges": value(
        "Whether Buildium posts charges of past days at once. Only a create can request it.", False
    ),
    "LeaseRentSchedule.charges": composed("The charges. At least one."),
    "LeaseRentSchedule.leaseRentSchedule": composed("The rent schedule."),
    "RentScheduleCharge.glAccountId": buildium_id("The Buildium id of the general ledger account.", 12),
    "RentScheduleCharge.amount": amount("The amount of the charge.", 1900.0),
    "RentScheduleCharge.nextDueDate": date("The day when the charge is due next.", "2026-12-01"),
    "RentScheduleCharge.postDaysInAdvance": integer(
        "The number of days before its due date on which a charge is posted.", 5
    ),
    "RentScheduleCharge.memo": value("A note on the charge.", "Rent"),
    "LeaseMoveOut.leaseId": reference("lease", "lease-id"),
    "LeaseMoveOut.tenantId": reference("tenant", "tenant-id"),
    "LeaseMoveOut.moveOutDate": date("The day when the tenant moves out.", "2026-12-31"),
    "LeaseMoveOut.noticeGivenDate": date("The day when the tenant gave notice.", "2026-11-28"),
    "LeaseMoveOut.leaseMoveOut": composed("The move-out."),
    "LeaseRenewal.leaseId": reference("lease", "lease-id"),
    "LeaseRenewal.leaseType": value(
        "The kind of the new term. `Fixed`: ends on a date. `FixedWithRollover`: continues from month to month after "
        "its end. `AtWill`: has no end.",
        "Fixed",
    ),
    "LeaseRenewal.leaseToDate": date("The last day of the new term. Not allowed for the type `AtWill`.", "2027-11-30"),
    "LeaseRenewal.automaticallyMoveOutTenants": value(
        "Whether Buildium moves the tenants out when the new term ends.", False
    ),
    "LeaseRenewal.rent": composed("The rent of the new term. Buildium makes a rent schedule of it."),
    "LeaseRenewal.tenantIds": value("The tenants of the new term, by local id or Buildium id.", ["tenant-id"]),
    "LeaseRenewal.sendWelcomeEmail": value("Whether Buildium sends the tenants a welcome e-mail.", False),
    "LeaseRenewal.leaseFromDate": date("The first day of the new term, set by Buildium.", "2026-12-01"),
    "LeaseRenewal.leaseStatus": value("Buildium's status of the new term: `Active`, `Past` or `Future`.", "Future"),
    "LeaseRenewal.rentId": buildium_id("The Buildium id of the rent schedule of the new term.", 61201),
    "LeaseRenewal.leaseRenewal": composed("The renewal."),
}
