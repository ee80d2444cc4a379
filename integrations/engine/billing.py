"""From posting rows to bill lines: the total is what the ledger owes, and the lines add up to it exactly."""

from collections.abc import Sequence
from decimal import Decimal

from integrations.engine.errors import Problem
from integrations.engine.mapping import Coding, Rules
from integrations.engine.money import minor_unit, spread
from integrations.engine.policy import Policy
from integrations.engine.records import DraftLine, Invoice, Posting, PostingKind

_ZERO = Decimal(0)


def total_owed(source: Invoice) -> Decimal | None:
    """What the ERP owes the supplier, in invoice currency, positive for an invoice; None when it cannot be known.

    The ledger item's original amount; else the supplier-debt rows; else net and tax, but only where no tax is
    self-assessed.
    """
    if source.ledger_items and all(item.original is not None for item in source.ledger_items):
        return sum((item.original for item in source.ledger_items if item.original is not None), _ZERO)
    rows = final_rows(source)
    debts = [row.amount for row in rows if row.kind is PostingKind.DEBT]
    if debts:
        return -sum(debts, _ZERO)
    if source.postings is None or any(row.kind is PostingKind.SELF_ASSESSED_TAX for row in rows):
        return None
    return source.net + source.tax


def final_rows(source: Invoice) -> list[Posting]:
    """Rows of the final voucher: neither preliminary nor reversed."""
    return [row for row in source.postings or () if not row.preliminary and not row.reversed]


def bill(source: Invoice, rules: Rules, policy: Policy) -> tuple[list[DraftLine], Decimal, list[str], list[Problem]]:
    """(lines, signed total, why each coding, problems). Lines carry the sign they have on the bill or credit."""
    problems = _unfit(source, policy)
    total = total_owed(source)
    if total is None:
        problems.append(
            Problem(
                "total_unknown",
                "Neither the ledger item nor the supplier-debt posting could be read.",
                field="total",
            )
        )
    if problems or total is None:
        return [], _ZERO, [], problems
    rows = final_rows(source)
    costs = [row for row in rows if row.kind is PostingKind.COST]
    taxes = _by_code([row for row in rows if row.kind is PostingKind.TAX])
    coder = _Coder(source, rules, policy)
    amounts = [row.amount for row in costs]
    if policy.tax_lines == "into_cost":
        taxes = _into_cost(costs, amounts, taxes, source.currency)
    lines = [coder.cost(row, amount) for row, amount in zip(costs, amounts, strict=True)]
    lines += [coder.tax(code, amount) for code, amount in taxes.items() if amount]
    lines += [coder.withheld(row) for row in rows if row.kind is PostingKind.WITHHOLDING]
    lines += coder.rounding(total - sum((line.amount for line in lines), _ZERO))
    sign = -1 if total < 0 else 1
    lines = [_signed(line, sign) for line in lines if line.amount]
    lines = _negative_lines(lines, policy, coder.problems)
    if len(lines) > policy.max_lines:
        lines = _joined(lines)
    if len(lines) > policy.max_lines:
        coder.problems.append(
            Problem(
                "too_many_lines",
                f"It has {len(lines)} differently coded lines; the other side takes {policy.max_lines}.",
                field="lines",
            )
        )
    if not lines and not coder.problems:
        coder.problems.append(Problem("no_lines", "It has no line to send.", field="lines"))
    return lines, total, coder.why, _unique(coder.problems)


def _unfit(source: Invoice, policy: Policy) -> list[Problem]:
    if source.postings is None:
        return [
            Problem(
                "postings_unreadable",
                "Its postings could not be read, so its coding is unknown. Grant the posting set to the connection.",
                field="postings",
            )
        ]
    rows, found = final_rows(source), []
    unknown = sorted({row.posting_type for row in rows if row.kind is PostingKind.UNKNOWN})
    if unknown:
        words = f"Posting type {', '.join(unknown)} is not described in the profile. Say what it means, then retry."
        found.append(Problem("unknown_posting_type", words, field="postings", value=", ".join(unknown)))
    if sum((row.amount for row in rows if row.kind is PostingKind.SELF_ASSESSED_TAX), _ZERO):
        found.append(
            Problem(
                "self_assessed_tax",
                "Its self-assessed tax does not net to zero. Correct the tax in the ERP.",
                field="postings",
            )
        )
    if policy.withholding == "hold" and any(row.kind is PostingKind.WITHHOLDING for row in rows):
        found.append(
            Problem(
                "withholding",
                "Tax is withheld from it. Decide how withholding is sent, so that it is not paid gross.",
                field="postings",
            )
        )
    return found


def _by_code(rows: Sequence[Posting]) -> dict[str, Decimal]:
    taxes: dict[str, Decimal] = {}
    for row in rows:
        taxes[row.tax_code] = taxes.get(row.tax_code, _ZERO) + row.amount
    return taxes


