"""Fields of charges, payments, credits and reversals in the ledger of a lease."""

from tools.openapi.texts.text import Text, Texts, amount, buildium_id, composed, date, reference, value

_MEMO = "A note of at most 65 characters."
_LINES = composed("The lines. At least one.")
_ACCOUNT = buildium_id("The Buildium id of the general ledger account.", 12)

_ENTRIES: Texts = {
    f"{name}.{field}": text
    for name in ("LeaseCharge", "LeasePayment", "LeaseCredit")
    for field, text in {
        "leaseId": reference("lease", "lease-id"),
        "memo": value(_MEMO, "March rent"),
        "lines": _LINES,
    }.items()
}
TEXTS: Texts = {
    **_ENTRIES,
    "LeaseCharge.date": date("The date of the charge.", "2026-11-01"),
    "LeaseCharge.billId": reference("bill", "bill-id"),
    "LeaseCharge.leaseCharge": composed("The charge."),
    "LeasePayment.date": date("The date of the payment.", "2026-11-03"),
    "LeasePayment.paymentMethod": value(
        "How the tenant paid: `Check`, `Cash`, `MoneyOrder`, `CashierCheck`, `DirectDeposit`, `CreditCard` or "
        "`ElectronicPayment`.",
        "Check",
    ),
    "LeasePayment.payeeTenantId": value(
        "The tenant who pays: the local id (a string) or the Buildium id (an integer).", "tenant-id"
    ),
    "LeasePayment.referenceNumber": value("The reference number, such as that of a check.", "1042"),
    "LeasePayment.sendEmailReceipt": value("Whether Buildium sends the tenant a receipt by e-mail.", False),
    "LeasePayment.leasePayment": composed("The payment."),
    "LeaseCredit.date": date("The date of the credit.", "2026-11-05"),
    "LeaseCredit.creditType": value(
        "How the credit is applied. `WaiveUnpaid`: it reverses unpaid charges. `Exchange`: it pays for an expense or a "
        "service of the tenant. `PreviouslyDeposited`: it returns deposited payments.",
        "WaiveUnpaid",
    ),
    "LeaseCredit.offsettingGlAccountId": buildium_id(
        "The Buildium id of the offsetting account: an expense account for `Exchange`, an equity account for "
        "`PreviouslyDeposited`.",
        14,
    ),
    "LeaseCredit.leaseCredit": composed("The credit."),
    "LeaseTransaction.leaseId": reference("lease", "lease-id"),
    "LeaseTransaction.date": date("The date of the entry.", "2026-11-03"),
    "LeaseTransaction.transactionType": value("Buildium's type of the transaction.", "Payment"),
    "LeaseTransaction.totalAmount": amount("The sum of the lines, as Buildium shows it.", 1850.0),
    "LeaseTransaction.memo": value("The note on the entry.", "March rent"),
    "LeaseTransaction.checkNumber": value("The number of the check.", "1042"),
    "LeaseTransaction.paymentMethod": value("How the tenant paid, in Buildium's words.", "Check"),
    "LeaseTransaction.lines": composed("The lines."),
    "LeaseTransaction.transactionId": buildium_id("The Buildium id of the transaction.", 501202),
    "LeaseTransaction.postedBy": composed(
        "The local charge, payment, credit or reversal that posted the entry, or null."
    ),
    "LeaseTransaction.leaseTransaction": composed("The entry."),
    "TransactionLine.glAccountId": _ACCOUNT,
    "TransactionLine.amount": amount("The amount of the line.", 1850.0),
    "TransactionLine.memo": value("The note on the line.", "March rent"),
    "TransactionLine.referenceNumber": value("The reference number of the line.", "1042"),
    "PostedBy.entityType": value(
        "The entity type: `lease-charge`, `lease-payment`, `lease-credit` or `lease-payment-reversal`.", "lease-payment"
    ),
    "PostedBy.entityId": value("The local id.", "lease-payment-id"),
    "LeasePaymentReversal.paymentId": reference("payment", "lease-payment-id"),
    "LeasePaymentReversal.leaseId": Text("The lease of the payment. It is copied from a local payment.", "lease-id"),
    "LeasePaymentReversal.date": date("The date of the reversal.", "2026-11-10"),
    "LeasePaymentReversal.totalAmount": amount("The amount of the payment. It is copied from a local payment.", 1850.0),
    "LeasePaymentReversal.nsfCharge": composed("The charge to the tenant for non-sufficient funds."),
    "LeasePaymentReversal.bankFee": composed("The fee of the bank, an expense of the property."),
    "LeasePaymentReversal.leasePaymentReversal": composed("The reversal."),
    "ReversalFee.glAccountId": buildium_id(
        "The Buildium id of the general ledger account: an income account for `nsfCharge`, an expense account for "
        "`bankFee`.",
        12,
    ),
    "ReversalFee.totalAmount": amount("The amount of the fee, more than zero.", 25.0),
    "LedgerLine.glAccountId": _ACCOUNT,
    "LedgerLine.amount": amount("The amount of the line, more than zero.", 1850.0),
    "ChargeLine.glAccountId": _ACCOUNT,
    "ChargeLine.amount": amount("The amount of the line, more than zero.", 1850.0),
    "ChargeLine.referenceNumber": value("A reference number of at most 30 characters.", "UTIL-11"),
}
