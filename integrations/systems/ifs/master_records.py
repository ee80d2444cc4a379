"""Rows of the ledger's masters -> canonical records, one row each; see `records` for what they have in common."""

from operator import attrgetter

from integrations.engine.records import AccountingPeriod, Dimension, GLAccount, PaymentTerm, TaxCode
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.records import version_of
from integrations.systems.ifs.rows import AccountRow, CodePartValueRow, PaymentTermRow, PeriodRow, TaxCodeRow
from integrations.systems.ifs.values import BadValue, day, flag, integer, number, whole

_demands = attrgetter(*(f"demand_{part}" for part in "bcdefghij"))


def account(row: AccountRow, profile: Profile) -> GLAccount:
    words = zip("BCDEFGHIJ", _demands(row), strict=True)
    return GLAccount(
        key=f"{row.company}|{row.account}",
        version=version_of(row),
        number=row.account,
        name=row.description or "",
        kind=row.kind or "",
        control=flag(row.ledger, "ledger"),
        statistical=row.kind in profile.statistical_kinds,
        demands={part: profile.demands[word] for part, word in words if word in profile.demands},
        valid_from=day(row.valid_from, "valid_from"),
        valid_to=day(row.valid_until, "valid_until"),
    )


def dimension(row: CodePartValueRow, part: str, part_name: str) -> Dimension:
    return Dimension(
        key=f"{row.company}|{part}|{row.value}",
        version=version_of(row),
        kind=part,
        kind_name=part_name,
        value=row.value,
        name=row.description or "",
        valid_from=day(row.valid_from, "valid_from"),
        valid_to=day(row.valid_until, "valid_until"),
    )


def tax_code(row: TaxCodeRow, profile: Profile) -> TaxCode:
    return TaxCode(
        key=f"{row.company}|{row.code}",
        version=version_of(row),
        code=row.code,
        name=row.description or "",
        rate=number(row.rate, "rate"),
        kind=profile.tax_kinds.get(row.kind or "", (row.kind or "unknown").lower()),
    )


def payment_term(row: PaymentTermRow) -> PaymentTerm:
    return PaymentTerm(
        key=f"{row.company}|{row.code}",
        version=version_of(row),
        code=row.code,
        name=row.description or "",
        instalments=whole(row.instalments, "instalments", 1) or 1,
        due_days=integer(row.due_days),
        discount_days=integer(row.discount_days),
        discount_percent=number(row.discount_percent, "discount_percent"),
    )


def period(row: PeriodRow, profile: Profile) -> AccountingPeriod:
    """A period is open only where its state is a word that the profile lists as open."""
    year, month = integer(row.year), integer(row.period)
    starts, ends = day(row.starts, "starts"), day(row.ends, "ends")
    if year is None or month is None:
        raise BadValue("bad_key", "period", "Its year or number is not a whole number. Check the API profile.")
    if starts is None or ends is None:
        raise BadValue("missing_date", "period", "Its first or last day is missing. Correct it in IFS.")
    return AccountingPeriod(
        key=f"{row.company}|{year}|{month}",
        version=version_of(row),
        year=year,
        period=month,
        starts=starts,
        ends=ends,
        open=row.state in profile.open_periods,
    )
