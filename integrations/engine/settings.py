"""The settings of an integration for people: what each means, which rule it belongs to, what may be chosen."""

import re

import msgspec

from integrations.engine.policy import Policy
from integrations.engine.settings_books import BOOKED, PAID, READ_BACK
from integrations.engine.settings_orders import MATCHED
from integrations.engine.spec import HOLD, Spec, choice, other

WHICH, MAKING, ROUNDING, DUPLICATES, VENDORS, AFTER, PEOPLE = (
    *("What goes", "From invoice to bill", "Rounding", "Duplicates"),
    *("Suppliers", "Changes after sending", "People"),
)

_SENT: tuple[Spec, ...] = (
    other(
        *("date", "start_date", "Start date", "1.11", WHICH),
        "What is older stays out. Of an invoice in the ledger the voucher date counts, never the invoice date.",
    ),
    other(
        *("flag", "include_open_older", "Send older open invoices too", "1.11", WHICH),
        "Invoices from before the start date that are still open. The plan lists them with their amounts.",
    ),
    Spec(
        name="release_states",
        label="States that are sent",
        help="Authorised for payment is usual. Posted as well, where approval happens in the payment tool.",
        group=WHICH,
        rule="1.2, 1.3",
        kind="list",
        choices=(("authorised", "Posted and authorised"), ("posted", "Posted, not yet authorised")),
    ),
    other(
        *("list", "invoice_types", "Further invoice types that are sent", "1.9", WHICH),
        "The ERP's own words. Ordinary invoices and credits always go; any other type is held until it stands here.",
    ),
    choice(
        *("prepayments", "Prepayment invoices", "1.9", WHICH),
        "Invoices that are paid before the goods arrive.",
        *(HOLD, ("send", "Send it like any other")),
    ),
    choice(
        *("partly_paid", "Invoices that the ERP has partly paid", "1.4", WHICH),
        "What happens with an invoice that was partly paid before it could be sent.",
        HOLD,
        ("open_amount", "Send the open amount"),
        ("record_payment", "Send all of it and note what was paid"),
    ),
    choice(
        *("paid_here", "Who is paid here", "1.10", WHICH),
        "One payer per invoice: suppliers that the ERP pays itself must not be sent.",
        ("all", "All suppliers"),
        ("by_group", "Only supplier groups listed below"),
        ("by_method", "Only payment methods listed below"),
    ),
    other(
        *("list", "paid_here_groups", "Supplier groups paid here", "1.10", WHICH),
        "The ERP's supplier groups, when paid by group.",
    ),
    other(
        *("list", "paid_here_methods", "Payment methods paid here", "1.10", WHICH),
        "The ERP's payment methods, when paid by method.",
    ),
    other(
        *("list", "never_paid_here_methods", "Payment methods never paid here", "1.10", WHICH),
        "Direct debit and the like: these stay out whatever stands above.",
    ),
    choice(
        *("tax_lines", "Tax charged by the supplier", "2.2", MAKING),
        "Either one line per tax code on its mapped account, or spread over the taxed lines.",
        *(("per_code", "A line per tax code"), ("into_cost", "Into the cost lines")),
    ),
    choice(
        *("withholding", "Tax withheld", "2.2", MAKING),
        "Never paid gross by accident.",
        *(HOLD, ("negative_line", "A negative line on the account below")),
    ),
    other(
        *("account", "withholding_account", "Account for tax withheld", "2.2", MAKING),
        "Its number on the other side; needed for a negative line.",
    ),
    other(
        *("number", "rounding_tolerance", "Rounding tolerance", "2.3", ROUNDING),
        "In minor units (cents). A larger difference between lines and total holds the invoice; the total never moves.",
    ),
    other(
        *("account", "rounding_account", "Account for rounding", "2.3", ROUNDING),
        "Its number where the record goes. Without it every difference holds the record.",
    ),
    choice(
        *("negative_lines", "Negative lines of a bill", "2.4", MAKING),
        "Such as a discount line. The total stays the same.",
        ("keep", "Send them as they are"),
        ("net_same_coding", "Add them to lines of the same coding"),
        HOLD,
    ),
    choice(
        *("apply_credits", "Set credits off", "2.5", MAKING),
        "A credit that names its invoice may be set off against that bill while it is unpaid and nobody approved it.",
        *(("no", "Never"), ("to_named_invoice", "Against the invoice it names")),
    ),
    choice(
        *("due_date_from", "Due date", "2.7", MAKING),
        "Never computed, also not when it is past.",
        *(("due_date", "The invoice's due date"), ("planned_pay_date", "The planned payment date")),
    ),
    choice(
        *("instalments", "Several instalments", "2.7", MAKING),
        "One invoice that is due in parts.",
        *(HOLD, ("bill_each", "A bill for each, numbered /1, /2")),
    ),
    Spec(
        name="match_by_number",
        label="Equal numbers are the same account",
        help="An account or value without a rule goes to the one of the same number on the other side. Two charts "
        "often use the same number for other things: look before you switch this on.",
        group=MAKING,
        rule="2.10",
        kind="flag",
        control=True,
    ),
    choice(
        *("unmapped", "Accounts without a rule", "2.10", MAKING),
        "A fallback is visible with its amount until it is mapped.",
        *(HOLD, ("fallback", "Send it on the fallback account")),
    ),
    other(
        *("account", "fallback_account", "Fallback account", "2.10", MAKING),
        "Its number on the other side.",
    ),
    other(
        *("flag", "create_missing", "Create missing accounts and values", "2.10", MAKING),
        "What the other side lacks may be created there from the ERP's own.",
    ),
    choice(
        *("image", "Image of the invoice", "2.11", MAKING),
        "Documents that the ERP keeps with an invoice follow its bill. Needed: without one the bill waits three days, "
        "then a person decides.",
        ("when_available", "Send it where there is one"),
        ("required", "No bill without one"),
        ("no", "Never send it"),
    ),
    other(
        *("number", "max_lines", "Most lines on a bill", "2.9", MAKING),
        "Above it, lines with identical coding are added together; the record's page keeps the detail.",
    ),
    other(
        *("number", "max_number_length", "Longest invoice number", "2.9", MAKING),
        "A number travels unchanged or not at all.",
    ),
    *MATCHED,
    Spec(
        name="number_reuse",
        label="A number may come back after 300 days",
        help="With another amount it is then another invoice; off, every equal number is held.",
        group=DUPLICATES,
        rule="3.2",
        kind="flag",
    ),
    choice(
        *("weak_duplicates", "Same amount and date, other number", "3.4", DUPLICATES),
        "Rents, grants and call-offs look like this every day.",
        *(("note", "Note it on the record"), HOLD),
    ),
    choice(
        *("vendor_per_currency", "A supplier in a further currency", "2.6", VENDORS),
        "The other side keeps one currency per vendor.",
        *(("ask", "Ask a person to have it created"), ("auto", "Create it")),
    ),
    choice(
        *("one_time", "One-time suppliers", "4.1", VENDORS),
        "Name and address stand on the invoice, never in the master.",
        HOLD,
    ),
    Spec(
        name="remit_hold",
        label="Changes of payee, address or tax id",
        help="The usual way of payment fraud. Addresses from the ERP may go with one person; the rest never.",
        group=VENDORS,
        rule="4.3",
        kind="choice",
        choices=(("two_people", "Wait for two people"), ("one_person", "Address changes from the ERP go through")),
        control=True,
    ),
    Spec(
        name="tool_fields",
        label="Vendor fields that the payment tool owns",
        help="Changed there, they are left alone; all others are the ERP's, and a change there is asked about.",
        group=VENDORS,
        rule="4.2",
        kind="list",
        choices=(
            ("email", "Remittance e-mail"),
            ("payment_term", "Payment term"),
            ("address", "Remit-to address"),
        ),
        control=True,
    ),
    choice(
        *("files_1099", "Who files 1099 forms", "4.5", VENDORS),
        "We never set 1099 flags; the statement says who files.",
        *(("none", "Nobody"), ("erp", "From the ERP"), ("ap_tool", "From the payment tool")),
    ),
    choice(
        *("amount_change", "Amount, number or date changed after sending", "5.1", AFTER),
        "Only while the bill is unpaid and no approver has acted; later it is always held.",
        *(("update", "Update the bill"), HOLD),
    ),
    other(
        *("flag", "recode_after_approval", "Recode after approval", "5.3", AFTER),
        "Coding and later due dates may still change on a bill that somebody has approved.",
    ),
    other(
        *("flag", "auto_archive", "Archive bills of cancelled invoices", "5.5", AFTER),
        "Only unpaid ones that nobody has approved; otherwise a person decides.",
    ),
    other(
        *("text", "write_back_field", "Field that marks sent invoices in the ERP", "5", AFTER),
        "The field's name in the ERP; empty: nothing is written back.",
    ),
    Spec(
        name="ignore_limit",
        label="Largest amount one person may ignore",
        help="In company currency. Above it a controller confirms.",
        group=PEOPLE,
        rule="10",
        kind="amount",
        control=True,
    ),
)
_EITHER_WAY = {"start_date", "rounding_account", "remit_hold", "files_1099", "ignore_limit"}
SPECS = (
    *(msgspec.structs.replace(spec, inbound=None) if spec.name in _EITHER_WAY else spec for spec in _SENT),
    *(*BOOKED, *READ_BACK, *PAID),
)
BY_NAME = {spec.name: spec for spec in SPECS}
FIXED = frozenset({"company", "version"})  # of the policy, but not the tenant's to choose


