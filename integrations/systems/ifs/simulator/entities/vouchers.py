"""Manual vouchers."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

ENTITIES = (
    Entity(
        "Voucher",
        "counter",
        fields(
            """Company* str20, VoucherType* str3, AccountingYear* integer, VoucherNo* integer,
            AccountingPeriod integer, VoucherDate! date, UserGroup str20, VoucherText str200,
            Objstate= VoucherState"""
        ),
        sets("ManualVoucherHandling.VoucherSet"),
        navigations("VoucherRows > VoucherRow on Company VoucherType AccountingYear VoucherNo"),
        numbered="VoucherNo",
        extra_columns=("VoucherDate", "VoucherText"),
        indexes=(("VoucherText",),),
        actions=("Approve", "Cancel"),
        writes=frozenset({"create", "update", "delete"}),
    ),
    Entity(
        "VoucherRow",
        "counter",
        fields(
            """Company* str20, VoucherType* str3, AccountingYear* integer, VoucherNo* integer, RowNo* integer,
            VoucherDate date, AccountingPeriod integer, Account! str20, CurrencyCode str3,
            CurrencyDebetAmount decimal, CurrencyCreditAmount decimal, CurrencyAmount decimal, DebetAmount decimal,
            CreditAmount decimal, Amount decimal, ThirdCurrencyAmount decimal, CurrencyRate decimal,
            ConversionFactor decimal, Quantity decimal, ProcessCode str20, OptionalCode str20, Text str200,
            PartyType PartyType, PartyTypeId str20, ReferenceSerie str50, ReferenceNumber str50, TransCode str50,
            Correction boolean, ProjectActivityId integer, CodeB..CodeJ str20"""
        ),
        sets("ManualVoucherHandling.VoucherRowSet VoucherRowsAnalysis.VoucherRowSet"),
        numbered="RowNo",
        extra_columns=("ReferenceNumber", "Text", "VoucherDate"),
        indexes=(("ReferenceNumber",), ("Text",)),
        writes=frozenset({"create", "update", "delete"}),
    ),
)
