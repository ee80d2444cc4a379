"""The way of an integration from two connections to its first records, as steps that can be gone back to."""

from dataclasses import dataclass

from django.urls import reverse

from integrations.models import Integration
from integrations.runner.concerning import concerning

TITLES = {
    "connections": "Connections",
    "company": "Company",
    "start": "From when",
    "payer": "Who pays",
    "flows": "What flows, when",
    "books": "Into the books",
    "plan": "Plan",
}
# The settings that a step asks for.
SETTINGS = {
    "start": ("start_date", "include_open_older"),
    "payer": ("paid_here", "paid_here_groups", "paid_here_methods", "never_paid_here_methods", "files_1099"),
    "books": (
        *("payment_method", "invoice_target", "authoriser", "tax_mode", "no_tax_code"),
        *("read_back", "paid_status_field", "paid_date_field", "paid_reference_field"),
        *("voucher_type", "settlement_account", "cash_account"),
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """`url` is empty for a step that cannot be gone to (yet, or any more)."""

    title: str
    url: str
    current: bool
    done: bool


def steps(integration: Integration | None, current: str) -> list[Step]:
    """The steps of this integration; without one only the first two have happened."""
    order = _order(integration)
    at = order.index(current)
    return [
        Step(TITLES[key], url_of(integration, key) if key != current else "", key == current, place < at)
        for place, key in enumerate(order)
    ]


def asked(integration: Integration, key: str) -> tuple[str, ...]:
    """The settings of a step, as far as they concern what the integration carries."""
    names = {spec.name for spec in concerning(integration)}
    return tuple(name for name in SETTINGS[key] if name in names)


def after(integration: Integration, key: str) -> str:
    """Where the step that follows is taken."""
    order = _order(integration)
    return url_of(integration, order[order.index(key) + 1])


def _order(integration: Integration | None) -> list[str]:
    """The keys of its steps: none asks for settings that concern nothing here."""
    if integration is None:
        return [key for key in TITLES if key != "books"]
    names = {spec.name for spec in concerning(integration)}
    return [key for key in TITLES if key not in SETTINGS or names & {*SETTINGS[key]}]


def url_of(integration: Integration | None, key: str) -> str:
    """Where a step is taken; what is joined stays joined."""
    if integration is None or key in ("connections", "company"):
        return reverse("web:integration-add") if integration is None and key == "connections" else ""
    if key == "plan":
        return reverse("web:integration-plan", args=[integration.uuid])
    return reverse(f"web:setup-{key}", args=[integration.uuid])
