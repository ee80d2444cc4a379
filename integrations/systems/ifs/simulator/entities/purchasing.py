"""Purchase orders, their lines and receipts."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

ENTITIES = (
    Entity(
        "PurchaseOrder",
        "date",
        fields(
            """OrderNo* str12, VendorNo str20, OrderDate date, Objstate= PurchaseOrderState, Contract str5,
            BuyerCode str20, AuthorizeCode str20, CurrencyCode str3, Company str20"""
        ),
        sets("PurchaseOrderHandling.PurchaseOrderSet"),
        navigations(
            "LinePartArray > PurchaseOrderLine on OrderNo has PartNo",
            "LineNopartArray > PurchaseOrderLine on OrderNo lacks PartNo",
        ),
        extra_columns=("VendorNo", "OrderDate"),
    ),
    Entity(
        "PurchaseOrderLine",
        "date",
        fields(
            """OrderNo* str12, LineNo* str4, ReleaseNo* str4, PartNo str25, Description str200, BuyQtyDue decimal,
            BuyUnitMeas str10, BuyUnitPrice decimal, NetAmtCurr decimal, GrossAmtCurr decimal, CurrencyCode str3,
            Objstate= PurchaseOrderState, Contract str5, VendorNo str20, WantedDeliveryDate date,
            PlannedReceiptDate date, ProjectId str10, Company str20, QtyReceived decimal, QtyInvoiced decimal"""
        ),
        sets(
            """PurchaseOrderHandling.PurchaseOrderLineNopartSet-PartNo
            PurchaseOrderHandling.PurchaseOrderLinePartSet+PartNo"""
        ),
        extra_columns=("PartNo",),
    ),
    Entity(
        "PurchaseReceipt",
        "counter",
        fields(
            """OrderNo* str12, LineNo* str4, ReleaseNo* str4, ReceiptNo* integer, QtyReceived decimal,
            ReceiptDate date"""
        ),
        sets("PurchaseReceiptHandling.PurchaseReceiptSet"),
    ),
)
