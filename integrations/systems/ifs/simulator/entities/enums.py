"""Enum types and their members."""

ENUMS: dict[str, tuple[str, ...]] = {
    name: tuple(members.split())
    for name, members in {
        "PartyType": "Supplier Customer Company Person Employee",
        "SupplierInfoCategory": "Supplier Prospect",
        "IdentifierRefValidation": "None DunsNumber OrganizationNumber",
        "AddressTypeCode": "Delivery Document Pay Visit",
        "CommMethodCode": "E_MAIL PHONE FAX WWW",
        "LogicalAccountType": "Assets Liabilities Revenue Cost Statistics",
        "CodePartDemand": "Mandatory Blocked Can",
        "FeeType": "Tax CalculatedTax UseTax NoTax Withholding",
        "AccountingPeriodState": "Open Closed",
        "PurchaseOrderState": "Planned Released Confirmed Arrived Received Closed Cancelled Stopped",
        "ManSuppInvoiceState": "Preliminary PrelPosted Posted PostedAuth PartlyPaidPosted PaidPosted Cancelled",
        "ExtIncInvState": "Loaded Checked Error Created",
        "PostingProposalState": "Preliminary InProgress Authorized Posted Cancelled",
        "VoucherState": "Waiting Confirmed Approved Cancelled",
        "PaymentProposalState": "Preliminary Acknowledged Ordered Paid Cancelled",
    }.items()
}
