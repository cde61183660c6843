"""The types that are created below another entity. The API adds their routes without importing the types."""

from buildium_sync.domain.entity_type import NestedRoute

NESTED_ROUTES = {
    "lease-payment-reversal": NestedRoute("lease-payments", "reversal", "paymentId"),
    "lease-rent-schedule": NestedRoute("leases", "rent-schedules", "leaseId"),
    "lease-renewal": NestedRoute("leases", "renewals", "leaseId"),
    "lease-move-out": NestedRoute("leases", "move-outs", "leaseId", has_delete=True),
}
