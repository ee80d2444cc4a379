"""Payment proposals and the supplier ledger."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

ENTITIES = (
    Entity(
        "PaymentProposal",
        "counter",
        fields(
            """Company* str20, ProposalId* integer, ProposalDate date, Description str100,
            Objstate PaymentProposalState"""
        ),
        sets("SupplierPaymentProposalHandling.PaymentProposalSet"),
        navigations("ProposalItems > ProposalItem on Company ProposalId"),
    ),
    Entity(
        "ProposalItem",
        "counter",
        fields(
            """Company* str20, ProposalId* integer, LedgerItemSeriesId* str20, LedgerItemId* str50, Identity str20,
            Currency str3, CurrAmount decimal, PlannedPayDate date"""
        ),
        sets("SupplierPaymentProposalHandling.ProposalItemSet"),
        extra_columns=("Identity",),
        writes=frozenset({"update", "delete"}),
    ),
    Entity(
        "SupplierLedgerItem",
        "counter",
        fields(
            """Company* str20, Identity* str20, LedgerItemSeriesId* str20, LedgerItemId* str50, InstallmentId* integer,
            Currency str3, OriginalAmount decimal, CurrAmount decimal, OpenAmount decimal, DueDate date, PayDate date,
            PaymentSeriesId str20, PaymentId integer"""
        ),
        sets("MixedPaymentHandling.SupplierLedgerItemSet"),
        indexes=(("Company", "LedgerItemId"),),
    ),
)
