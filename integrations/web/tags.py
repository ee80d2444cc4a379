"""Template tags of every page: icons, states, money, times. A template builtin: no page needs to load it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil

from integrations.engine.money import exact
from integrations.engine.reasons import reason_of
from integrations.engine.settings import BY_NAME as SPECS
from integrations.engine.settings import in_words
from integrations.models import Connection, Flow
from integrations.web import states, words
from integrations.web.icons import ICONS
from integrations.web.mending import Mend, mend

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline drawing, silent for screen readers: the word beside it speaks."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="{}"/></svg>', ICONS[name]
    )


@register.simple_tag
def state(kind: str, value: str, word: str = "") -> SafeString:
    """A state as icon, word and colour; `word` replaces the usual word."""
    found = states.look(kind, value)
    return format_html('<span class="state {}">{}{}</span>', found.tone, icon(found.icon), word or found.word)


@register.filter
def run_state(run: Any) -> str:
    return states.run_state(run)


def said(sums: Mapping[str, Decimal]) -> str:
    """Amounts inside a sentence; more than three currencies are only counted: a list beside the sentence has them."""
    if len(sums) > 3:
        return f"amounts in {len(sums)} currencies"
    return words.listed([f"{exact(amount, c)}\N{NO-BREAK SPACE}{c}" for c, amount in sorted(sums.items())])


@register.simple_tag
def quantity(count: Decimal | None) -> str:
    """A quantity without trailing zeros, or a dash where none is known."""
    return "\N{EN DASH}" if count is None else f"{count.normalize():,f}".replace("-", "\N{MINUS SIGN}")


@register.simple_tag
def money(amount: Decimal | None, currency: str = "") -> SafeString:
    """An amount with its currency, or a dash where none is known."""
    if amount is None:
        return mark_safe('<span class="muted">&ndash;</span>')
    sign = " minus" if amount < 0 else ""
    return format_html(
        '<span class="money{}">{} <span class="currency">{}</span></span>', sign, exact(amount, currency), currency
    )


@register.simple_tag
def amounts(by_currency: dict[str, Decimal] | None) -> SafeString:
    """One line per currency, in alphabetical order: currencies are never added together."""
    lines = format_html_join("", "<li>{}</li>", ((money(a, c),) for c, a in sorted((by_currency or {}).items())))
    return format_html('<ul class="sums">{}</ul>', lines) if lines else lines


@register.simple_tag
def when(value: datetime | None) -> SafeString:
    """A time in the tenant's zone, absolute; how long ago in the title."""
    if value is None:
        return mark_safe('<span class="muted">never</span>')
    local, now = timezone.localtime(value), timezone.now()
    pattern = "j M, H:i" if local.year == timezone.localtime(now).year else "j M Y, H:i"
    relative = f"{timesince(value, now)} ago" if value <= now else f"in {timeuntil(value, now)}"
    return format_html(
        '<time datetime="{}" title="{} {} ({})">{}</time>',
        value.isoformat(timespec="seconds"),
        formats.date_format(local, "j F Y, H:i:s"),
        local.tzname() or "",
        relative.replace("\xa0", " "),
        formats.date_format(local, pattern),
    )


@register.simple_tag
def day(value: date | None) -> SafeString:
    """A business date; how far away in the title."""
    if value is None:
        return mark_safe('<span class="muted">&ndash;</span>')
    apart = (value - timezone.localdate()).days
    relative = "today" if not apart else f"in {apart} days" if apart > 0 else f"{-apart} days ago"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), relative, formats.date_format(value, "j M Y")
    )


@register.filter
def number(value: int) -> str:
    """A count with grouped thousands."""
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


@register.filter
def reason(code: str) -> str:
    return words.reason(code)


@register.filter
def what_to_do(code: str) -> str:
    """What mends a reason."""
    return reason_of(code).do


@register.simple_tag
def mend_of(flow: Flow, code: str, value: str) -> Mend | None:
    """Where it is mended once for all that wait for it."""
    return mend(code, value, flow)


@register.filter
def whose(code: str) -> str:
    """The role whose work a reason is."""
    return reason_of(code).owner


@register.filter
def noun(entity: str, count: int = 2) -> str:
    return words.noun(entity, count)


@register.filter
def carried(flow: Flow, count: int = 2) -> str:
    """The word for what a flow carries."""
    return words.carried(flow, count)


@register.filter
def outcome(name: str) -> str:
    return words.outcome(name)


@register.simple_tag
def counts(by_outcome: dict[str, int], kind: str = "") -> str:
    """3 created, 1 needs a person: what is zero is left out."""
    parts = (f"{count:,} {words.outcome(name, kind)}" for name, count in words.in_order(by_outcome))
    return ", ".join(parts) or "nothing to do"


@register.filter(name="words")
def plain_words(name: str) -> str:
    """A key as words: connection_added, dimensions.B."""
    return str(name).replace("_", " ").replace(".", " ")


@register.filter
def told(message: str) -> str:
    """What a message of an alert tells of it."""
    return words.MESSAGES.get(message, "")


@register.simple_tag
def tone(kind: str, value: str) -> str:
    """The class that gives a state's colours."""
    return states.look(kind, value).tone


@register.filter
def plan_kind(kind: str) -> str:
    """What a plan does with a record."""
    return words.PLAN_KINDS.get(kind, kind)


@register.filter
def setting_label(name: str) -> str:
    """What a setting is called."""
    spec = SPECS.get(name)
    return spec.label if spec else name.replace("_", " ").capitalize()


@register.filter
def setting_words(value: Any, name: str) -> str:
    """A setting's stored value for people."""
    spec = SPECS.get(name)
    return in_words(spec, value) if spec else str(value)


@register.simple_tag
def state_icon(kind: str, value: str) -> SafeString:
    """The icon of a state alone, where its word stands beside it."""
    return icon(states.look(kind, value).icon)


@register.filter
def svg(value: float) -> str:
    """A coordinate: a point as decimal sign, whatever the language."""
    return f"{value:.3f}"


@register.simple_tag(takes_context=True)
def without(context: template.Context, name: str) -> str:
    """The page's query without one filter, from its first page."""
    query = context["request"].GET.copy()
    for gone in (name, "before", "after"):
        query.pop(gone, None)
    return f"?{query.urlencode()}" if query else ""


@register.simple_tag
def secret_set(connection: Connection, name: str) -> SafeString:
    """When and by whom a secret was set; never the secret."""
    found = connection.secrets_set.get(name, {})
    at = parse_datetime(found.get("at", ""))
    if at is None:
        return format_html("set")
    return format_html("set {} by <bdi>{}</bdi>", when(at), found.get("by") or "a command")


@register.simple_tag
def copyable(text: str, shown: str = "") -> SafeString:
    """Text with a button that copies it; without JavaScript the text can still be read and chosen."""
    return format_html(
        '<span class="mono">{}</span>&nbsp;<button class="copy" type="button" data-copy="{}" title="Copy">{}'
        '<span class="hidden-text">Copy {}</span><span data-said role="status"></span></button>',
        shown or text,
        text,
        icon("copy"),
        text,
    )
