"""Supplier invoices in the ledger: heads, items, posting rows and documents."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

_PROJECTIONS = ("ManualSupplierInvoiceHandling", "SupplierInvoicesHandling", "SupplierInvoiceAnalysis")


def _everywhere(name: str) -> str:
    return " ".join(f"{projection}.{name}" for projection in _PROJECTIONS)


ENTITIES = (
    Entity(
        "ManSuppInvoice",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, Identity! str20, PartyType PartyType, Name= str100, SeriesId str20,
            InvoiceNo! str50, InvoiceVersion integer, InvoiceDate! date, DueDate date, ArrivalDate date,
            DeliveryDate date, PayTermBaseDate date, PlPayDate date, CreationDate= date, InvoiceType str20,
            PayTermId str20, InvoiceRecipient str20, PrelimCode str20, Currency! str3, CurrRate decimal,
            DivFactor decimal, TaxCurrRate decimal, NetCurrAmount! decimal, VatCurrAmount decimal,
            NetDomAmount decimal, VatDomAmount decimal, PoRefNumber str50, NcfReference str50, VoucherNoRef integer,
            VoucherDateRef date, AccountingYearRef integer, VoucherTypeRef str3, AuthId str20, FirstAuthId str20,
            ProposalExist str5, AdvInv str5, MultiCompanyInvoice str5, GrossUp str5, Cash str5, Collect str5,
            Objstate= ManSuppInvoiceState, OpenAmount= decimal, OpenAmountCurr= decimal, Cf_Sent_To_Bill str50,
            Cf_Avid_Id str50, Cf_Paid_State str20, Cf_Paid_On date, Cf_Payment_Id str100,
            PaymentMethod str20, BlockedForPayment boolean, CreditForInvoiceNo str50"""
        ),
        sets(_everywhere("ManSuppInvoiceSet")),
        navigations(
            "ManSuppInvoiceItems > ManSuppInvoiceItem on Company InvoiceId",
            "ManSuppInvoicePostings > ManSuppInvoicePostings on Company InvoiceId",
        ),
        numbered="InvoiceId",
        extra_columns=("Identity", "InvoiceNo", "SeriesId", "CreationDate", "VoucherDateRef", "InvoiceDate"),
        indexes=(("Company", "Objstate", "InvoiceId"), ("Company", "Identity", "InvoiceNo"), ("InvoiceNo",)),
        actions=("Cancel",),
        writes=frozenset({"create", "update"}),
    ),
    Entity(
        "ManSuppInvoiceItem",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, ItemId* integer, Description str200, VatCode str20,
            NetCurrAmount! decimal, VatCurrAmount decimal, NetDomAmount decimal, PoRefNumber str50, PoLineNo str4,
            PoRelNo str4, Quantity decimal, UnitPrice decimal, UnitMeas str10"""
        ),
        sets(_everywhere("ManSuppInvoiceItemSet")),
        numbered="ItemId",
        writes=frozenset({"create", "update", "delete"}),
    ),
    Entity(
        "ManSuppInvoicePostings",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, ItemId* integer, RowId* integer, PostingType str10, CodeA! str20,
            CurrAmount! decimal, DomAmount decimal, VoucherDate date, Reference str50, Text str200,
            CodeB..CodeJ str20, TaxCode str20, VoucherType str3, VoucherNo integer, PrelVoucher boolean,
            Reversed boolean"""
        ),
        sets(_everywhere("ManSuppInvoicePostingsSet")),
        numbered="RowId",
        writes=frozenset({"create", "update", "delete"}),
    ),
    Entity(
        "InvoiceDocument",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, DocNo* str50, FileName str255, ContentType str100,
            Size= integer"""
        ),
        sets("ManualSupplierInvoiceHandling.InvoiceDocumentSet"),
        stream="FileData",
        writes=frozenset({"create", "update", "delete"}),
    ),
)
