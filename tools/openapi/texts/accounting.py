"""Fields of bills and bank accounts."""

from tools.openapi.texts.text import Texts, amount, buildium_id, composed, date, number, reference, value

_ACCOUNT_NUMBER = value("The complete number of the account.", "000123456789")

_BILL: Texts = {
    "Bill.date": date("The date of the bill.", "2026-11-02"),
    "Bill.dueDate": date("The day when the bill is due, not before its date.", "2026-12-01"),
    "Bill.vendorId": reference("vendor", "vendor-id"),
    "Bill.workOrderId": reference("work order", "work-order-id"),
    "Bill.referenceNumber": value("The reference number of the bill.", "INV-2031"),
    "Bill.memo": value("A note on the bill.", "Kitchen tap"),
    "Bill.glAccountId": buildium_id("The Buildium id of the general ledger account for lines without their own.", 12),
    "Bill.lines": composed("The lines of the bill."),
    "Bill.approvalStatus": value("Buildium's approval status of the bill. Only Buildium changes it.", "Approved"),
    "Bill.paidDate": date("The day when the bill was paid. Only Buildium changes it.", "2026-11-20"),
    "Bill.bill": composed("The bill."),
    "BillLine.id": buildium_id("The Buildium id of the line. null for a new line.", 7781),
    "BillLine.accountingEntityType": value(
        "What the line is charged to. `Rental`: a property. `Association`: an association. `Company`: the company.",
        "Rental",
    ),
    "BillLine.accountingEntityId": value(
        "The property: its local id (a string) or its Buildium id (an integer). For the other types, the Buildium id.",
        "property-id",
    ),
    "BillLine.unitId": reference("unit", "unit-id"),
    "BillLine.glAccountId": buildium_id("The Buildium id of the general ledger account.", 12),
    "BillLine.amount": amount("The amount of the line.", 120.5),
    "BillLine.memo": value("A note on the line.", "Labour"),
    "BillLine.markup": composed("What is added to the amount of the line."),
    "Markup.type": value("The unit of the markup. `Percent`: a percentage. `Amount`: US dollars (USD).", "Percent"),
    "Markup.amount": number("The markup, in percent or in US dollars (USD) according to `type`.", 10.0),
}
_BANK_ACCOUNT: Texts = {
    "BankAccount.name": value("The name of the bank account.", "Operating"),
    "BankAccount.description": value("A description of the bank account.", "The account for daily expenses"),
    "BankAccount.bankAccountType": value(
        "The kind of account. `Checking`: a checking account. `Savings`: a savings account.", "Checking"
    ),
    "BankAccountFields.accountNumber": _ACCOUNT_NUMBER,
    "BankAccountChanges.accountNumber": _ACCOUNT_NUMBER,
    "BankAccount.accountNumber": value("The number of the account, masked.", "****6789"),
    "BankAccount.routingNumber": value("The routing number of the bank.", "021000021"),
    "BankAccount.accountNumberEnding": value("The last digits of the account number in Buildium.", "6789"),
    "BankAccount.bankAccount": composed("The bank account."),
}
TEXTS: Texts = {**_BILL, **_BANK_ACCOUNT}
