"""The way of an integration from two connections to its first records, as steps that can be gone back to."""

from dataclasses import dataclass

from django.urls import reverse

from integrations.models import Integration

TITLES = {
    "connections": "Connections",
    "company": "Company",
    "start": "From when",
    "payer": "Who pays",
    "flows": "What flows, when",
    "plan": "Plan",
}
# The settings that a step asks for.
SETTINGS = {
    "start": ("start_date", "include_open_older"),
    "payer": ("paid_here", "paid_here_groups", "paid_here_methods", "never_paid_here_methods", "files_1099"),
}
NEXT = {"start": "payer", "payer": "flows", "flows": "plan"}


@dataclass(frozen=True, slots=True)
class Step:
    """`url` is empty for a step that cannot be gone to (yet, or any more)."""

    title: str
    url: str
    current: bool
    done: bool


def steps(integration: Integration | None, current: str) -> list[Step]:
    """All steps; without an integration only the first two have happened."""
    order = list(TITLES)
    at = order.index(current)
    return [
        Step(title, url_of(integration, key) if key != current else "", key == current, place < at)
        for place, (key, title) in enumerate(TITLES.items())
    ]


def url_of(integration: Integration | None, key: str) -> str:
    """Where a step is taken; what is joined stays joined."""
    if integration is None or key in ("connections", "company"):
        return reverse("web:integration-add") if integration is None and key == "connections" else ""
    if key == "plan":
        return reverse("web:integration-plan", args=[integration.uuid])
    return reverse(f"web:setup-{key}", args=[integration.uuid])
