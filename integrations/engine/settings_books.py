"""The settings of what is brought into the ERP's books: captured invoices and payments."""

from integrations.engine.spec import HOLD, Kind, Spec

_INVOICES, _PAYMENTS, _PAID = (
    *("Captured invoices into the books", "Payments into the books"),
    "Payments of sent bills",
)
_BOTH = ("series", "closed_period")  # of captured invoices, and of payments as well


def _spec(group: str, kind: Kind, name: str, label: str, rule: str, help: str, *choices: tuple[str, str]) -> Spec:  # noqa: A002
    return Spec(
        name=name,
        label=label,
        help=help,
        group=group,
        rule=rule,
        kind=kind,
        choices=choices,
        control=name in ("auto_authorise", "control_confirmed"),
        inbound=True,
        entities=("invoice", "payment") if name in _BOTH else ("invoice",) if group == _INVOICES else ("payment",),
        of_sent=group == _PAID,
    )


BOOKED: tuple[Spec, ...] = (
    _spec(
        *(_INVOICES, "choice", "invoice_target", "How an invoice is entered", "7.1"),
        "As an external invoice with a posting proposal for an authoriser, or as a manual invoice.",
        *(("external", "External invoice and posting proposal"), ("manual", "Manual invoice")),
    ),
    _spec(
        *(_INVOICES, "text", "series", "Invoice series", "7.2"),
        "The ERP's series of supplier invoices.",
    ),
    _spec(
        *(_INVOICES, "text", "captured_type", "Invoice type", "7.2"),
        "The ERP's word for an ordinary invoice or credit; empty: the ERP's own default.",
    ),
    _spec(
        *(_INVOICES, "text", "authoriser", "Authoriser", "7.2"),
        "The ERP user whom the posting proposal goes to. Without one every invoice is held.",
    ),
    _spec(
        *(_INVOICES, "flag", "auto_authorise", "Authorise without a second look", "7.2"),
        "Approval in the AP tool then counts as approval in the ERP. Printed on every statement.",
    ),
    _spec(
        *(_INVOICES, "choice", "tax_mode", "Tax", "7.3"),
        "Usual in the US: tax is part of the cost. Elsewhere it is split off and must agree with the invoice's tax.",
        *(("in_cost", "Part of the cost"), ("split", "Split off")),
    ),
    _spec(
        *(_INVOICES, "text", "no_tax_code", "Tax code of untaxed lines", "7.3"),
        "The company's no-tax code.",
    ),
    _spec(
        *(_INVOICES, "text", "tax_code", "Tax code of split tax", "7.3"),
        "Put on an invoice whose tax is split off.",
    ),
    _spec(
        *(_INVOICES, "list", "tax_accounts", "Tax accounts", "7.3"),
        "Distributions on these accounts are the invoice's tax, not its cost.",
    ),
    _spec(
        *(_INVOICES, "choice", "closed_period", "Date in a closed period", "7.4"),
        "Nothing is ever dated back. The original date stays in the text.",
        *(HOLD, ("first_open_day", "Use the first open day")),
    ),
    _spec(
        *(_INVOICES, "text", "payment_method", "Payment method in the ERP", "7.5"),
        "One that the ERP never proposes for payment, so that it does not pay what is paid here.",
    ),
)
READ_BACK: tuple[Spec, ...] = (
    _spec(
        *(_PAID, "choice", "read_back", "What the ERP is told of payments", "8.1"),
        "Their state is shown here whatever you choose. A voucher books the payment; AP then settles the invoice.",
        ("none", "Nothing: AP settles the invoices in the ERP by hand"),
        ("field", "State, date and payment into fields of the invoice"),
        ("voucher", "A voucher for each payment"),
    ),
    _spec(
        *(_PAID, "text", "paid_status_field", "Field for the state of payment", "8.1"),
        "The field's name in the ERP, when fields are written.",
    ),
    _spec(
        *(_PAID, "text", "paid_date_field", "Field for the payment's date", "8.1"),
        "The field's name in the ERP; empty: no date is written.",
    ),
    _spec(
        *(_PAID, "text", "paid_reference_field", "Field for the payment's id", "8.1"),
        "The field's name in the ERP; empty: no id is written.",
    ),
)
PAID: tuple[Spec, ...] = (
    _spec(
        *(_PAYMENTS, "choice", "post_at", "When a payment is booked", "8.1"),
        "A virtual card is always booked when it is cleared.",
        *(("issued", "When it is issued"), ("cleared", "When it is cleared")),
    ),
    _spec(
        *(_PAYMENTS, "choice", "payment_mode", "How a payment is booked", "8.2"),
        "Clearing touches no account of supplier debt; AP settles the items from the settlement list.",
        *(("clearing", "Through a settlement account"), ("control", "Against the supplier debt")),
    ),
    _spec(
        *(_PAYMENTS, "text", "voucher_type", "Voucher type", "8.2"),
        "One of its own, used by nothing else. Without it every payment is held.",
    ),
    _spec(
        *(_PAYMENTS, "account", "settlement_account", "Account paid, to be settled", "8.2"),
        "Its balance is what was paid and is not settled yet.",
    ),
    _spec(
        *(_PAYMENTS, "account", "cash_account", "Cash account", "8.2"),
        "What the provider clears with the bank.",
    ),
    _spec(
        *(_PAYMENTS, "list", "cash_accounts", "Cash accounts by bank account", "8.2"),
        "Where several bank accounts pay: bank account=ledger account.",
    ),
    _spec(
        *(_PAYMENTS, "account", "debt_account", "Account of supplier debt", "8.2"),
        "Only where payments are booked against the supplier debt.",
    ),
    _spec(
        *(_PAYMENTS, "account", "discount_account", "Account for discount", "8.2"),
        "Only where payments are booked against the supplier debt.",
    ),
    _spec(
        *(_PAYMENTS, "account", "exchange_gain_account", "Account for exchange gain", "8.2"),
        "Only where payments are booked against the supplier debt.",
    ),
    _spec(
        *(_PAYMENTS, "account", "exchange_loss_account", "Account for exchange loss", "8.2"),
        "Only where payments are booked against the supplier debt.",
    ),
    _spec(
        *(_PAYMENTS, "flag", "control_confirmed", "Manual vouchers on the supplier debt are allowed", "8.2"),
        "A controller confirms it, and that it is known how ledger and general ledger are tied.",
    ),
    _spec(
        *(_PAYMENTS, "choice", "reversal", "How a payment is reversed", "8.6"),
        "The mirror voucher is prepared; a controller releases it.",
        *(("swap", "Sides swapped"), ("correction_flag", "Same side, marked as correction")),
    ),
)
