"""A captured invoice as it enters the books: coded for the ERP, tax in its place, dated into an open period."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

import msgspec

from integrations.engine.asking import NONE, Answers
from integrations.engine.books import Books
from integrations.engine.correcting import Corrections, account_of
from integrations.engine.drafts import BookedInvoiceDraft, BookedLine
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Dimension, GLAccount, Invoice, Posting, Vendor
from integrations.engine.wording import head, line, worded

_ZERO = Decimal(0)


class DraftedBooking(msgspec.Struct, frozen=True, kw_only=True):
    """What would be entered and why it is coded so; without a draft, `problems` say why there is none."""

    draft: BookedInvoiceDraft | None = None
    why: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def draft_booked(
    source: Invoice,
    supplier: str,
    vendor: Vendor | None,
    rules: Rules,
    policy: Policy,
    books: Books,
    answers: Answers = NONE,
) -> DraftedBooking:
    """The draft of `source` for `supplier`, coded as people corrected it; `vendor` is what is known of the supplier."""
    if source.invoice_date is None or source.gross is None:
        return DraftedBooking(problems=(Problem("incomplete", "Its date or amount is missing.", field="invoice_date"),))
    arrived = source.approved_on or source.invoice_date
    day, problems, notes = _open_day(arrived, policy, books)
    tax = source.tax if _splits(policy) else _ZERO
    net = source.gross - tax
    tax_code, term = policy.tax_code if tax else policy.no_tax_code, vendor.payment_term if vendor else ""
    coder = _Coder(rules, books, day, policy.company, tax_code, Corrections(answers), partial(head, source, vendor))
    rows = [row for row in source.postings or () if row.amount]
    taxes = [row.amount for row in rows if _is_tax(row, policy)]
    lines = tuple(coder.line(row) for row in rows if not _is_tax(row, policy))
    problems += [*coder.problems, *_unbalanced(source, net, lines, taxes, policy)]
    if problems:
        return DraftedBooking(problems=tuple(dict.fromkeys(problems)))
    moved = f" (approved {arrived.isoformat()}, in a closed period)" if day != arrived else ""
    draft = BookedInvoiceDraft(
        company=policy.company,
        vendor=supplier,
        series=policy.series,
        number=source.number,
        invoice_date=source.invoice_date,
        due_date=source.due_date,
        currency=source.currency,
        net=net,
        tax=tax,
        external_id=source.key,
        lines=lines,
        route=policy.invoice_target,
        type=policy.captured_type,
        arrival_date=day,
        payment_term=term,
        payment_method=policy.payment_method,
        tax_code=tax_code,
        po_number=source.po_number,
        document=source.document,
        authoriser=policy.authoriser if policy.invoice_target == "external" else "",
        authorise=policy.auto_authorise,
        text=f"{source.key}{moved}",
    )
    if source.payment_term and source.payment_term != term:
        words = f"Its payment term is {source.payment_term}; the supplier's {term or '(none)'} is used."
        notes.append(Problem("payment_term_differs", words, field="payment_term", value=source.payment_term))
    return DraftedBooking(draft=draft, why=tuple(coder.why), notes=tuple(dict.fromkeys((*notes, *coder.notes))))


def origin_of(row: Posting) -> str:
    """A distribution's coding as it was captured."""
    values = ",".join(f"{group}={value}" for group, value in sorted(row.dimensions.items()))
    return f"{row.account}|{values}"


def _splits(policy: Policy) -> bool:
    return policy.tax_mode == "split"


def _is_tax(row: Posting, policy: Policy) -> bool:
    return _splits(policy) and row.account in policy.tax_accounts


def _open_day(day: date, policy: Policy, books: Books) -> tuple[date, list[Problem], list[Problem]]:
    """(the day it is booked on, what is wrong with it, what to note); never an earlier day."""
    period = books.period_of(day)
    if not books.periods or (period is not None and period.open):
        return day, [], []
    blocker = ("period", day.isoformat()[:7])
    if policy.closed_period == "hold":
        what = "closed" if period is not None else "not defined"
        words = f"The accounting period of {day} is {what}. Open it, or let it use the first open day in the settings."
        return day, [Problem("closed_period", words, field="arrival_date", value=day.isoformat(), blocker=blocker)], []
    moved = books.first_open_day(day)
    if moved is None:
        words = f"No accounting period is open on or after {day}. Open one in the ERP."
        return day, [Problem("no_open_period", words, field="arrival_date", value=day.isoformat(), blocker=blocker)], []
    words = f"The period of {day} is closed: it is booked on {moved}."
    return moved, [], [Problem("period_moved", words, field="arrival_date", value=moved.isoformat())]


