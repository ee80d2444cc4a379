"""The invoices of a payment as the books hold them: whether they are there, whose they are, how much is left."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from integrations.engine import proposed
from integrations.engine.asking import Answers
from integrations.engine.books import Books
from integrations.engine.captured import supplier_of
from integrations.engine.decisions import Decision, Hold, Wait
from integrations.engine.drafts import UnproposeDraft
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import PaidInvoice, Payment
from integrations.engine.vouchers import Paid

PATIENCE = timedelta(days=3)  # after the payment's date, for an invoice to arrive in the books
_ZERO = Decimal(0)


def paid_supplier(source: Payment, books: Books) -> str:
    """The ERP's key of whom was paid; an unknown code as it is, "" where the payment names none."""
    return supplier_of(source.vendor_key, books) or source.vendor_key.partition("|")[0]


def not_booked(source: Payment, books: Books, rules: Rules) -> Wait | Hold | None:
    """An invoice that is not in the books yet is waited for, for a few days."""
    unknown = [each for each in source.invoices if each.key not in books.invoices]
    if not unknown:
        return None
    late = rules.today is not None and source.dated is not None and rules.today - source.dated > PATIENCE
    problems = tuple(_unknown(source, each, late=late) for each in unknown)
    return Hold(problems=problems) if late else Wait(problems=problems)


def _unknown(source: Payment, item: PaidInvoice, *, late: bool) -> Problem:
    name, blocker = item.number or item.key, ("invoice", item.key)
    if not late:
        words = f"Invoice {name} is not in the ERP yet. The payment is booked once it is."
        return Problem("invoice_not_booked", words, field="invoices", value=name, blocker=blocker)
    words = (
        f"It paid invoice {name} on {source.dated}, which has not arrived in the ERP since. Bring the invoice there, "
        "or find out what was paid."
    )
    code = "payment_for_unknown_invoice"
    return Problem(code, words, field="invoices", value=name, blocker=blocker, urgent=True)


def as_held(source: Payment, books: Books) -> tuple[Paid, ...] | Hold:
    """Each invoice with how it stands in the books, where all of them may be paid so; else every reason."""
    problems: list[Problem] = []
    paid: list[Paid] = []
    for item in source.invoices:
        target_id = books.invoices[item.key]
        held = books.standing.get(target_id)
        if held is None or not held.active:
            name = item.number or item.key
            words = f"Invoice {name} was paid, but in the ERP it is cancelled or gone ({target_id}). Find out why."
            problems.append(Problem("invoice_cancelled", words, field="invoices", value=name, urgent=True))
        else:
            paid.append(Paid(item=item, held=held))
    vendor = paid_supplier(source, books) or (paid[0].held.vendor_id if paid else "")
    for each in paid:
        problems += _another(source, each, vendor) or _more_than_open(source, each, books)
    return Hold(problems=tuple(problems)) if problems else tuple(paid)


def _another(source: Payment, each: Paid, vendor: str) -> list[Problem]:
    """Another supplier's, or in another currency: the amounts mean nothing then."""
    held, found = each.held, []
    if held.vendor_id != vendor:
        words = (
            f"It pays supplier {vendor} ({source.vendor_name}), but invoice {held.number} belongs to supplier "
            f"{held.vendor_id} in the ERP. Find out who was paid."
        )
        found.append(Problem("other_supplier", words, field="vendor_key", value=vendor, urgent=True))
    if held.currency != source.currency:
        words = (
            f"It pays in {source.currency}, but invoice {held.number} is in {held.currency}. Nothing is converted: "
            "book it by hand."
        )
        found.append(Problem("other_currency", words, field="currency", value=source.currency, urgent=True))
    return found


def _more_than_open(source: Payment, each: Paid, books: Books) -> list[Problem]:
    """A voucher settles nothing by itself: what earlier ones have paid counts beside what the ledger says is open."""
    held, paying = each.held, each.item.net + each.item.discount
    total = held.amount if held.amount is not None else _ZERO
    sign = -1 if total < 0 else 1  # a credit is used up like an invoice, with all signs turned
    used = max((held.paid or _ZERO) * sign, books.paid.get(held.target_id, _ZERO) * sign)
    left = total - used * sign
    if (paying == 0 and each.item.net == 0) or 0 < paying * sign <= left * sign:
        return []
    words = (
        f"It pays {paying} {source.currency} of invoice {held.number}, of which {left} of {total} is left. It may be "
        "paid twice: compare both sides."
    )
    return [Problem("more_than_open", words, field="invoices", value=str(paying), urgent=True)]


def about_to_be_paid(
    source: Payment, paid: Sequence[Paid], rules: Rules, policy: Policy, answers: Answers
) -> Decision | None:
    """The ERP is about to pay one of them as well: asked one by one, each has a proposal of its own."""
    for held in (each.held for each in paid):
        state = rules.proposals.get((held.vendor_id, held.number))
        if state is None:
            continue
        series = held.echo.get("series", policy.series)
        draft = UnproposeDraft(company=policy.company, vendor=held.vendor_id, series=series, number=held.number)
        if found := proposed.about_to_be_paid(draft, held.target_id, state, answers):
            return found
    return None