def value_of(policy: Policy, name: str) -> object:
    """A setting as it is stored: JSON types only, amounts and dates as text."""
    return msgspec.to_builtins(getattr(policy, name))


def checked(name: str, value: object) -> object:
    """The value as it is stored, if the policy takes it. Raises ValueError with a sentence that says how to mend it."""
    spec = BY_NAME.get(name)
    if spec is None:
        raise ValueError(f"There is no setting {name}.")
    try:
        if not _is_plain(spec, value):
            raise msgspec.ValidationError
        return value_of(msgspec.convert({"company": "", name: value}, Policy, strict=False), name)
    except msgspec.ValidationError:
        raise ValueError(f"{spec.label}: {_expected(spec)}") from None


# As people write them. A limit that is NaN, Infinity or negative would hold nothing, or everything.
_DIGITS = {"amount": re.compile(r"[0-9]{1,16}(\.[0-9]{1,2})?"), "number": re.compile(r"[0-9]{1,9}")}
_LONGEST, _MOST = 200, 500  # letters of a text; texts of a list


def _is_plain(spec: Spec, value: object) -> bool:
    """Whether it is spelled as it may be stored; what it may be is judged by the policy."""
    match value:
        case list() | tuple():
            return len(value) <= _MOST and all(isinstance(each, str) and _is_plain(spec, each) for each in value)
        case _ if spec.kind in _DIGITS:
            return _DIGITS[spec.kind].fullmatch(str(value)) is not None
        case str():
            return len(value) <= _LONGEST and value.isprintable()
    return True


def in_words(spec: Spec, value: object) -> str:
    """A stored value for people."""
    if spec.kind == "flag":
        return "yes" if value else "no"
    words = dict(spec.choices)
    if isinstance(value, list | tuple):
        return ", ".join(words.get(str(each), str(each)) for each in value) or "none"
    return words.get(str(value), str(value)) if value not in (None, "") else "none"


def _expected(spec: Spec) -> str:
    if spec.choices:
        return f"choose {' or '.join(value for value, _ in spec.choices)}."
    wanted: dict[str, str] = {
        "flag": "answer yes (true) or no (false).",
        "number": "write a whole number, such as 30.",
        "amount": "write an amount such as 1000.00.",
        "list": "write a list of the ERP's own words.",
        "date": "write a date such as 2026-01-31.",
    }
    return wanted.get(spec.kind, "write a text.")
