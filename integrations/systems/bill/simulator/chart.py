"""The chart of accounts of a US manufacturer, as (number, name, BILL account type)."""

# Two cost accounts that the manufacturer's ledger has are missing here, as they are in every real rehearsal.
_GROUPS = {
    "BANK": """
        1000 Cash operating account | 1010 Operating bank account | 1020 Payroll bank account | 1030
        AP clearing bank""",
    "OTHER_CURRENT_ASSET": """
        1040 Payments to be settled | 1200 Raw material inventory | 1210 Work in progress | 1220
        Finished goods | 1260 Sales tax paid to suppliers | 1310 Prepayments to suppliers | 1320
        Prepaid insurance""",
    "ACCOUNTS_RECEIVABLE": """
        1400 Accounts receivable""",
    "FIXED_ASSET": """
        1510 Land and buildings | 1520 Machinery and equipment | 1530 Vehicles""",
    "ACCOUNTS_PAYABLE": """
        2100 Accounts payable | 2105 Accounts payable foreign""",
    "OTHER_CURRENT_LIABILITY": """
        2110 Goods received, not invoiced | 2210 Use tax accrued | 2220 Withholding tax payable |
        2300 Accrued payroll""",
    "LONG_TERM_LIABILITY": """
        2400 Long-term debt""",
    "EQUITY": """
        3000 Common stock | 3100 Retained earnings""",
    "INCOME": """
        4000 Revenue line 1 | 4010 Revenue line 2 | 4020 Revenue line 3 | 4030 Revenue line 4 | 4040
        Revenue line 5 | 4050 Revenue line 6""",
    "COST_OF_GOODS_SOLD": """
        5000 Steel bar and plate | 5010 Aluminum stock | 5020 Castings | 5030 Fasteners | 5040
        Bearings | 5050 Motors and drives | 5060 Hydraulics | 5070 Electronics | 5080 Paint and
        coatings | 5090 Packaging | 5100 Tooling | 5110 Cutting fluids | 5120 Subcontract machining
        | 5130 Heat treatment | 5150 Scrap | 5160 Direct labor | 5170 Overtime direct | 5180 Freight
        in | 5190 Customs duty""",
    "EXPENSE": """
        6000 Office supplies | 6010 Software subscriptions | 6020 Hardware under limit | 6030
        Telephone | 6040 Internet | 6050 Travel air | 6060 Travel hotel | 6070 Travel meals | 6080
        Training | 6090 Recruiting | 6100 Legal fees | 6110 Audit fees | 6120 Consulting | 6130
        Insurance property | 6140 Insurance liability | 6150 Rent plant | 6160 Rent office | 6170
        Electricity | 6180 Gas | 6190 Water | 6200 Waste disposal | 6210 Cleaning | 6220 Security |
        6230 Repairs building | 6240 Repairs machines | 6250 Spare parts | 6260 Safety equipment |
        6270 Uniforms | 6280 Vehicle fuel | 6290 Vehicle repair | 6300 Freight out | 6310 Courier |
        6320 Postage | 6330 Printing | 6340 Advertising | 6350 Trade fairs | 6360 Donations | 6370
        Bank charges | 6380 Licenses | 7000 Other cost 1 | 7010 Other cost 2 | 7020 Other cost 3 |
        7030 Other cost 4 | 7040 Other cost 5 | 7050 Other cost 6 | 7060 Other cost 7 | 7070 Other
        cost 8 | 7080 Other cost 9 | 7090 Other cost 10 | 7100 Other cost 11 | 7110 Other cost 12 |
        7120 Other cost 13 | 7130 Other cost 14 | 7140 Other cost 15""",
    "OTHER_EXPENSE": """
        8000 Interest expense | 8030 Rounding differences | 9990 Suspense""",
}


def _entries() -> list[tuple[str, str, str]]:
    entries = []
    for kind, text in _GROUPS.items():
        for entry in text.split("|"):
            number, name = " ".join(entry.split()).split(" ", 1)
            entries.append((number, name, kind))
    return sorted(entries)


DEFAULT_CHART: list[tuple[str, str, str]] = _entries()
