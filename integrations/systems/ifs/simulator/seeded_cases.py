"""What the seeded books add to the demo's cases: the kinds that come up in a year rather than in a demonstration.

CASES: name -> (share, what to do), the demo's among them with shares of their own. LATE ones work on the finished
draft, in the currency's own unit; TWINS get the last ordinary invoice beside it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from integrations.systems.ifs.simulator import demo_cases
from integrations.systems.ifs.simulator.demo_cases import Case, cost
from integrations.systems.ifs.simulator.demo_drafts import Draft, Line
from integrations.systems.ifs.simulator.demo_masters import COST_CENTERS, COSTS, INPUT_TAX, USE_TAX
from integrations.systems.ifs.simulator.seeded_suppliers import NOBODY

RARE_ACCOUNTS = ("7120", "7130", "7140")
"""Accounts that only the case `rare_account` uses, so that a tenant may leave them without a mapping."""
HUGE = 10_000
_PLAIN = demo_cases.CASES["ordinary"][1]
_CENT = Decimal("0.01")
Twin = Callable[[Draft, Draft, Random], None]


def _field(**values: object) -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.more |= values

    return apply


def _two_taxes(draft: Draft, chance: Random) -> None:
    draft.lines.append(cost(chance, len(draft.lines) + 1))
    for position, line in enumerate(list(draft.lines)):
        code, rate = (("ST825", "0.0825"), ("ST6", "0.06"), ("GST5", "0.05"))[position % 3]
        amount = (line.amount * Decimal(rate)).quantize(_CENT, ROUND_HALF_UP)
        draft.lines.append(Line("AP1", INPUT_TAX, amount, f"Tax {code}", code, item=line.item))
        line.tax_code = code


def _reverse_charge(draft: Draft, _chance: Random) -> None:
    for line in list(draft.lines):
        amount = (line.amount * Decimal("0.19")).quantize(_CENT, ROUND_HALF_UP)
        draft.lines += [
            Line("AP3", INPUT_TAX, amount, "Reverse charge", "RC19", item=line.item),
            Line("AP4", USE_TAX, -amount, "Reverse charge", "RC19", item=line.item),
        ]


def _rounded(draft: Draft, chance: Random) -> None:
    draft.ledger_off = chance.randint(1, 9) * chance.choice((_CENT, -_CENT))


def _rare_account(draft: Draft, chance: Random) -> None:
    draft.lines[0].account = chance.choice(RARE_ACCOUNTS)


def _no_center(draft: Draft, _chance: Random) -> None:
    draft.lines[0].code_b = None


def _words(draft: Draft, chance: Random) -> None:
    texts = (
        "Réf. « spéciale » 🙂",
        "Text with\na line break\tand a tab",
        "'; DROP TABLE --",
        "\u202etxet desrever",
        "0" * 200,
    )
    draft.lines[0].text = chance.choice(texts)


def _large(draft: Draft, chance: Random) -> None:
    draft.lines = [replace(draft.lines[0], amount=Decimal(chance.randint(10**10, 10**11)).scaleb(-2))]


def _one_cent(draft: Draft, _chance: Random) -> None:
    draft.lines = [replace(draft.lines[0], amount=_CENT)]


def _long_number(draft: Draft, _chance: Random) -> None:
    draft.number = f"{draft.number}/CONTRACT-2026/DELIVERY-NOTE-0000042"[:50]


def _credit_offset(draft: Draft, chance: Random) -> None:
    demo_cases.CASES["credit"][1](draft, chance)
    demo_cases.CASES["partly_paid"][1](draft, chance)


def _first_instalment_paid(draft: Draft, chance: Random) -> None:
    demo_cases.CASES["instalments"][1](draft, chance)
    draft.state = "PartlyPaidPosted"
    draft.paid = (draft.debt() / 2).quantize(_CENT)


def _three_instalments(draft: Draft, _chance: Random) -> None:
    draft.instalments = 3


def _not_in_ledger(draft: Draft, _chance: Random) -> None:
    draft.in_ledger = False


def _head_only(draft: Draft, _chance: Random) -> None:
    draft.in_ledger = draft.debt_row = False


def _head_only_self_assessed(draft: Draft, chance: Random) -> None:
    demo_cases.CASES["use_tax"][1](draft, chance)
    _head_only(draft, chance)


def _foreign_ledger(draft: Draft, _chance: Random) -> None:
    draft.ledger_currency = "EUR" if draft.supplier.currency != "EUR" else "USD"


def _past_due(draft: Draft, _chance: Random) -> None:
    draft.due = draft.invoice_date - timedelta(days=3)


def _pay_date(draft: Draft, _chance: Random) -> None:
    draft.more["PlPayDate"] = (draft.due or draft.invoice_date) + timedelta(days=6)


def _nobody(draft: Draft, _chance: Random) -> None:
    draft.supplier = NOBODY


def _too_fine(draft: Draft, _chance: Random) -> None:
    draft.more["NetCurrAmount"] = draft.net() + draft.unit / 2


def _wrong_currency(word: str) -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.more["Currency"] = draft.ledger_currency = word

    return apply


def _wide(draft: Draft, chance: Random) -> None:
    """More distinct codings than a bill may have lines."""
    draft.lines = [cost(chance, item) for item in range(1, 1501)]


def huge(draft: Draft, chance: Random) -> None:
    """10,000 lines of a few codings."""
    codings = [(chance.choice(COSTS), chance.choice(COST_CENTERS)) for _ in range(12)]
    draft.lines = []
    for item in range(1, HUGE + 1):
        account, center = codings[item % len(codings)]
        amount = Decimal(chance.randint(100, 9999)).scaleb(-2)
        draft.lines.append(Line("IP2", account, amount, f"Delivery {item}", code_b=center, item=item))


def _again(number: str = "", days: int = 0, more: str = "") -> Twin:
    """The earlier invoice once more: `number` is a pattern of its number, `more` is added to its first line."""

    def apply(draft: Draft, earlier: Draft, _chance: Random) -> None:
        draft.lines = [replace(line) for line in earlier.lines]
        draft.lines[0].amount += Decimal(more or 0)
        draft.number = number.format(number=earlier.number) if number else draft.number
        for name in ("invoice_date", "voucher_date", "due"):
            day = getattr(earlier, name)
            setattr(draft, name, day + timedelta(days=days) if day else None)

    return apply


def _squeezed(draft: Draft, earlier: Draft, chance: Random) -> None:
    _again()(draft, earlier, chance)
    draft.number = earlier.number.replace("-", "").replace("/", "-") + ("." if earlier.number.isalnum() else "")


_SHARES = {
    "ordinary": 260,
    "sales_tax": 100,
    "order": 50,
    "order_part": 10,
    "freight": 40,
    "use_tax": 20,
    "asset": 10,
    "prepaid_row": 4,
    "with_preliminary": 25,
    "with_reversed": 20,
    "negative_line": 20,
    "credit": 25,
    "closed_account": 3,
    "product_line": 10,
    "many_lines": 1,
    "preliminary": 12,
    "prel_posted": 8,
    "posted": 30,
    "partly_paid": 12,
    "paid": 30,
    "nothing_open": 5,
    "cancelled": 12,
    "unknown_state": 3,
    "no_due_date": 6,
    "blocked": 8,
    "cash": 5,
    "prepayment": 5,
    "multi_company": 3,
    "collect": 3,
    "gross_up": 3,
    "other_type": 6,
    "zero": 6,
    "withholding": 8,
    "use_tax_open": 4,
    "unknown_row": 5,
    "unbalanced": 5,
    "instalments": 8,
    "proposed": 8,
    "old": 12,
    "other_company": 6,
    "order_unknown": 2,
    "respelled_number": 5,
    "one_time_supplier": 5,
    "blocked_supplier": 5,
    "supplier_without_company": 4,
    "prospect_supplier": 3,
}
CASES: dict[str, tuple[int, Case]] = {
    **{name: (share, demo_cases.CASES[name][1]) for name, share in _SHARES.items()},
    "two_taxes": (25, _two_taxes),
    "reverse_charge": (12, _reverse_charge),
    "rounded": (20, _rounded),
    "rare_account": (6, _rare_account),
    "no_center": (4, _no_center),
    "words": (8, _words),
    "large": (4, _large),
    "one_cent": (3, _one_cent),
    "long_number": (4, _long_number),
    "credit_offset": (4, _credit_offset),
    "first_instalment_paid": (3, _first_instalment_paid),
    "three_instalments": (4, _three_instalments),
    "not_in_ledger": (6, _not_in_ledger),
    "head_only": (4, _head_only),
    "head_only_self_assessed": (3, _head_only_self_assessed),
    "foreign_ledger": (3, _foreign_ledger),
    "past_due": (6, _past_due),
    "pay_date": (4, _pay_date),
    "no_invoice_date": (4, _field(InvoiceDate=None)),
    "customer": (2, _field(PartyType="Customer")),
    "another_unknown_type": (3, _field(InvoiceType="KREDITNOTA")),
    "paid_by_debit": (4, _field(PaymentMethod="DD")),
    "nobody": (3, _nobody),
    "wide": (0, _wide),
    "twin_squeezed": (6, _PLAIN),
    "twin_same_day": (6, _PLAIN),
    "twin_years_later": (4, _PLAIN),
    "too_fine": (4, _PLAIN),
    "usd": (4, _PLAIN),
    "no_currency": (2, _PLAIN),
}
LATE: dict[str, Case] = {"too_fine": _too_fine, "usd": _wrong_currency("usd"), "no_currency": _wrong_currency("XXX")}
TWINS: dict[str, Twin] = {
    "twin_squeezed": _squeezed,
    "twin_same_day": _again(),
    "twin_years_later": _again("{number} ", days=-310, more="5.00"),
}
REPEATS = demo_cases.REPEATS | TWINS.keys()
UNBALANCED = demo_cases.UNBALANCED | {"head_only", "head_only_self_assessed"}
"""Cases whose final voucher deliberately does not add up to zero."""
