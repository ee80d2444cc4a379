"""What becomes of an invoice that an AP tool captured and approved: an invoice in the ERP's books, or why not yet.

The business rules and their numbers are described in docs/ap-rules.md.
"""

from decimal import Decimal

from integrations.engine.asking import CREATE_ANYWAY, Answers, about, answered, hold, subject
from integrations.engine.books import Books
from integrations.engine.captured_draft import draft_booked
from integrations.engine.decisions import Create, Decision, Hold, Out
from integrations.engine.doubles import check
from integrations.engine.drafts import BookedInvoiceDraft, InvoiceDraft
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import exact, fits, is_currency
from integrations.engine.peers import Peer, Peers
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState, Vendor

_BOOK = Choice("book", "Book it now")
_PAID = (InvoiceState.PAID, InvoiceState.PARTLY_PAID)
_NOBODY = Peers()


def decide_captured(source: Invoice, rules: Rules, policy: Policy, books: Books, answers: Answers) -> Decision:
    """Of one that is not in the books yet."""
    return (
        of_company(source.company, policy, books)
        or _out_of_scope(source, policy)
        or _held_back(source, answers)
        or _setting_missing(policy)
        or _book(source, rules, policy, books, answers)
    )


def of_company(company: str, policy: Policy, books: Books) -> Decision | None:
    """None: it is this integration's; out: another one's; held: nobody's. Without a company it is the only one's."""
    if company == policy.company or (not company and books.companies <= {policy.company}):
        return None
    if company in books.companies or not books.takes_strays:
        return Out(reason="other_company", message=f"It belongs to company {company or '(none)'}.")
    words = f"It names the company “{company or 'none'}”, which no integration serves. Correct it in the AP tool."
    return hold(Problem("unknown_company", words, field="company", value=company))


def supplier_of(code: str, books: Books) -> str:
    """The supplier behind the AP tool's vendor code, which may carry an address (S1|2); "" when nobody knows it."""
    return books.suppliers.get(code) or books.suppliers.get(code.partition("|")[0], "")


def unknown_state(source: Invoice) -> Problem:
    """Whether it is approved, nobody can say."""
    words = f"Its state is “{source.state_word or 'none'}”, which nobody has described. Add it to the profile."
    return Problem("unknown_state", words, field="state", value=source.state_word)


def _out_of_scope(source: Invoice, policy: Policy) -> Out | None:
    if source.state is InvoiceState.PRELIMINARY:
        return Out(reason="not_approved", message="Not approved in the AP tool yet.")
    if source.state is InvoiceState.CANCELLED:
        return Out(reason="cancelled", message="Void or rejected in the AP tool.")
    day = source.approved_on or source.invoice_date
    if policy.start_date is not None and day is not None and day < policy.start_date:
        return Out(reason="before_start", message=f"Approved before the start date {policy.start_date}.")
    return None


def _held_back(source: Invoice, answers: Answers) -> Hold | None:
    """Reasons that lie in the invoice itself; all of them at once."""
    found: list[Problem] = []
    if source.state in _PAID:
        words = "It is paid in the AP tool, and was never booked. Book it, so that its payment can be booked too."
        asked = Problem("paid_before_booked", words, field="state", choices=(_BOOK,), subject=subject(source.key))
        found += [] if answered(answers, asked) else [asked]
    elif source.state is not InvoiceState.AUTHORISED:
        found.append(unknown_state(source))
    if not source.number.strip():
        found.append(Problem("no_number", "It has no invoice number. Set it in the AP tool.", field="number"))
    if source.invoice_date is None:
        found.append(Problem("no_invoice_date", "It has no invoice date. Set it in the AP tool.", field="invoice_date"))
    if not is_currency(source.currency):
        words = f"Its currency is “{source.currency or 'none'}”, which nobody can pay in. Correct it in the AP tool."
        found.append(Problem("currency", words, field="currency", value=source.currency))
    found += _amounts(source)
    return Hold(problems=tuple(found)) if found else None


def _amounts(source: Invoice) -> list[Problem]:
    found: list[Problem] = []
    rows = source.postings or ()
    if not source.gross:
        found.append(Problem("zero_amount", "Its amount is zero or missing. Correct it in the AP tool.", field="gross"))
    if not rows:
        found.append(Problem("no_lines", "It has no coded line. Code it in the AP tool.", field="lines"))
    amounts = (source.gross or Decimal(0), source.tax, *(row.amount for row in rows))
    if not all(fits(amount, source.currency) for amount in amounts):
        words = f"An amount has more decimals than {source.currency} has. Correct it in the AP tool."
        found.append(Problem("precision", words, field="amount"))
    return found


