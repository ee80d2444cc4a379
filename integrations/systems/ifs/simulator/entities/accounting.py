"""Accounts, code parts, tax codes, payment terms, periods, voucher types and the projection catalogue."""

from integrations.systems.ifs.simulator.schema import CODE_PARTS, Entity, fields, sets

_CODES = tuple(
    Entity(
        f"Code{part}",
        "date",
        fields(f"Company* str20, Code{part}* str20, Description str100, ValidFrom date, ValidUntil date"),
        sets(f"Code{part}Handling.Code{part}Set"),
    )
    for part in CODE_PARTS
)

ENTITIES = (
    Entity(
        "Account",
        "date",
        fields(
            """Company* str20, Account* str10, Description str100, AccntType str20,
            LogicalAccountType LogicalAccountType, AccntGroup str20, ValidFrom date, ValidUntil date,
            LedgFlag boolean, TaxHandling str20, ReqCodeB..ReqCodeJ CodePartDemand"""
        ),
        sets(
            """AccountsHandling.AccountSet AccountsHandling.MultiCompanyAccountSet
            AccountsHandling.Reference_Account"""
        ),
    ),
    Entity(
        "AccountingCodePart",
        "date",
        fields(
            """Company* str20, CodePart* str1, CodeName str20, Description str100, MaxNumberOfChar integer,
            CodePartUsed boolean"""
        ),
        sets("AccountingCodePartsHandling.AccountingCodePartSet"),
    ),
    *_CODES,
    Entity(
        "TaxCode",
        "date",
        fields("Company* str20, FeeCode* str20, Description str100, FeeRate decimal, FeeType FeeType"),
        sets("StatutoryFeeHandling.StatutoryFeeSet"),
    ),
    Entity(
        "PaymentTerm",
        "date",
        fields(
            """Company* str20, PayTermId* str20, Description str100, Installments integer, DueDays integer,
            DiscountDays integer, DiscountPercent decimal"""
        ),
        sets("PaymentTermsHandling.PaymentTermSet"),
    ),
    Entity(
        "AccountingPeriod",
        "date",
        fields(
            """Company* str20, AccountingYear* integer, AccountingPeriod* integer, DateFrom date, DateUntil date,
            Objstate= AccountingPeriodState"""
        ),
        sets("AccountingPeriodsHandling.AccountingPeriodSet"),
    ),
    Entity(
        "VoucherTypeDef",
        "date",
        fields("Company* str20, VoucherType* str3, Description str100"),
        sets("VoucherTypeHandling.VoucherTypeSet"),
    ),
    Entity(
        "Projection",
        "date",
        fields("ProjectionName* str100, Description str200, Category str50, Deprecated boolean"),
        sets("AllProjections.Projections"),
    ),
)