def _unbalanced(
    source: Invoice, net: Decimal, lines: Sequence[BookedLine], taxes: Sequence[Decimal], policy: Policy
) -> list[Problem]:
    """Lines against the invoice, as its tax is treated: nothing is ever spread or rounded away."""
    coded, gross, money = sum((line.net for line in lines), _ZERO), source.gross, source.currency
    if not _splits(policy) and coded != net:
        words = f"Its lines add up to {coded} {money}, the invoice is over {gross}. Code all of it."
        return [Problem("unbalanced", words, field="lines", value=str(net - coded))]
    if coded != net:
        words = (
            f"Lines without tax add up to {coded} {money}. With {source.tax} of tax that is not the invoice's {gross}. "
            "Correct lines or tax in the AP tool."
        )
        return [Problem("tax_differs", words, field="tax", value=str(net - coded))]
    if taxes and sum(taxes) != source.tax:
        words = f"Lines of tax add up to {sum(taxes)} {money}, its tax is {source.tax}. Correct them in the AP tool."
        return [Problem("tax_differs", words, field="tax", value=str(source.tax - sum(taxes)))]
    if not lines:
        return [Problem("no_lines", "All of its lines are tax. Code what it is for in the AP tool.", field="lines")]
    return []


class _Coder:
    """Codes distributions for the books on `day` and collects every reason and problem."""

    def __init__(
        self,
        rules: Rules,
        books: Books,
        day: date,
        company: str,
        tax_code: str,
        corrections: Corrections,
        head: Callable[[], Mapping[str, str]],
    ) -> None:
        self._rules, self._books, self._day, self._company, self._tax_code = rules, books, day, company, tax_code
        self._corrections, self._head = corrections, head
        self.why: list[str] = []
        self.notes: list[Problem] = []
        self.problems: list[Problem] = []

    def line(self, row: Posting) -> BookedLine:
        """The coded line; its account is empty where a problem was found."""
        number, why, problem = self._account(row)
        values, whys, problems = self._dimensions(row)
        text = worded(
            "line_description", self._rules.texts.get("line_description"), row.text, lambda: line(self._head(), row)
        )
        self.problems += [*([problem] if problem else []), *problems, *text.problems]
        self.notes += text.notes
        self.why += [f"line {row.key}: {reason}" for reason in (why, *whys, *text.why) if reason]
        if not problem:
            self._check_account(number, values, whole=not problems)
        for kind, value in values.items():
            self._check_value(kind, value)
        return BookedLine(
            net=row.amount,
            account=number,
            dimensions=values,
            tax_code=self._tax_code,
            text=text.text,
            po_line=row.po_line,
            source_keys=(row.key,),
            origin=origin_of(row),
        )

    def _account(self, row: Posting) -> tuple[str, str, Problem | None]:
        corrected = self._corrections.at(account_of(row.key))
        if corrected is None:
            return self._rules.account(self._company, row.account, self._day)
        return self._rules.corrected("account", "", self._company, row.account, corrected, self._day)

    def _dimensions(self, row: Posting) -> tuple[dict[str, str], list[str], list[Problem]]:
        known = {**row.dimensions, **self._rules.parts, **dict.fromkeys(self._rules.parts.values(), "")}
        parts = self._corrections.parts(row.key, known)
        others = {part: value for part, value in row.dimensions.items() if part not in parts}
        values, whys, problems = self._rules.dimensions(self._company, others, self._day)
        for part, number in parts.items():
            values.pop(self._rules.kind_of(part), None)
            own = row.dimensions.get(part, "")
            if not number:
                whys.append(f"code part {part} value {own}: left out of this record only")
                continue
            found, why, problem = self._rules.corrected("dimension", part, self._company, own, number, self._day)
            if problem:
                problems.append(problem)
            else:
                values[self._rules.kind_of(part)] = found
                whys.append(why)
        return values, whys, problems

    def _check_account(self, number: str, values: dict[str, str], *, whole: bool) -> None:
        """`whole`: all values of the line are known, so that a missing one is really missing."""
        account = self._books.accounts.get(number)
        if account is None:
            self._unusable(number, f"Account {number} has not been read from the books.")
            return
        if account.control or account.statistical:
            kind = "a ledger account, which takes no manual posting" if account.control else "a statistical account"
            self._unusable(number, f"Account {number} is {kind}. Choose another one.")
        if not _valid(account, self._day):
            self._unusable(number, f"Account {number} is not valid on {self._day}.")
        for part, demand in sorted(account.demands.items()):
            if demand == "mandatory" and whole and not values.get(part):
                self._demand(number, part, "needs a value", "give it one in the AP tool")
            if demand == "blocked" and values.get(part):
                self._demand(number, part, "takes none", "remove it in the AP tool")

    def _check_value(self, kind: str, value: str) -> None:
        found = self._books.values.get((kind, value))
        if found is not None and not _valid(found, self._day):
            words = f"Value {value} of code part {kind} is not valid on {self._day}."
            self.problems.append(Problem("value_not_valid", words, field=f"dimensions.{kind}", value=value))

    def _unusable(self, number: str, words: str) -> None:
        blocker = ("account", number)
        self.problems.append(Problem("account_not_usable", words, field="account", value=number, blocker=blocker))

    def _demand(self, number: str, part: str, what: str, then: str) -> None:
        words = f"Code part {part} of account {number} {what}: {then}, or map the line to another account."
        self.problems.append(Problem("code_part_demand", words, field=f"dimensions.{part}", value=number))


def _valid(code: GLAccount | Dimension, day: date) -> bool:
    return (code.valid_from or day) <= day <= (code.valid_to or day)
