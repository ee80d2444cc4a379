"""What some entries of the audit speak of: records, companies, people, payments. One query for each kind and chunk."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from audit.models import AuditEntry
from integrations.models import ApiKey, Connection, Flow, Integration, SourceRecord
from integrations.web.words import plainly
from tenants.keys import Keys, Unreadable
from tenants.models import Membership, User
from tenants.scope import current_tenant

# The first day from that day on on which the supplier was paid, and all that was paid to it with that payment.
_NEXT = """
    SELECT DISTINCT ON (w.place) w.place, x.payment, x.dated, x.currency, (
        SELECT sum(y.amount) FROM integrations_settlement y
        WHERE y.tenant_id = x.tenant_id AND y.integration_id = x.integration_id AND y.supplier = x.supplier
          AND y.payment = x.payment)
    FROM unnest(%(places)s::int[], %(suppliers)s::text[], %(integrations)s::bigint[], %(days)s::date[])
        AS w(place, supplier, integration, day)
    JOIN integrations_settlement x ON x.tenant_id = %(tenant)s AND x.supplier = w.supplier
        AND x.integration_id = w.integration AND x.dated >= w.day
    ORDER BY w.place, x.dated, x.id
"""


class Seen(NamedTuple):
    """A record as last read."""

    number: str
    party: str
    party_name: str
    amount: Decimal | None
    currency: str


class Paid(NamedTuple):
    """A payment to a supplier."""

    payment: str
    dated: date
    currency: str
    amount: Decimal


_NOT_KEPT = Seen("", "", "", None, "")


class Around:
    """What belongs to the entries of one chunk, asked for when a column needs it."""

    def __init__(self, entries: Sequence[AuditEntry]) -> None:
        self.entries = entries
        self.keys = Keys.of_scope()

    @cached_property
    def flows(self) -> Mapping[int, Flow]:
        return {flow.pk: flow for flow in Flow.objects.select_related("integration")}

    @cached_property
    def integrations(self) -> Sequence[Integration]:
        return list(Integration.objects.order_by("pk"))

    @cached_property
    def connections(self) -> Mapping[int, str]:
        return dict(Connection.objects.values_list("pk", "name"))

    @cached_property
    def records(self) -> Mapping[tuple[int, str], Seen]:
        """By flow and key."""
        wanted = {(number_of(e, "flow"), e.source_key) for e in self.entries if e.source_key}
        rows = SourceRecord.objects.filter(flow__in={flow for flow, _ in wanted}, source_key__in={k for _, k in wanted})
        return {tuple(row[:2]): Seen(*row[2:]) for row in rows.values_list("flow_id", "source_key", *Seen._fields)}

    @cached_property
    def people(self) -> Mapping[int, User]:
        """Whoever is named by id."""
        refs = [told.refs for told in self.told]
        named = {each.get(name) for each in refs for name in ("made_by", "checked_by")}
        return User.objects.in_bulk({*filter(None, named), *(number_of(e, "user") for e in self.entries)})

    @cached_property
    def roles(self) -> Mapping[int, list[str]]:
        found: dict[int, list[str]] = {}
        for user, role in Membership.objects.order_by("role").values_list("user_id", "role"):
            found.setdefault(user, []).append(role)
        return found

    @cached_property
    def open_keys(self) -> Mapping[int, int]:
        """How many keys that somebody made still open the tenant, by person."""
        rows = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)
        return dict(rows.exclude(checked_at=None).order_by().values_list("made_by").annotate(Count("pk")))

    @cached_property
    def next_payments(self) -> Mapping[int, Paid]:
        """By entry: what its supplier was paid next, from the day of the entry on."""
        wanted = [(e, flow) for e in self.entries if (flow := self.flows.get(number_of(e, "flow"))) is not None]
        names: dict[str, Any] = {
            "tenant": current_tenant(),
            "places": [place for place, _ in enumerate(wanted)],
            "suppliers": [entry.source_key for entry, _ in wanted],
            "integrations": [flow.integration_id for _, flow in wanted],
            "days": [timezone.localdate(entry.at) for entry, _ in wanted],
        }
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, names)
            return {wanted[place][0].pk: Paid(*rest) for place, *rest in cursor.fetchall()}

    @cached_property
    def told(self) -> Sequence["Told"]:
        return [Told(entry, self) for entry in self.entries]


class Told:
    """One entry, opened, with what it speaks of."""

    def __init__(self, entry: AuditEntry, around: Around) -> None:
        self.entry, self.around = entry, around
        self.refs: dict[str, Any] = json.loads(entry.body).get("refs", {})

    @cached_property
    def sealed(self) -> dict[str, Any]:
        """Empty where the tenant's key is destroyed."""
        try:
            found: dict[str, Any] = json.loads(self.around.keys.decrypt(bytes(self.entry.sealed)))
        except Unreadable:
            return {}
        return found

    @property
    def detail(self) -> dict[str, Any]:
        return self.sealed.get("detail") or {}

    @property
    def integrations(self) -> list[Integration]:
        """Those that it concerns: of a connection all that use it."""
        if flow := self.around.flows.get(number_of(self.entry, "flow")):
            return [flow.integration]
        own, used = number_of(self.entry, "integration"), number_of(self.entry, "connection")
        return [each for each in self.around.integrations if each.pk == own or used in (each.erp_id, each.ap_id)]

    @property
    def what(self) -> str:
        """What it was done to, by its name as far as that is known."""
        if name := self.around.connections.get(number_of(self.entry, "connection")):
            return name
        owned = number_of(self.entry, "integration") or number_of(self.entry, "flow")
        names = [each.name for each in self.integrations] if owned else []
        return self.first_of("name", "email", "what") or ", ".join(names) or self.entry.subject

    @property
    def record(self) -> Seen:
        return self.around.records.get((number_of(self.entry, "flow"), self.entry.source_key), _NOT_KEPT)

    @property
    def paid(self) -> Paid | None:
        return self.around.next_payments.get(self.entry.pk)

    @property
    def person(self) -> User | None:
        """The person that it was done to."""
        return self.around.people.get(number_of(self.entry, "user"))

    def named(self, role: str) -> str:
        """The address of `made_by` or `checked_by`."""
        found = self.around.people.get(self.refs.get(role) or 0)
        return found.email if found else ""

    def first_of(self, *names: str) -> str:
        """The first of these details that says something, as text."""
        return next((plainly(self.detail[name]) for name in names if self.detail.get(name) not in EMPTY), "")


EMPTY: tuple[object, ...] = ("", None, [], {})


def number_of(entry: AuditEntry, kind: str) -> int:
    """The id in a subject such as "flow:12"; 0 where it is of another kind."""
    named, _, number = entry.subject.partition(":")
    return int(number) if named == kind and number.isdigit() else 0


def pairs(values: Iterable[tuple[str, object]]) -> str:
    """name: value; name: value."""
    return "; ".join(f"{name.replace('_', ' ')}: {plainly(value)}" for name, value in values if value not in EMPTY)
