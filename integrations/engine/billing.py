"""From posting rows to bill lines: the total is what the ledger owes, and the lines add up to it exactly."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from integrations.engine.asking import NONE, Answers
from integrations.engine.coding import AND, Coder, Posted, and_more
from integrations.engine.drafts import DraftLine
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import spread
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, Posting, PostingKind

_ZERO = Decimal(0)


def total_owed(source: Invoice) -> Decimal | None:
    """What the ERP owes the supplier, in invoice currency, positive for an invoice; None when it cannot be known.

    The ledger item's original amount; else the supplier-debt rows; else net and tax, but only where no tax is
    self-assessed. Of a captured invoice its total as captured.
    """
    if source.gross is not None:
        return source.gross
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


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a bill or credit with the sign they have there, and its signed total; or why there are none."""

    lines: tuple[DraftLine, ...] = ()
    total: Decimal = _ZERO
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def payable(
    source: Invoice, rules: Rules, policy: Policy, posted: Posted | None = None, answers: Answers = NONE
) -> Billed:
    """The whole invoice as lines that add up to what the ledger owes; lines that were posted keep their coding."""
    total, problems = total_owed(source), _unfit(source, policy)
    if total is None:
        words = "Neither the ledger item nor the supplier-debt posting could be read."
        problems.append(Problem("total_unknown", words, field="total"))
    if problems or total is None:
        return Billed(problems=tuple(problems))
    coder = Coder(source, rules, policy, posted or Posted(), answers)
    lines = _coded(source, coder)
    lines += coder.rounding(total - sum((line.amount for line in lines), _ZERO))
    sign = -1 if total < 0 else 1
    lines = [line if sign > 0 else msgspec.structs.replace(line, amount=-line.amount) for line in lines if line.amount]
    lines = _fitted(_negative_lines(lines, policy, coder.problems), policy, coder.problems)
    return Billed(
        lines=tuple(lines),
        total=total,
        why=tuple(coder.why),
        notes=_unique(coder.notes),
        problems=_unique(coder.problems),
    )


def _coded(source: Invoice, coder: Coder) -> list[DraftLine]:
    """Cost, tax and withholding rows as lines, with the sign of the ledger."""
    rows = final_rows(source)
    costs = [row for row in rows if row.kind is PostingKind.COST]
    taxes = _by_code([row for row in rows if row.kind is PostingKind.TAX])
    amounts = [row.amount for row in costs]
    if coder.policy.tax_lines == "into_cost":
        taxes = _into_cost(costs, amounts, taxes, source.currency)
    lines = [coder.cost(row, amount) for row, amount in zip(costs, amounts, strict=True)]
    lines += [coder.tax(code, amount, keys) for code, (amount, keys) in taxes.items() if amount]
    return lines + [coder.withheld(row) for row in rows if row.kind is PostingKind.WITHHOLDING]


def _fitted(lines: list[DraftLine], policy: Policy, problems: list[Problem]) -> list[DraftLine]:
    """At least one line, and no more than the other side takes."""
    if len(lines) > policy.max_lines:
        lines = _joined(lines)
    if len(lines) > policy.max_lines:
        words = f"It has {len(lines)} differently coded lines; the other side takes {policy.max_lines}."
        problems.append(Problem("too_many_lines", words, field="lines"))
    if not lines and not problems:
        problems.append(Problem("no_lines", "It has no line to send.", field="lines"))
    return lines


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


_Taxes = dict[str, tuple[Decimal, list[str]]]  # by code: its sum, and the rows it came from


def _by_code(rows: Sequence[Posting]) -> _Taxes:
    taxes: _Taxes = {}
    for row in rows:
        amount, keys = taxes.get(row.tax_code, (_ZERO, []))
        taxes[row.tax_code] = (amount + row.amount, [*keys, row.key])
    return taxes


def _into_cost(costs: Sequence[Posting], amounts: list[Decimal], taxes: _Taxes, currency: str) -> _Taxes:
    """Adds each code's tax to the amounts of its taxed rows, pro rata; what has no taxed row stays a tax line."""
    left: _Taxes = {}
    for code, (tax, keys) in taxes.items():
        taxed = [i for i, row in enumerate(costs) if row.tax_code == code and row.amount]
        if not taxed or not sum((costs[i].amount for i in taxed), _ZERO):
            left[code] = (tax, keys)
            continue
        for i, share in zip(taxed, spread(tax, [costs[i].amount for i in taxed], currency), strict=True):
            amounts[i] += share
    return left


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
    joined = [group[0] if len(group) == 1 else _sum(group) for group in sums.values()]
    return [line for line in joined if line.amount]


def _sum(group: Sequence[DraftLine]) -> DraftLine:
    return DraftLine(
        amount=sum((line.amount for line in group), _ZERO),
        account=group[0].account,
        dimensions=group[0].dimensions,
        description=and_more(group[0].description, len(group) - 1),
        source_keys=tuple(key for line in group for key in line.source_keys),
        origin=AND.join(sorted({line.origin for line in group})),
        inputs=group[0].inputs,
    )


def _unique(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problems))
