"""The texts of a draft as a tenant's rules word them: description, order number, text of a line; and why they say so.

Amounts, currency, payee, number, dates and bank data are no texts: they always come from the source
(docs/ap-rules.md, 5.7). What was sent keeps its words for as long as the source says the same, whatever the rules say.
"""

from collections.abc import Callable, Mapping

import msgspec

from integrations.engine.errors import Problem
from integrations.engine.records import Entity, Invoice, Posting, Vendor
from integrations.engine.template import ANY_PART, Template, Unfit, Unlisted, parsed

_DAYS = ("invoice_date", "due_date", "voucher_date", "approved_on")
_HEAD = (
    *("key", "company", "vendor_key", "vendor_name", "number", "series", "type", *_DAYS),
    *("currency", "payment_term", "payment_method", "po_number", "credit_for"),
)
_LINE = ("text", "account", "tax_code", "po_line")
_WITHOUT = "(without a rule)"  # the name under which `inputs` keep what a field would be without any rule


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a draft that may be worded: `longest` characters, `names` it may read. `inbound`: into the books too.

    `whole`: a longer text is refused instead of shortened.
    """

    label: str
    longest: int
    names: frozenset[str]
    whole: bool = False
    inbound: bool = False


FIELDS: Mapping[str, Mapping[str, Field]] = {
    Entity.INVOICE: {
        "description": Field(label="Description", longest=1000, names=frozenset((*_HEAD, "discount"))),
        "po_number": Field(label="Purchase order number", longest=100, names=frozenset(_HEAD), whole=True),
        "line_description": Field(
            label="Text of a line", longest=200, names=frozenset((*_HEAD, *_LINE, ANY_PART)), inbound=True
        ),
    }
}


class TextRule(msgspec.Struct, frozen=True, kw_only=True):
    """One approved row of the field mappings: what `field` becomes. `approval` says who let this version count."""

    id: int
    version: int
    field: str
    template: str
    lookup: str = ""
    approval: str = ""

    @property
    def words(self) -> str:
        """The rule as a reason names it."""
        return f"field rule {self.id} version {self.version}" + (f", {self.approval}" if self.approval else "")


class Worded(msgspec.Struct, frozen=True, kw_only=True):
    """What a field says. `inputs`: the values that made it so; none: it is what it would be without a rule."""

    text: str
    inputs: dict[str, str] = {}
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def field_of(entity: str, field: str) -> Field:
    """A field that may be mapped. Raises Unfit with a sentence for any other."""
    known = FIELDS.get(entity, {})
    if field not in known:
        words = (
            f"“{_short(field)}” of “{_short(entity)}” cannot be mapped. Fields of an invoice that can: "
            f"{', '.join(FIELDS[Entity.INVOICE])}. Amounts, currency, payee, number, dates and bank data always come "
            "from the source."
        )
        raise Unfit(words, "field")
    return known[field]


def template_of(entity: str, field: str, template: str, lookup: str) -> Template:
    """The template that this field of an `entity` may become. Raises Unfit with a sentence."""
    return parsed(template, lookup, field_of(entity, field).names, frozenset(_DAYS))


def head(source: Invoice, vendor: Vendor | None, discount: str = "") -> dict[str, str]:
    """What a rule may read of the whole invoice."""
    found = {name: _text(getattr(source, name)) for name in _HEAD}
    return {**found, "vendor_name": source.vendor_name or (vendor.name if vendor else ""), "discount": discount}


def line(values: Mapping[str, str], row: Posting) -> dict[str, str]:
    """The same with what it may read of one line."""
    parts = {f"dimensions.{part}": value for part, value in row.dimensions.items()}
    return {**values, **{name: _text(getattr(row, name)) for name in _LINE}, **parts}


def worded(
    field: str,
    rule: TextRule | None,
    without: str,
    values: Callable[[], Mapping[str, str]],
    sent: tuple[str, Mapping[str, str]] | None = None,
) -> Worded:
    """What `field` says: as `sent` (its words then, their inputs) while the source says the same, else as `rule` says.

    `without` is what it would be without any rule. An empty text leaves that, and is noted.
    """
    if sent is not None and (rule is not None or sent[1]) and _same(sent, without, values):
        return Worded(text=sent[0], inputs=dict(sent[1]), why=(f"{_name(field)}: as sent before",))
    return Worded(text=without) if rule is None else _by_rule(field, rule, without, values())


def _same(sent: tuple[str, Mapping[str, str]], without: str, values: Callable[[], Mapping[str, str]]) -> bool:
    text, inputs = sent
    if not inputs:
        return text == without
    now = {**values(), _WITHOUT: without}
    return all(now.get(name, "") == value for name, value in inputs.items())


def _by_rule(field: str, rule: TextRule, without: str, values: Mapping[str, str]) -> Worded:
    known, blocker = FIELDS[Entity.INVOICE][field], (f"field:{field}", "")
    try:
        template = template_of(Entity.INVOICE, field, rule.template, rule.lookup)
        text = template.filled(values)
    except Unfit as error:
        words = f"The rule for the {_name(field)} cannot be used: {error}"
        return Worded(text="", problems=(Problem("text_rule_unusable", words, field=field, blocker=blocker),))
    except Unlisted as error:
        words = f"{error} of the rule for the {_name(field)}. Add it there, or a line *=… for all others."
        problem = Problem("unmapped_text", words, field=field, value=error.value, blocker=(blocker[0], error.value))
        return Worded(text="", problems=(problem,))
    inputs = {_WITHOUT: without, **{name: values.get(name, "") for name in template.names}}
    if not text:
        words = f"The rule for the {_name(field)} gives nothing here, so it is as if there were none."
        return Worded(text=without, inputs=inputs, notes=(Problem("text_empty", words, field=field),))
    if len(text) > known.longest and known.whole:
        words = f"The rule for the {_name(field)} gives {len(text)} characters; at most {known.longest}. Mend the rule."
        problem = Problem("text_too_long", words, field=field, value=text[:200], blocker=blocker)
        return Worded(text="", problems=(problem,))
    kept = text[: known.longest].rstrip()
    notes: tuple[Problem, ...] = ()
    if kept != text:
        words = f"The {_name(field)} has {len(text)} characters; the first {known.longest} are sent."
        notes = (Problem("shortened", words, field=field),)
    read = "; ".join(f"{name} “{_short(values.get(name, ''))}”" for name in template.names)
    why = f"{_name(field)} → “{_short(kept)}” by {rule.words}: {rule.template}" + (f" with {read}" if read else "")
    return Worded(text=kept, inputs=inputs, why=(why,), notes=notes)


def _name(field: str) -> str:
    return FIELDS[Entity.INVOICE][field].label.lower()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
