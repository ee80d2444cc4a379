"""The audit: who or what did which thing when; and whether the chain is whole."""

import json
from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.log import record
from audit.models import AuditEntry
from audit.verify import verify_tenant
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Query, asked, described, given, page
from integrations.api.paging import page_of
from tenants.access import Place
from tenants.keys import Keys, Unreadable
from tenants.permissions import Act, Right


class EntrySerializer(serializers.Serializer[Any]):
    """One entry. `detail` and `actor` are null once the tenant's audit key is destroyed; the chain still holds."""

    sequence = serializers.IntegerField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    subject = serializers.CharField()
    system = serializers.CharField()
    entity = serializers.CharField()
    source_key = serializers.CharField()
    actor_kind = serializers.CharField()
    actor_id = serializers.CharField()
    actor = serializers.CharField(allow_null=True)
    refs = serializers.JSONField()
    detail = serializers.JSONField(allow_null=True)
    hash = serializers.CharField()


class AuditQuery(Query):
    """Which entries."""

    action = serializers.CharField(required=False, max_length=60, help_text="Begins with this.")
    subject = serializers.CharField(required=False, max_length=200)
    entity = serializers.CharField(required=False, max_length=40)
    source_key = serializers.CharField(required=False, max_length=300)
    actor_id = serializers.CharField(required=False, max_length=80)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class VerdictSerializer(serializers.Serializer[Any]):
    """Whether the chain is whole; else the first entry that is not as it was written, and why."""

    whole = serializers.BooleanField()
    entries = serializers.IntegerField(help_text="Entries that hold.")
    hash = serializers.CharField(help_text="Of the last of them.")
    broken_at = serializers.IntegerField(allow_null=True)
    why = serializers.CharField(allow_blank=True)


_FIELDS = {
    "action": "action__startswith",
    **{name: name for name in ("subject", "entity", "source_key", "actor_id")},
    "since": "at__gte",
    "until": "at__lt",
}


class Audit(Endpoint):
    """The audit's entries, newest first."""

    @described("audit", page(EntrySerializer), query=AuditQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, AuditQuery)
        filters = {field: wanted[name] for name, field in _FIELDS.items() if name in wanted}
        rows, after = page_of(AuditEntry.objects.filter(**filters), request)
        return Response({"results": [opened(row) for row in rows], "next": after})


class Verify(Endpoint):
    """Follow the whole chain, from its first entry to its head and the anchors."""

    acts = (Act.READ,)
    rights = frozenset({Right.YES})
    for_keys = True
    scoped = False

    @described("verify_audit", VerdictSerializer, body=Nothing)
    def post(self, request: Request) -> Response:
        given(request, Nothing)
        place = cast(Place, place_of(request))
        report = verify_tenant(place.tenant_id)
        with place.scope():
            record("audit.verified", refs={"whole": report.whole, "entries": report.entries})
        return Response(
            {
                "whole": report.whole,
                "entries": report.entries,
                "hash": report.head.hex(),
                "broken_at": report.broken_at,
                "why": report.why,
            }
        )


def opened(entry: AuditEntry) -> dict[str, Any]:
    """An entry with its readable part, as far as there is a key for it."""
    plain = ("sequence", "at", "action", "subject", "system", "entity", "source_key", "actor_kind", "actor_id")
    shown = {name: getattr(entry, name) for name in plain}
    try:
        sealed = json.loads(Keys.of_scope().decrypt(bytes(entry.sealed)))
    except Unreadable:
        sealed = {}
    refs = json.loads(entry.body).get("refs", {})
    readable = {"refs": refs, "actor": sealed.get("actor"), "detail": sealed.get("detail")}
    return {**shown, **readable, "hash": bytes(entry.hash).hex()}
