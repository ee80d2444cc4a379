"""The kinds of invoice accounts payable meets: each case turns an ordinary draft into one of them.

CASES: name -> (share of 1,000, what to do). Cases of share 0 come once. `ordinary` and its neighbours are clean;
AWKWARD names those a connector must hold, wait with or leave out.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from integrations.systems.ifs.simulator.demo_drafts import Draft, Line
from integrations.systems.ifs.simulator.demo_masters import (
    ASSET,
    CLOSED_ACCOUNT,
    COST_CENTERS,
    COSTS,
    FREIGHT,
    INPUT_TAX,
    OTHER_COMPANY,
    PREPAID,
    PROJECTS,
    RECEIVED,
    USE_TAX,
    WITHHELD,
)
from integrations.systems.ifs.simulator.demo_orders import head_row, line_row

Case = Callable[[Draft, Random], None]
_CENT = Decimal("0.01")


def cents(chance: Random, low: int, high: int) -> Decimal:
    """A random amount with two decimals; bounds in whole units."""
    return Decimal(chance.randint(low * 100, high * 100)).scaleb(-2)


def cost(chance: Random, item: int = 1) -> Line:
    """An ordinary cost line."""
    account = chance.choice(COSTS)
    center = chance.choice(COST_CENTERS)
    project = chance.choice(PROJECTS) if chance.random() < 0.2 else None
    amount = cents(chance, 20, 4000)
    return Line("IP2", account, amount, f"Delivery {item}", code_b=center, code_c=project, item=item)


def _ordinary(_draft: Draft, _chance: Random) -> None:
    """Stays as it is."""


def _tax(draft: Draft, rate: str, code: str) -> None:
    for line in [each for each in draft.lines if each.kind == "IP2"]:
        amount = (line.amount * Decimal(rate)).quantize(_CENT, ROUND_HALF_UP)
        draft.lines.append(Line("AP1", INPUT_TAX, amount, f"Tax {code}", code, item=line.item))
        line.tax_code = code


def _sales_tax(draft: Draft, chance: Random) -> None:
    if chance.random() < 0.5:
        _tax(draft, "0.0825", "ST825")
    else:
        _tax(draft, "0.06", "ST6")


def _freight(draft: Draft, chance: Random) -> None:
    item = len(draft.lines) + 1
    draft.lines.append(Line("IP2", FREIGHT, cents(chance, 10, 300), "Freight", code_b=COST_CENTERS[0], item=item))


def _use_tax(draft: Draft, _chance: Random) -> None:
    line = draft.lines[0]
    amount = (line.amount * Decimal("0.0825")).quantize(_CENT, ROUND_HALF_UP)
    draft.lines += [
        Line("AP3", line.account, amount, "Use tax", "UT825", code_b=line.code_b),
        Line("AP4", USE_TAX, -amount, "Use tax", "UT825"),
    ]


def _use_tax_open(draft: Draft, chance: Random) -> None:
    _use_tax(draft, chance)
    draft.lines[-1].amount += 1
    draft.debt_off = Decimal("-1.00")


def _order(draft: Draft, chance: Random, part: bool = False) -> None:
    """Code the invoice to goods received, not invoiced, against an order of its own."""
    number = f"P{draft.id}"
    draft.more["PoRefNumber"] = number
    shared = {"OrderNo": number, "Objstate": "Received", "Contract": "10", "CurrencyCode": draft.supplier.currency}
    shared |= {"VendorNo": draft.supplier.id, "Company": draft.company}
    ordered = draft.invoice_date - timedelta(days=20)
    draft.orders.append(head_row(shared, ordered))
    for position, line in enumerate(draft.lines, 1):
        quantity, price = Decimal(chance.randint(1, 40)), cents(chance, 5, 200)
        line.kind, line.account, line.amount = "M10", RECEIVED, quantity * price
        line.code_b, line.quantity, line.price, line.po_line = None, quantity, price, str(position)
        key = {"OrderNo": number, "LineNo": str(position), "ReleaseNo": "1"}
        of_part = f"PART-{chance.randint(100, 999)}" if part else None
        row = line_row(shared, key, quantity, price, draft.invoice_date, PartNo=of_part, Description=line.text)
        draft.order_lines.append(row)
        draft.receipts.append({**key, "ReceiptNo": 1, "QtyReceived": quantity, "ReceiptDate": draft.invoice_date})


def _order_part(draft: Draft, chance: Random) -> None:
    _order(draft, chance, part=True)


def _over_price(draft: Draft, chance: Random) -> None:
    _order(draft, chance)
    line = draft.lines[0]
    line.price = (line.price or _CENT) * 2 + 60
    line.amount = line.price * (line.quantity or 1)


def _order_state(word: str) -> Case:
    def apply(draft: Draft, chance: Random) -> None:
        _order(draft, chance)
        for row in (*draft.orders, *draft.order_lines):
            row["Objstate"] = word

    return apply


def _order_unknown(draft: Draft, chance: Random) -> None:
    _order(draft, chance)
    draft.more["PoRefNumber"] = "P-NOT-THERE"
    draft.orders, draft.order_lines, draft.receipts = [], [], []


def _order_other_supplier(draft: Draft, chance: Random) -> None:
    _order(draft, chance)
    for row in (*draft.orders, *draft.order_lines):
        row["VendorNo"] = "00123" if draft.supplier.id != "00123" else "123"


def _asset(draft: Draft, chance: Random) -> None:
    draft.lines = [Line("FA1", ASSET, cents(chance, 5000, 60000), "Machine")]


def _prepaid_row(draft: Draft, chance: Random) -> None:
    draft.lines = [Line("IP3", PREPAID, cents(chance, 500, 5000), "Prepaid maintenance")]


def _with_preliminary(draft: Draft, _chance: Random) -> None:
    amount = sum((line.amount for line in draft.lines), Decimal(0))
    draft.lines.insert(0, Line("IP2", "7000", amount, "Preliminary coding", prel=True))


def _with_reversed(draft: Draft, chance: Random) -> None:
    line = draft.lines[0]
    wrong = chance.choice(COSTS)
    draft.lines += [
        Line("IP2", wrong, line.amount, "Corrected", code_b=line.code_b, reversed=True),
        Line("IP2", wrong, -line.amount, "Correction", code_b=line.code_b, reversed=True),
    ]


def _negative_line(draft: Draft, _chance: Random) -> None:
    rebate = -(draft.lines[0].amount / 10).quantize(_CENT)
    draft.lines.append(
        Line("IP2", draft.lines[0].account, rebate, "Rebate", code_b=COST_CENTERS[0], item=len(draft.lines) + 1)
    )


def _credit(draft: Draft, _chance: Random) -> None:
    for line in draft.lines:
        line.amount = -line.amount
    draft.number = f"CR{draft.number}"
    draft.more["CreditForInvoiceNo"] = draft.earlier


def _rounded(draft: Draft, _chance: Random) -> None:
    draft.ledger_off = Decimal("0.02") if draft.id % 2 else Decimal("-0.02")


def _state(word: str) -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.state = word

    return apply


def _partly(draft: Draft, _chance: Random) -> None:
    draft.state = "PartlyPaidPosted"
    draft.paid = (draft.debt() / 3).quantize(_CENT)


def _nothing_open(draft: Draft, _chance: Random) -> None:
    draft.settled = True


def _field(name: str, value: object) -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.more[name] = value

    return apply


def _no_due(draft: Draft, _chance: Random) -> None:
    draft.due = None


def _zero(draft: Draft, _chance: Random) -> None:
    line = draft.lines[0]
    draft.lines = [
        line,
        Line("IP2", line.account, -line.amount, "Credited at once", code_b=line.code_b, item=2),
    ]


def _withholding(draft: Draft, _chance: Random) -> None:
    amount = (draft.net() * Decimal("0.30")).quantize(_CENT)
    draft.lines.append(Line("WH1", WITHHELD, -amount, "Withholding", "WH30"))


def _unknown_row(draft: Draft, chance: Random) -> None:
    draft.lines.append(Line("XQ9", "7010", cents(chance, 1, 50), "Local levy", code_b=COST_CENTERS[0]))


def _unbalanced(draft: Draft, _chance: Random) -> None:
    draft.debt_off = Decimal("12.34")


def _instalments(draft: Draft, _chance: Random) -> None:
    draft.instalments = 2
    draft.more["PayTermId"] = "2X30"


def _old(draft: Draft, _chance: Random) -> None:
    for name in ("invoice_date", "voucher_date", "due"):
        day: date | None = getattr(draft, name)
        setattr(draft, name, day - timedelta(days=430) if day else None)


def _closed_account(draft: Draft, _chance: Random) -> None:
    draft.lines[0].account = CLOSED_ACCOUNT


def _product_line(draft: Draft, _chance: Random) -> None:
    draft.lines[0].code_d = "CNC"


def _other_company(draft: Draft, chance: Random) -> None:
    draft.company = OTHER_COMPANY
    draft.lines = [Line("IP2", "6000", cents(chance, 100, 9000), "Gastos")]


def _many_lines(draft: Draft, chance: Random) -> None:
    draft.lines = [cost(chance, item) for item in range(1, 121)]


def _respelled(draft: Draft, _chance: Random) -> None:
    plain = draft.earlier.replace("-", " ").lower()
    draft.number = plain if plain != draft.earlier else f"0{plain}"


CASES: dict[str, tuple[int, Case]] = {
    "ordinary": (330, _ordinary),
    "sales_tax": (130, _sales_tax),
    "order": (80, _order),
    "order_part": (20, _order_part),
    "freight": (60, _freight),
    "use_tax": (25, _use_tax),
    "asset": (15, _asset),
    "prepaid_row": (5, _prepaid_row),
    "with_preliminary": (35, _with_preliminary),
    "with_reversed": (20, _with_reversed),
    "negative_line": (15, _negative_line),
    "credit": (20, _credit),
    "rounded": (10, _rounded),
    "closed_account": (2, _closed_account),
    "product_line": (10, _product_line),
    "many_lines": (0, _many_lines),
    "preliminary": (10, _state("Preliminary")),
    "prel_posted": (5, _state("PrelPosted")),
    "posted": (40, _state("Posted")),
    "partly_paid": (12, _partly),
    "paid": (60, _state("PaidPosted")),
    "nothing_open": (3, _nothing_open),
    "cancelled": (10, _state("Cancelled")),
    "unknown_state": (2, _state("ParkedPosted")),
    "no_due_date": (4, _no_due),
    "blocked": (5, _field("BlockedForPayment", True)),
    "cash": (3, _field("Cash", "TRUE")),
    "prepayment": (4, _field("AdvInv", "TRUE")),
    "multi_company": (2, _field("MultiCompanyInvoice", "TRUE")),
    "collect": (2, _field("Collect", "TRUE")),
    "gross_up": (2, _field("GrossUp", "TRUE")),
    "other_type": (4, _field("InvoiceType", "SUPPSELF")),
    "zero": (3, _zero),
    "withholding": (6, _withholding),
    "use_tax_open": (2, _use_tax_open),
    "unknown_row": (3, _unknown_row),
    "unbalanced": (3, _unbalanced),
    "instalments": (6, _instalments),
    "proposed": (6, _ordinary),
    "old": (10, _old),
    "other_company": (3, _other_company),
    "order_over_price": (5, _over_price),
    "order_cancelled": (2, _order_state("Cancelled")),
    "order_closed": (2, _order_state("Closed")),
    "order_unknown": (2, _order_unknown),
    "order_other_supplier": (2, _order_other_supplier),
    "respelled_number": (2, _respelled),
    "one_time_supplier": (3, _ordinary),
    "blocked_supplier": (3, _ordinary),
    "supplier_without_company": (2, _ordinary),
    "prospect_supplier": (1, _ordinary),
}
AWKWARD = frozenset(CASES) - {
    *("ordinary", "sales_tax", "order", "order_part", "freight", "use_tax", "asset", "prepaid_row"),
    *("with_preliminary", "with_reversed", "negative_line", "credit", "rounded", "closed_account"),
}
UNBALANCED = frozenset({"unbalanced", "use_tax_open"})
"""Cases whose final voucher deliberately does not add up to zero."""
REPEATS = frozenset({"credit", "respelled_number"})
"""Cases about an earlier ordinary invoice of the same supplier."""
LEAST = {"proposed": 4}
"""How often a case comes at least, where once does not show it."""
SUPPLIER_KIND = {
    "one_time_supplier": "one_time",
    "blocked_supplier": "blocked",
    "supplier_without_company": "no_company",
    "prospect_supplier": "prospect",
}
"""Cases about a special supplier; all others use ordinary ones."""
