"""Fields of vendors, tasks and work orders."""

from tools.openapi.texts.text import Text, Texts, amount, buildium_id, composed, date, number, reference, value

_TASK_STATUS = value(
    "The state of the task. `New`: not started. `InProgress`: started. `Completed`: done. `Deferred`: postponed. "
    "`Closed`: closed.",
    "New",
)
_PRIORITY = value("The priority of the task: `Low`, `Normal` or `High`.", "Normal")

_VENDOR: Texts = {
    "Vendor.isCompany": value("true for a company, false for a person.", True),
    "Vendor.companyName": value(
        "The name of the company. Required for a company without a person's name.", "Pipes Ltd"
    ),
    "Vendor.categoryId": buildium_id("The Buildium id of the vendor category.", 7),
    "Vendor.website": Text("The web site, a URL with http or https.", "https://www.example.com", {"format": "uri"}),
    "Vendor.accountNumber": value("The number of your account at the vendor.", "A-1047"),
    "Vendor.expenseGlAccountId": buildium_id("The Buildium id of the general ledger account for expenses.", 12),
    "Vendor.comments": value("A comment about the vendor.", "Available on weekends."),
    "Vendor.vendor": composed("The vendor."),
}
_TASK: Texts = {
    "Task.title": value("The title of the task.", "Fix the tap"),
    "Task.description": value("The description of the task. It can only be set by a create.", "The tap drips."),
    "Task.taskStatus": _TASK_STATUS,
    "Task.priority": _PRIORITY,
    "Task.assignedToUserId": buildium_id("The Buildium id of the staff user who is assigned to the task.", 352),
    "Task.dueDate": date("The day when the task is due.", "2026-12-15"),
    "Task.propertyId": reference("property"),
    "Task.unitId": reference("unit", "unit-id"),
    "Task.categoryId": buildium_id("The Buildium id of the task category.", 4),
    "Task.subCategoryId": buildium_id("The Buildium id of the task subcategory.", 9),
    "Task.taskType": value("Buildium's type of the task. Tasks of this API are `Todo`.", "Todo"),
    "Task.task": composed("The task."),
}
_WORK_ORDER: Texts = {
    "WorkOrder.vendorId": reference("vendor", "vendor-id"),
    "WorkOrder.taskId": reference("task", "task-id"),
    "WorkOrder.title": value("The title of a new task. Not allowed with `taskId`.", "Fix the tap"),
    "WorkOrder.taskStatus": _TASK_STATUS,
    "WorkOrder.priority": _PRIORITY,
    "WorkOrder.dueDate": date("The day when the new task is due.", "2026-12-15"),
    "WorkOrder.assignedToUserId": buildium_id("The Buildium id of the staff user who is assigned to the task.", 352),
    "WorkOrder.propertyId": reference("property"),
    "WorkOrder.unitId": reference("unit", "unit-id"),
    "WorkOrder.entryAllowed": value(
        "Whether the vendor may enter the unit. `Yes`: it may. `No`: it may not. `Unknown`: not known.", "Yes"
    ),
    "WorkOrder.entryNotes": value("Notes on entering the unit.", "Ring twice."),
    "WorkOrder.entryContactIds": value("The Buildium ids of the contacts for entering the unit.", [2201]),
    "WorkOrder.vendorNotes": value("Notes for the vendor.", "Bring a ladder."),
    "WorkOrder.workDetails": value("The work to be done.", "Replace the washer of the kitchen tap."),
    "WorkOrder.invoiceNumber": value("The number of the vendor's invoice.", "INV-2031"),
    "WorkOrder.chargeableTo": value("Who pays for the work.", "Owner"),
    "WorkOrder.lineItems": composed("The items of the work order."),
    "WorkOrder.amount": amount("The total of the items. Only Buildium changes it.", 120.5),
    "WorkOrder.workOrder": composed("The work order."),
    "LineItem.glAccountId": buildium_id("The Buildium id of the general ledger account.", 12),
    "LineItem.quantity": number("The quantity, in units of the item.", 1.5),
    "LineItem.unitPrice": amount("The price of one unit of the item.", 80.0),
    "LineItem.memo": value("A note on the item.", "Labour"),
}
TEXTS: Texts = {**_VENDOR, **_TASK, **_WORK_ORDER}
