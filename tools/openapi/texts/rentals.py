"""Fields of properties, units, owners, leases and tenants."""

from tools.openapi.texts.text import Texts, amount, buildium_id, composed, date, integer, reference, value

_PROPERTY: Texts = {
    "Property.id": value("The local id of the property.", "property-id"),
    "Property.name": value("The name of the property.", "Sample Property"),
    "Property.structureDescription": value("A description of the structure.", "Brick office building, four floors"),
    "Property.rentalSubType": value(
        "The kind of property. `CondoTownhome`: a condominium or townhouse. `MultiFamily`: a residence for several "
        "families. `SingleFamily`: a residence for one family. `Industrial`: an industrial building. `Office`: an "
        "office building. `Retail`: a shop. `ShoppingCenter`: a shopping center. `Storage`: a storage facility. "
        "`ParkingSpace`: a parking space.",
        "Office",
    ),
    "Property.operatingBankAccountId": buildium_id("The Buildium id of the operating bank account.", 10407),
    "Property.propertyManagerId": buildium_id("The Buildium id of the staff user who manages the property.", 352),
    "Property.reserve": amount("The money to keep available for expenses.", 500.0),
    "Property.yearBuilt": integer("The year of construction, four digits.", 1998),
    "Property.property": composed("The property."),
}
_UNIT: Texts = {
    "Unit.propertyId": reference("property"),
    "Unit.unitNumber": value("The number or name of the unit within its property.", "2A"),
    "Unit.unitSize": integer("The size of the unit, in square feet.", 850),
    "Unit.marketRent": amount("The usual rent of the unit.", 1850.0),
    "Unit.description": value("A description of the unit.", "Corner unit with a balcony"),
    "Unit.unitBedrooms": value(
        "The number of bedrooms: `Studio`, `OneBed`, `TwoBed` … `EightBed`, `NineBedPlus`, or the number.", "TwoBed"
    ),
    "Unit.unitBathrooms": value(
        "The number of bathrooms: `OneBath`, `OnePointFiveBath` … `FiveBath`, `FivePlusBath`, or the number.",
        "OnePointFiveBath",
    ),
    "Unit.unit": composed("The unit."),
}
_OWNER: Texts = {
    "Owner.id": value("The local id of the owner.", "owner-id"),
    "Owner.contactId": value("The id of the owner's contact, which is the owner's local id.", "contact-id"),
    "Owner.displayName": value("The name of the person or company, for display.", "John Doe"),
    "Owner.dateOfBirth": date("The date of birth.", "1980-05-17"),
    "Owner.managementAgreementStartDate": date("The first day of the management agreement.", "2025-01-01"),
    "Owner.managementAgreementEndDate": date("The last day of the management agreement.", "2027-12-31"),
    "Owner.comment": value("A comment about the owner.", "Prefers to be contacted by e-mail."),
    "Owner.propertyIds": value(
        "The local ids of the owner's properties. Buildium requires at least one.", ["property-id"]
    ),
}
_LEASE: Texts = {
    "Lease.leaseType": value(
        "The kind of lease. `Fixed`: ends on a date. `FixedWithRollover`: continues from month to month after its end. "
        "`AtWill`: has no end.",
        "Fixed",
    ),
    "Lease.unitId": reference("unit", "unit-id"),
    "Lease.leaseFromDate": date("The first day of the lease.", "2026-12-01"),
    "Lease.leaseToDate": date("The last day of the lease. Not allowed for the type `AtWill`.", "2027-11-30"),
    "Lease.sendWelcomeEmail": value("Whether Buildium sends the tenants a welcome e-mail.", False),
    "Lease.tenants": composed("The new tenants, five at most together with `tenantIds` and `applicantIds`."),
    "Lease.tenantIds": value(
        "The tenants. A create names existing ones by local id or Buildium id. Once the lease is in Buildium: the "
        "local ids of the current tenants, without those that have no local entity yet.",
        ["tenant-id"],
    ),
    "Lease.applicantIds": value("The Buildium ids of applicants who become tenants.", [3301]),
    "Lease.cosigners": composed("The persons who are liable for the rent together with the tenants."),
    "Lease.rent": composed("The rent that a create sends. `currentRent` is the rent that Buildium shows."),
    "Lease.securityDeposit": composed(
        "The security deposit that a create sends. `currentSecurityDeposit` is the one that Buildium shows."
    ),
    "Lease.proratedFirstMonthRent": amount("The rent of an incomplete first month.", 925.0),
    "Lease.proratedLastMonthRent": amount("The rent of an incomplete last month.", 617.5),
    "Lease.isEvictionPending": value("Whether an eviction is pending.", False),
    "Lease.automaticallyMoveOutTenants": value("Whether Buildium moves the tenants out when the lease ends.", False),
    "Lease.buildiumTenantIds": value("The Buildium ids of the current tenants.", [2201]),
    "Lease.leaseStatus": value("Buildium's status of the lease: `Active`, `Past` or `Future`.", "Active"),
    "Lease.propertyId": reference("unit's property"),
    "Lease.unitNumber": value("The number of the unit, as the lease has it.", "2A"),
    "Lease.termType": value("The kind of term: `MonthToMonth`, `Standard` or `Owner`.", "Standard"),
    "Lease.renewalOfferStatus": value(
        "The status of the renewal offer: `NotSet`, `NotStarted`, `Draft`, `Generated`, `Sent`, `Unsigned`, "
        "`PartiallySigned`, `Countersign`, `Accepted`, `Declined`, `Renewed` or `Activated`. null without an offer.",
        "Sent",
    ),
    "Lease.currentRent": amount("The current rent. null without one.", 1850.0),
    "Lease.currentSecurityDeposit": amount("The current security deposit. null without one.", 1850.0),
    "Lease.paymentDueDay": integer("The number of the day in the month when payments are due.", 1),
    "Lease.currentNumberOfOccupants": integer("The number of current tenants.", 2),
    "Lease.moveOuts": composed("When tenants move out, or moved out."),
    "Lease.lease": composed("The lease."),
    "NewTenant.firstName": value("The first name.", "Maria"),
    "NewTenant.lastName": value("The last name.", "Lopez"),
    "Cosigner.firstName": value("The first name.", "Peter"),
    "Cosigner.lastName": value("The last name.", "Lopez"),
    "TenantMoveOut.buildiumTenantId": buildium_id("The Buildium id of the tenant.", 2201),
    "TenantMoveOut.moveOutDate": date("The day when the tenant moves out.", "2027-11-30"),
    "TenantMoveOut.noticeGivenDate": date("The day when the notice was received. null if unknown.", "2027-09-30"),
    "Rent.cycle": value(
        "How often the charges recur. `Daily`, `Weekly`, `Monthly`, `Quarterly` and `Yearly`: once in that period. "
        "`Every2Weeks`, `Every2Months` and `Every6Months`: once in that number of weeks or months. `OneTime`: once.",
        "Monthly",
    ),
    "Rent.charges": composed("The charges of the rent."),
    "RentCharge.amount": amount("The amount of the charge.", 1850.0),
    "RentCharge.glAccountId": buildium_id("The Buildium id of the general ledger account.", 3),
    "RentCharge.nextDueDate": date("The day when the charge is due next.", "2026-12-01"),
    "RentCharge.memo": value("A note on the charge.", "Rent"),
    "SecurityDeposit.amount": amount("The amount of the deposit.", 1850.0),
    "SecurityDeposit.dueDate": date("The day when the deposit is due.", "2026-12-01"),
}
_TENANT: Texts = {
    "Tenant.leaseId": value("The local id of the lease, or its Buildium id. Only a create can set it.", "lease-id"),
    "Tenant.leaseIds": value(
        "All leases of the tenant, by local id, or by Buildium id without a local lease.",
        ["lease-id"],
    ),
    "Tenant.firstName": value("The first name.", "Maria"),
    "Tenant.lastName": value("The last name.", "Lopez"),
    "Tenant.mailingPreference": value(
        "The address for mail: `PrimaryAddress` or `AlternateAddress`. The latter requires an alternate address.",
        "PrimaryAddress",
    ),
    "Tenant.dateOfBirth": date("The date of birth.", "1980-05-17"),
    "Tenant.taxId": value(
        "The tax id: `12-1234567`, `123-12-1234` or nine digits. Responses show only the last four digits. "
        "A client may send that form back, which keeps the tax id.",
        "123-12-1234",
    ),
    "Tenant.emergencyContact": composed("The person to call in an emergency."),
    "Tenant.comment": value("A comment about the tenant.", "Works at night."),
    "Tenant.smsOptInStatus": value(
        "Whether the tenant accepts text messages: `NotSet`, `RequestSent`, `OptedIn`, `OptedOut` or `Converted`.",
        "OptedIn",
    ),
    "Tenant.tenant": composed("The tenant."),
    "EmergencyContact.name": value("The name of the person.", "Peter Lopez"),
    "EmergencyContact.relationshipDescription": value("The relationship to the tenant.", "Brother"),
}
TEXTS: Texts = {**_PROPERTY, **_UNIT, **_OWNER, **_LEASE, **_TENANT}
