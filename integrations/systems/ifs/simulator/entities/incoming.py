"""Invoices on their way in: external supplier invoices and posting proposals."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

_EDIT = frozenset({"create", "update", "delete"})

ENTITIES = (
    Entity(
        "ExtIncInvHead",
        "counter",
        fields(
            """Company* str20, LoadId* str20, Identity! str20, PartyType PartyType, SeriesId str20, InvoiceNo! str50,
            InvoiceType str20, InvoiceDate! date, DueDate date, PayTermId str20, Currency! str3, CurrRate decimal,
            NetCurrAmount! decimal, VatCurrAmount decimal, NetDomAmount decimal, VatDomAmount decimal,
            PoRefNumber str50, NcfReference str50, Objstate= ExtIncInvState, ErrorCode= str50, InvoiceId= integer,
            CreationDate= date, Cf_Avid_Id str50, ArrivalDate date, PaymentMethod str20, TaxCode str20,
            ImageReference str200"""
        ),
        sets("ExternalSupplierInvoicesHandling.ExtIncInvHeadSet"),
        navigations(
            "ExtIncInvItems > ExtIncInvItem on Company LoadId",
            "ExtIncInvPostings > ExtIncInvPostings on Company LoadId",
        ),
        numbered="LoadId",
        extra_columns=("Identity", "InvoiceNo", "Cf_Avid_Id"),
        indexes=(("Company", "Identity", "InvoiceNo"), ("Cf_Avid_Id",)),
        actions=("Check", "Create"),
        writes=_EDIT,
    ),
    Entity(
        "ExtIncInvItem",
        "counter",
        fields(
            """Company* str20, LoadId* str20, ItemId* integer, Description str200, VatCode str20,
            NetCurrAmount! decimal, VatCurrAmount decimal, NetDomAmount decimal, PoRefNumber str50, PoLineNo str4,
            PoRelNo str4"""
        ),
        sets("ExternalSupplierInvoicesHandling.ExtIncInvItemSet"),
        numbered="ItemId",
        writes=_EDIT,
    ),
    Entity(
        "ExtIncInvPostings",
        "counter",
        fields(
            """Company* str20, LoadId* str20, ItemId* integer, RowId* integer, PostingType str10, CodeA! str20,
            CurrAmount! decimal, DomAmount decimal, Text str200, CodeB..CodeJ str20"""
        ),
        sets("ExternalSupplierInvoicesHandling.ExtIncInvPostingsSet"),
        numbered="RowId",
        writes=_EDIT,
    ),
    Entity(
        "PostingProposalHead",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, ProposalId* integer, Identity str20, InvoiceNo str50,
            InvoiceDate date, DueDate date, Currency str3, NetCurrAmount decimal, VatCurrAmount decimal,
            PoRefNumber str50, Authorizer str20, Text str200, Objstate= PostingProposalState, Cf_Avid_Id str50"""
        ),
        sets("PostingProposalHandling.PostingProposalHeadSet"),
        navigations("PostingProposalLines > PostingProposalLine on Company InvoiceId ProposalId"),
        numbered="ProposalId",
        extra_columns=("Cf_Avid_Id",),
        indexes=(("Cf_Avid_Id",),),
        actions=("Authorize",),
        writes=_EDIT,
    ),
    Entity(
        "PostingProposalLine",
        "counter",
        fields(
            """Company* str20, InvoiceId* integer, ProposalId* integer, LineNo* integer, CodeA! str20,
            CurrAmount! decimal, DomAmount decimal, Authorizer str20, Text str200, CodeB..CodeJ str20"""
        ),
        sets("PostingProposalHandling.PostingProposalLineSet"),
        numbered="LineNo",
        writes=_EDIT,
    ),
)
