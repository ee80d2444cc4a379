"""Reconciliation for programs: sums by state, and the records behind them."""

import json
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Query, asked, described, page
from integrations.api.paging import UNKNOWN, coded, decoded, following, limit_of
from integrations.engine.agreement import PART_CHOICES, STATE_CHOICES
from integrations.models import Integration
from integrations.runner import snapshots
from integrations.runner.reconciling import moving
from integrations.store import reconciling
from integrations.store.reconciling import Narrowed
from integrations.web.reconciled import owner_of

_MONEY: dict[str, Any] = {"max_digits": 24, "decimal_places": 6, "normalize_output": True}


class CellSerializer(serializers.Serializer[Any]):
    """Records of one part, currency, period and state. Amounts are exact text; a credit is negative on both sides."""

    integration = serializers.UUIDField()
    company = serializers.CharField()
    as_of = serializers.DateTimeField()
    part = serializers.ChoiceField(choices=PART_CHOICES)
    currency = serializers.CharField()
    period = serializers.CharField(help_text="Of the ERP's ledger, as year and period; a calendar month where unread.")
    state = serializers.ChoiceField(choices=STATE_CHOICES)
    count = serializers.IntegerField(source="records")
    source_amount = serializers.DecimalField(**_MONEY, source="here")
    target_amount = serializers.DecimalField(**_MONEY, source="there")
    source_open = serializers.DecimalField(**_MONEY, source="open_here")
    target_open = serializers.DecimalField(**_MONEY, source="open_there")
    oldest = serializers.DateTimeField(source="since", allow_null=True)


class ReconciledSerializer(serializers.Serializer[Any]):
    """A record in exactly one state. `record` is its id at `/records/`; null for what was keyed by hand there."""

    record = serializers.UUIDField(source="item", allow_null=True)
    part = serializers.ChoiceField(choices=PART_CHOICES)
    key = serializers.CharField()
    variant = serializers.CharField()
    target_id = serializers.CharField()
    number = serializers.CharField()
    supplier = serializers.CharField(source="party")
    supplier_name = serializers.CharField(source="party_name")
    currency = serializers.CharField()
    period = serializers.CharField()
    state = serializers.ChoiceField(choices=STATE_CHOICES)
    reason = serializers.CharField()
    owner = serializers.CharField(help_text="The role whose work it is; empty where nothing is left to do.")
    source_amount = serializers.DecimalField(**_MONEY, source="here", allow_null=True)
    target_amount = serializers.DecimalField(**_MONEY, source="there", allow_null=True)
    source_open = serializers.DecimalField(**_MONEY, source="open_here", allow_null=True)
    target_open = serializers.DecimalField(**_MONEY, source="open_there", allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)


class SumsSerializer(serializers.Serializer[Any]):
    """All sums; there are few, so they come at once."""

    results = CellSerializer(many=True)


class ReconciliationQuery(Query):
    """Which integration; all of them unless said."""

    integration = serializers.UUIDField(required=False)
    cursor = limit = None  # type: ignore[assignment]


class RecordsQuery(Query):
    """Which records of an integration."""

    integration = serializers.UUIDField()
    part = serializers.ChoiceField(choices=PART_CHOICES, required=False)
    state = serializers.ChoiceField(choices=STATE_CHOICES, required=False)
    currency = serializers.CharField(required=False, max_length=10)
    period = serializers.CharField(required=False, max_length=20)
    supplier = serializers.CharField(required=False, max_length=120)


class Reconciliation(Endpoint):
    """Count and amount on both sides by part, currency, period and state; "unexplained" is none when all is well.

    Of more than 20,000 records the sums are those that were last kept, as of the time they say.
    """

    @described("reconciliation", SumsSerializer, query=ReconciliationQuery)
    def get(self, request: Request) -> Response:
        wanted, at = asked(request, ReconciliationQuery), timezone.now()
        integrations = Integration.objects.select_related("erp", "ap").order_by("name")
        if uuid := wanted.get("integration"):
            integrations = integrations.filter(uuid=uuid)
        found = []
        for each in integrations:
            cells, as_of = snapshots.figures(each, at)
            named = {"integration": each.uuid, "company": each.company, "as_of": as_of}
            found += [{**cell._asdict(), **named} for cell in cells]
        return Response({"results": CellSerializer(found, many=True).data})


class ReconciledRecords(Endpoint):
    """The records behind the sums, in the order of part and key."""

    @described("reconciliation_records", page(ReconciledSerializer), query=RecordsQuery)
    def get(self, request: Request) -> Response:
        wanted, at = asked(request, RecordsQuery), timezone.now()
        integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=wanted["integration"])
        limit = limit_of(request)
        only = Narrowed(
            part=wanted.get("part", ""),
            state=wanted.get("state", ""),
            currency=wanted.get("currency"),
            period=wanted.get("period"),
            party=wanted.get("supplier", ""),
        )
        after = _after(wanted.get("cursor", ""))
        found = reconciling.rows(integration, at, moving(integration, at), only, after=after, limit=limit + 1)
        shown = [{**row._asdict(), "owner": owner_of(row)} for row in found[:limit]]
        more = following(request, coded(json.dumps(found[limit - 1][:3]))) if len(found) > limit else None
        return Response({"results": ReconciledSerializer(shown, many=True).data, "next": more})


def _after(cursor: str) -> tuple[str, str, str]:
    if not cursor:
        return "", "", ""
    try:
        part, key, variant = (str(each).replace("\0", "") for each in json.loads(decoded(cursor)))
    except (ValueError, TypeError):
        raise serializers.ValidationError(UNKNOWN) from None
    return part, key, variant