def _into_cost(
    costs: Sequence[Posting], amounts: list[Decimal], taxes: dict[str, Decimal], currency: str
) -> dict[str, Decimal]:
    """Adds each code's tax to the amounts of its taxed rows, pro rata; what has no taxed row stays a tax line."""
    left = {}
    for code, tax in taxes.items():
        taxed = [i for i, row in enumerate(costs) if row.tax_code == code and row.amount]
        if not taxed or not sum((costs[i].amount for i in taxed), _ZERO):
            left[code] = tax
            continue
        for i, share in zip(taxed, spread(tax, [costs[i].amount for i in taxed], currency), strict=True):
            amounts[i] += share
    return left


class _Coder:
    """Gives each line its coding and gathers every problem and every reason on the way."""

    def __init__(self, source: Invoice, rules: Rules, policy: Policy) -> None:
        self.source, self.rules, self.policy = source, rules, policy
        self.day = source.voucher_date or source.invoice_date
        self.problems: list[Problem] = []
        self.why: list[str] = []

    def cost(self, row: Posting, amount: Decimal) -> DraftLine:
        coding = self._code(row)
        return DraftLine(
            amount=amount,
            account=coding.account,
            dimensions=coding.dimensions,
            description=row.text,
            source_keys=(row.key,),
        )

    def tax(self, code: str, amount: Decimal) -> DraftLine:
        account, why, problem = self.rules.tax_account(self.source.company, code, self.day)
        self._note(why, problem)
        return DraftLine(amount=amount, account=account, description=f"Tax {code}".strip())

    def withheld(self, row: Posting) -> DraftLine:
        return DraftLine(
            amount=row.amount,
            account=self._own("withholding_account"),
            description=f"Withholding {row.tax_code}".strip(),
            source_keys=(row.key,),
        )

    def rounding(self, difference: Decimal) -> list[DraftLine]:
        """One visible line for a difference within the tolerance; more, or no account for it, holds the invoice."""
        if not difference:
            return []
        if abs(difference) > self.policy.rounding_tolerance * minor_unit(self.source.currency):
            off = f"{difference} {self.source.currency}"
            words = f"Its lines differ from what the ledger owes by {off}. Correct the postings in the ERP."
            self.problems.append(Problem("lines_do_not_add_up", words, field="lines", value=str(difference)))
            return []
        return [DraftLine(amount=difference, account=self._own("rounding_account"), description="Rounding")]

    def _code(self, row: Posting) -> Coding:
        account, why, problem = self.rules.account(self.source.company, row.account, self.day)
        if problem and problem.code == "unmapped_account" and self.policy.unmapped == "fallback":
            account, why, problem = self._own("fallback_account"), f"account {row.account} → fallback", None
        self._note(why, problem)
        dimensions, reasons, problems = self.rules.dimensions(self.source.company, row.dimensions, self.day)
        self.problems += problems
        self.why += reasons
        return Coding(account=account, dimensions=dimensions, why=why)

    def _own(self, name: str) -> str:
        number = getattr(self.policy, name)
        found = self.rules.accounts.get(number)
        if found and found.active:
            return found.target_id
        words = name.replace("_", " ")
        state = f"{number} does not exist or is inactive on the other side" if number else "is not set"
        self.problems.append(
            Problem(
                name,
                f"The {words} {state}. Set it in the integration's settings.",
                field=name,
                value=number,
                blocker=("setting", name),
            )
        )
        return ""

    def _note(self, why: str, problem: Problem | None) -> None:
        if problem:
            self.problems.append(problem)
        else:
            self.why.append(why)


def _signed(line: DraftLine, sign: int) -> DraftLine:
    return (
        line
        if sign > 0
        else DraftLine(
            amount=-line.amount,
            account=line.account,
            dimensions=line.dimensions,
            description=line.description,
            source_keys=line.source_keys,
        )
    )


def _negative_lines(lines: list[DraftLine], policy: Policy, problems: list[Problem]) -> list[DraftLine]:
    if policy.negative_lines == "keep" or all(line.amount > 0 for line in lines):
        return lines
    if policy.negative_lines == "net_same_coding":
        lines = _joined(lines)
    if any(line.amount < 0 for line in lines):
        problems.append(
            Problem("negative_line", "It has a negative line. Decide how negative lines are sent.", field="lines")
        )
    return lines


def _joined(lines: Sequence[DraftLine]) -> list[DraftLine]:
    """Lines with identical coding added together, in the order of their first; zero sums vanish."""
    sums: dict[tuple[object, ...], list[DraftLine]] = {}
    for line in lines:
        sums.setdefault((line.account, *sorted(line.dimensions.items())), []).append(line)
    joined = [
        DraftLine(
            amount=sum((line.amount for line in group), _ZERO),
            account=group[0].account,
            dimensions=group[0].dimensions,
            description=group[0].description
            if len(group) == 1
            else f"{group[0].description} and {len(group) - 1} more lines",
            source_keys=tuple(key for line in group for key in line.source_keys),
        )
        for group in sums.values()
    ]
    return [line for line in joined if line.amount]


def _unique(problems: Sequence[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
