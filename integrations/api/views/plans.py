"""Plans: what a first sync would do, line by line, with counts and amounts."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Query, asked, described, page
from integrations.api.paging import page_of
from integrations.models import Plan, PlanLine


class PlanSerializer(serializers.Serializer[Any]):
    """What a run would do. `totals` are counts and amounts per flow, kind and currency, as exact text."""

    id = serializers.UUIDField(source="uuid")
    integration = serializers.UUIDField(source="integration.uuid")
    status = serializers.ChoiceField(choices=Plan.Status.choices)
    totals = serializers.JSONField()
    message = serializers.CharField()
    made_by = serializers.EmailField(source="made_by.email", default=None)
    made_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    """The decision on one record, and what applying did with it."""

    record = serializers.UUIDField(source="item.uuid")
    entity = serializers.CharField(source="item.flow.entity")
    number = serializers.CharField(source="item.source.number")
    party_name = serializers.CharField(source="item.source.party_name")
    kind = serializers.CharField(help_text="create, update, act, link, nothing, wait, hold or out")
    code = serializers.CharField()
    message = serializers.CharField()
    amount = serializers.DecimalField(max_digits=24, decimal_places=6, allow_null=True, normalize_output=True)
    currency = serializers.CharField()
    result = serializers.ChoiceField(choices=PlanLine.Result.choices)
    result_message = serializers.CharField()


class PlansQuery(Query):
    """Which plans."""

    integration = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Plan.Status.choices, required=False)


class LinesQuery(Query):
    """Which lines."""

    kind = serializers.CharField(required=False, max_length=10)
    code = serializers.CharField(required=False, max_length=60)
    result = serializers.ChoiceField(choices=PlanLine.Result.choices, required=False)


class Plans(Endpoint):
    """Plans, newest first."""

    @described("plans", page(PlanSerializer), query=PlansQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, PlansQuery)
        rows: Any = Plan.objects.select_related("integration", "made_by")
        if "integration" in wanted:
            rows = rows.filter(integration__uuid=wanted["integration"])
        if "status" in wanted:
            rows = rows.filter(status=wanted["status"])
        found, after = page_of(rows, request)
        return Response({"results": PlanSerializer(found, many=True).data, "next": after})


class OnePlan(Endpoint):
    """One plan."""

    @described("plan", PlanSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(PlanSerializer(get_object_or_404(Plan, uuid=uuid)).data)


class Lines(Endpoint):
    """The lines of a plan."""

    @described("plan_lines", page(LineSerializer), query=LinesQuery)
    def get(self, request: Request, uuid: UUID) -> Response:
        plan = get_object_or_404(Plan, uuid=uuid)
        wanted = asked(request, LinesQuery)
        filters = {name: wanted[name] for name in ("kind", "code", "result") if name in wanted}
        rows: Any = PlanLine.objects.select_related("item__source", "item__flow").filter(plan=plan, **filters)
        found, after = page_of(rows, request)
        return Response({"results": LineSerializer(found, many=True).data, "next": after})