def _setting_missing(policy: Policy) -> Hold | None:
    """An external invoice is proposed to somebody."""
    if policy.authoriser or policy.invoice_target != "external":
        return None
    words = "Nobody is named to authorise posting proposals. Set the authoriser in the settings."
    problem = Problem("setting_missing", words, value="authoriser", blocker=("setting", "authoriser"), once=True)
    return hold(problem)


def _book(source: Invoice, rules: Rules, policy: Policy, books: Books, answers: Answers) -> Decision:
    supplier = supplier_of(source.vendor_key, books)
    vendor = rules.vendors.get(supplier)
    unfit = _unfit(supplier, vendor, policy) if supplier else _unknown_vendor(source)
    drafted = draft_booked(source, supplier, vendor, rules, policy, books, answers)
    if unfit or drafted.draft is None:
        return Hold(problems=(*([unfit] if unfit else []), *drafted.problems))
    if twin := _twin(source, rules, books, answers):
        return hold(twin)
    checked = check(source, _as_bill(drafted.draft), rules, policy, answers)
    if checked.instead is not None:
        return checked.instead
    return Create(
        draft=drafted.draft,
        natural_key=f"booked|{policy.company}|{supplier}|{source.number}",
        why=drafted.why,
        notes=(*drafted.notes, *checked.notes),
    )


def _unknown_vendor(source: Invoice) -> Problem:
    who = source.vendor_name or source.vendor_key or "(none)"
    words = f"Vendor {who} ({source.vendor_key or 'no code'}) is not a supplier that was sent from the ERP. Correct it."
    key = source.vendor_key.partition("|")[0]
    return Problem("unknown_vendor", words, field="vendor", value=source.vendor_key, blocker=("vendor", key))


def _unfit(key: str, vendor: Vendor | None, policy: Policy) -> Problem | None:
    blocker = ("vendor", key)
    if vendor is None:
        words = f"Supplier {key} has not been read from the ERP yet."
        return Problem("vendor_missing", words, field="vendor", value=key, blocker=blocker)
    if not vendor.in_company:
        words = f"Supplier {vendor.name} is not set up for invoices in company {policy.company}. Add it in the ERP."
        return Problem("not_in_company", words, field="vendor", value=key, blocker=blocker)
    if not vendor.active:
        words = f"Supplier {vendor.name} is inactive in the ERP."
        return Problem("vendor_inactive", words, field="vendor", value=key, blocker=blocker)
    return None


def _twin(source: Invoice, rules: Rules, books: Books, answers: Answers) -> Problem | None:
    """The same number of the same supplier under another id of the AP tool: what is older, or in the books, goes."""
    peers = rules.peers.get(source.vendor_key.partition("|")[0], _NOBODY)
    alike = [each for each in peers.numbered(source.number) if each.key != source.key and _same_sign(each, source)]
    before = [each for each in alike if _goes_before(each, source, books)]
    if not before:
        return None
    first = min(before, key=lambda each: _order(each.key))
    seen = first.number
    seen += "" if first.amount is None else f" over {exact(first.amount, source.currency)}"
    seen += "" if first.dated is None else f" of {first.dated}"
    words = f"The AP tool has {seen} already, as {first.key}. Compare them."
    suspects = about(each.key for each in before)
    asked = Problem(
        "possible_duplicate", words, field="number", value=source.number, choices=(CREATE_ANYWAY,), subject=suspects
    )
    return None if answered(answers, asked) else asked


def _same_sign(peer: Peer, source: Invoice) -> bool:
    return peer.amount is None or source.gross is None or (peer.amount < 0) == (source.gross < 0)


def _goes_before(peer: Peer, source: Invoice, books: Books) -> bool:
    return peer.key in books.invoices or _order(peer.key) < _order(source.key)


def _order(key: str) -> tuple[int, str]:
    """Ids are numbers in most tools: 9 comes before 10."""
    return len(key), key


def _as_bill(draft: BookedInvoiceDraft) -> InvoiceDraft:
    """What duplicates are looked for by."""
    gross: Decimal = draft.net + draft.tax
    return InvoiceDraft(
        vendor_id=draft.vendor,
        number=draft.number,
        invoice_date=draft.invoice_date,
        due_date=draft.due_date or draft.invoice_date,
        currency=draft.currency,
        total=abs(gross),
        lines=(),
        credit=gross < 0,
    )
