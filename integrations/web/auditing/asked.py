"""What an export is asked for: the filters that it takes, as a form, in words and as bounds of a query."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from audit.models import AuditHead
from integrations.engine.agreement import PART_CHOICES, PARTS, STATE_CHOICES, WORDS, Part, State
from integrations.models import Integration
from integrations.store.reconciling import Narrowed
from integrations.web.filters import Narrowing
from tenants.models import User

LATE_DAYS, DRAWN, MOST_DRAWN = 5, 25, 1_000
# days whose beginning exists in every zone
DAYS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
_DAY = {"type": "date"}


class Questions(Narrowing):
    """Every filter that an export may take; those that it does not take are not there."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs=_DAY), validators=DAYS)
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs=_DAY), validators=DAYS)
    integration = forms.ChoiceField(label="Company", required=False)
    who = forms.CharField(label="Done by (e-mail)", required=False, max_length=254)
    days = forms.IntegerField(label="Late after days", required=False, min_value=1, max_value=400)
    part = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *PART_CHOICES])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any state"), *STATE_CHOICES])
    period = forms.CharField(label="Period", required=False, max_length=20)
    currency = forms.CharField(label="Currency", required=False, max_length=10)
    party = forms.CharField(label="Supplier number", required=False, max_length=120)
    size = forms.IntegerField(label="Drawn each way", required=False, min_value=1, max_value=MOST_DRAWN)
    seed = forms.CharField(label="Seed", required=False, max_length=40)

    def __init__(self, data: Any, takes: Sequence[str]) -> None:
        super().__init__(data)
        for name in set(self.fields) - set(takes):
            del self.fields[name]
        if "integration" in self.fields:
            self._companies: dict[str, Integration] = {
                str(each.uuid): each for each in Integration.objects.order_by("name")
            }
            choices = [(uuid, f"{each.name} ({each.company})") for uuid, each in self._companies.items()]
            every_one = [] if "seed" in takes else [("", "Every company")]  # a sample is drawn from one
            self.fields["integration"].choices = [*every_one, *choices]  # type: ignore[attr-defined]

    def said(self, name: str, value: Any) -> str:
        match name:
            case "integration":
                return str(self._companies[value])
            case "part":
                return PARTS[Part(value)]
            case "state":
                return WORDS[State(value)]
            case "since" | "until":
                return f"{'from' if name == 'since' else 'to'} {value}"
        return f"{str(self.fields[name].label).lower()} {value}"

    def asked(self, at: datetime) -> "Asked":
        """The filters in force as bounds; in the open scope, days in the zone of the tenant."""
        chosen, head = self.chosen, AuditHead.objects.first()
        draws = "seed" in self.fields
        if draws and self._companies:
            chosen.setdefault("integration", next(iter(self._companies)))
        return Asked(
            at=at,
            head=head.sequence if head else 0,
            since=chosen.get("since"),
            until=chosen.get("until"),
            integration=self._companies[chosen["integration"]] if "integration" in chosen else None,
            who=_id_of(chosen["who"]) if "who" in chosen else "",
            days=chosen.get("days", LATE_DAYS),
            narrowed=Narrowed(**{name: chosen[name] for name in Narrowed.__slots__ if name in chosen}),
            size=chosen.get("size", DRAWN),
            seed=(chosen.get("seed") or secrets.token_hex(8)) if draws else "",
            stated={name: self.said(name, value) for name, value in chosen.items()},
        )


def _id_of(email: str) -> str:
    """As the audit names whoever acts."""
    found = User.objects.filter(email__iexact=email).first()
    return str(found.pk) if found else "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """As of `at`, up to entry `head` of the audit; `since` and `until` are whole days, both counted.

    `who` is the id of whoever acted; `stated` are the filters in words.
    """

    at: datetime
    head: int
    since: date | None = None
    until: date | None = None
    integration: Integration | None = None
    who: str = ""
    days: int = LATE_DAYS
    narrowed: Narrowed = field(default_factory=Narrowed)
    size: int = DRAWN
    seed: str = ""
    stated: Mapping[str, str] = field(default_factory=dict)

    def within(self, column: str) -> dict[str, datetime]:
        """The bounds of a query on a column of times."""
        found = {f"{column}__gte": _begins(self.since)} if self.since else {}
        return found | ({f"{column}__lt": _begins(self.until + timedelta(days=1))} if self.until else {})


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
