"""Properties of the outstanding balances of leases."""

from tools.openapi.texts.text import Texts, amount, buildium_id, composed, timestamp, value

TEXTS: Texts = {
    "BalanceAging.days0To30": amount("The part that has been due for at most 30 days.", 1200.0),
    "BalanceAging.days31To60": amount("The part that has been due for 31 to 60 days.", 850.25),
    "BalanceAging.days61To90": amount("The part that has been due for 61 to 90 days.", 0.0),
    "BalanceAging.over90Days": amount("The part that has been due for more than 90 days.", 0.0),
    "OutstandingBalance.leaseId": value("The local id of the lease. null if the lease is not local.", "lease-id"),
    "OutstandingBalance.buildiumLeaseId": buildium_id("The Buildium id of the lease."),
    "OutstandingBalance.total": amount("What the tenants of the lease owe.", 2050.25),
    "OutstandingBalance.aging": composed("The parts of the balance by age."),
    "OutstandingBalance.asOf": timestamp("The time when Buildium was asked for the balance."),
    "OutstandingBalances.items": composed("The balances of this page."),
    "OutstandingBalances.asOf": timestamp(
        "The time when Buildium was last asked for all balances. null before the first time."
    ),
    "LeaseBalance.leaseId": value("The local id of the lease.", "lease-id"),
    "LeaseBalance.buildiumLeaseId": buildium_id("The Buildium id of the lease. null while it is not in Buildium."),
    "LeaseBalance.total": amount(
        "What the tenants of the lease owe. 0 also for a credit. null if balances were never read.", 2050.25
    ),
    "LeaseBalance.aging": composed("The parts of the balance by age. null if balances were never read."),
    "LeaseBalance.asOf": timestamp("The time when Buildium was asked for the balance. null if it was not; see `note`."),
    "LeaseBalance.note": value("The reason why `asOf` is null. null otherwise.", None),
}
