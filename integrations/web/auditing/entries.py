"""Populations that are entries of the audit: which ones, and what their columns say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from audit.models import AuditEntry
from integrations.models import Flow, Integration
from integrations.web.auditing.around import Around, Told, number_of, pairs
from integrations.web.auditing.asked import Asked
from integrations.web.auditing.population import Cells
from integrations.web.offers import choice_words
from integrations.web.words import deed, noun, reason

_KINDS = {"user": "person", "api_key": "program", "system": "run"}
_BEFORE, _AFTER = ("old", "was"), ("new", "is")
_ELSEWHERE = {"made_by", "checked_by", "act", "code", "choice", "item", "reason", *_BEFORE, *_AFTER}


def _answer(told: Told) -> str:
    choice = told.refs.get("choice", "")
    return choice_words(choice, told.refs.get("subject", "")) if choice else ""


def _code(told: Told) -> str:
    codes = told.refs.get("codes") or [told.refs.get("code")]
    return "; ".join(reason(code) for code in codes if code)


def _details(told: Told) -> str:
    both = {**told.detail, **told.refs}
    return pairs((name, value) for name, value in both.items() if name not in _ELSEWHERE)


def _left(told: Told) -> str:
    roles = told.around.roles.get(number_of(told.entry, "user"), [])
    return ", ".join(roles) or "none"


COLUMNS: Mapping[str, Callable[[Told], object]] = {
    "Entry": lambda told: told.entry.sequence,
    "When": lambda told: told.entry.at,
    "Who": lambda told: told.sealed.get("actor") or told.entry.actor_kind,
    "Acting as": lambda told: _KINDS.get(told.entry.actor_kind, told.entry.actor_kind),
    "Did what": lambda told: deed(told.entry.action),
    "Action": lambda told: told.entry.action,
    "To what": lambda told: told.what,
    "Subject": lambda told: told.entry.subject,
    "Integration": lambda told: ", ".join(each.name for each in told.integrations),
    "Company": lambda told: ", ".join(each.company for each in told.integrations),
    "Kind": lambda told: noun(told.entry.entity, 1) if told.entry.entity else "",
    "Key": lambda told: told.entry.source_key,
    "Number": lambda told: told.record.number,
    "Supplier": lambda told: told.record.party,
    "Supplier name": lambda told: told.record.party_name,
    "Amount": lambda told: told.record.amount,
    "Currency": lambda told: told.record.currency,
    "Question": _code,
    "Answer": _answer,
    "Takes": lambda told: told.refs.get("act", ""),
    "Asked by": lambda told: told.named("made_by"),
    "Judged by": lambda told: told.named("checked_by"),
    "Before": lambda told: told.first_of(*_BEFORE),
    "After": lambda told: told.first_of(*_AFTER),
    "Reason": lambda told: told.first_of("reason", "why", "message"),
    "Details": _details,
    "Next payment": lambda told: told.paid.payment if told.paid else "",
    "Paid on": lambda told: told.paid.dated if told.paid else "",
    "Paid": lambda told: told.paid.amount if told.paid else "",
    "Paid in": lambda told: told.paid.currency if told.paid else "",
    "Person": lambda told: told.person.email if told.person else told.entry.subject,
    "Role": lambda told: told.refs.get("role", ""),
    "Roles left": _left,
    "Keys still open": lambda told: told.around.open_keys.get(number_of(told.entry, "user"), 0),
    "Last sign-in": lambda told: told.person.last_login if told.person else "",
    "Hash": lambda told: bytes(told.entry.hash).hex(),
}


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries that `of` holds of, whose clear part it knows as `refs`; `said` is the same in words."""

    said: str
    of: Callable[[], Q]
    columns: tuple[str, ...]

    @property
    def sums(self) -> Sequence[str]:
        return ("Kind", "Currency", "Amount") if "Amount" in self.columns else ()

    @property
    def query(self) -> str:
        return f"Entries of the audit: {self.said}"

    def count(self, asked: Asked) -> int:
        return self._rows(asked).count()

    def some(self, asked: Asked, after: int, limit: int) -> list[tuple[int, Cells]]:
        rows = self._rows(asked).filter(sequence__gt=after).order_by("sequence")[:limit]
        shown = [COLUMNS[name] for name in self.columns]
        return [(told.entry.sequence, tuple(cell(told) for cell in shown)) for told in Around(list(rows)).told]

    def _rows(self, asked: Asked) -> "QuerySet[AuditEntry]":
        refs: Any = KeyTransform("refs", Cast("body", JSONField()))
        rows: QuerySet[AuditEntry] = AuditEntry.objects.annotate(refs=refs).filter(
            self.of(), sequence__lte=asked.head, **asked.within("at")
        )
        if asked.who:
            rows = rows.filter(actor_kind="user", actor_id=asked.who)
        return rows.filter(subject__in=_subjects(asked.integration)) if asked.integration else rows


def _subjects(integration: Integration) -> Sequence[str]:
    """What entries about this integration are said of: itself, its flows, its connections."""
    flows = Flow.objects.filter(integration=integration).values_list("pk", flat=True)
    own = (f"integration:{integration.pk}", f"connection:{integration.erp_id}", f"connection:{integration.ap_id}")
    return [*own, *(f"flow:{pk}" for pk in flows)]
