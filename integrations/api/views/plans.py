"""Plans: what a first sync would do, line by line, with counts and amounts; make one, apply one."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import tasks
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Query, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import Flow, Integration, Plan, PlanLine
from integrations.store import plans
from integrations.store.checking import may_confirm
from tenants.access import Place
from tenants.permissions import Act, Right


class PlanSerializer(serializers.Serializer[Any]):
    """What a run would do. `totals` are counts and amounts per flow, kind and currency, as exact text."""

    id = serializers.UUIDField(source="uuid")
    integration = serializers.UUIDField(source="integration.uuid")
    status = serializers.ChoiceField(choices=Plan.Status.choices)
    totals = serializers.JSONField()
    message = serializers.CharField()
    made_by = Person("made_by")
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


class MakePlan(Endpoint):
    """Read everything and decide it, write nothing. The plan is made by a worker: look at it until it is `ready`."""

    acts = (Act.CONNECT, Act.WORK)

    @described("make_plan", PlanSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        return _made(request, get_object_or_404(Integration, uuid=uuid))


class PlanOfFlow(Endpoint):
    """The same, asked of a flow: a plan is of its whole integration, since invoices go after their suppliers."""

    acts = (Act.CONNECT, Act.WORK)

    @described("plan_flow", PlanSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        return _made(request, get_object_or_404(Flow.objects.select_related("integration"), uuid=uuid).integration)


class ApplyPlan(Endpoint):
    """Do exactly what the plan says; what is decided otherwise by now is refused line by line. It activates."""

    acts = (Act.SETTINGS,)
    rights = frozenset({Right.MAKER, Right.CHECKER})

    @described("apply_plan", PlanSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        return _applied(request, get_object_or_404(Plan, uuid=uuid))


class ApplyOfFlow(Endpoint):
    """The same, asked of a flow: its integration's newest plan."""

    acts = (Act.SETTINGS,)
    rights = frozenset({Right.MAKER, Right.CHECKER})

    @described("apply_flow", PlanSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        flow = get_object_or_404(Flow, uuid=uuid)
        newest = Plan.objects.filter(integration=flow.integration_id).order_by("-made_at", "-id")[:1]
        return _applied(request, get_object_or_404(Plan, pk__in=list(newest.values_list("pk", flat=True))))


def _made(request: Request, integration: Integration) -> Response:
    given(request, Nothing)
    place = cast(Place, place_of(request))
    with refused(plans.PlanRefused):
        plan = plans.start(integration, place.person)
    transaction.on_commit(lambda: tasks.make_plan.delay(plan.pk, str(place.tenant_id)))
    return Response(PlanSerializer(plan).data, status=202)


def _applied(request: Request, found: Plan) -> Response:
    given(request, Nothing)
    place = cast(Place, place_of(request))
    if not may_confirm(place, Act.SETTINGS):
        raise PermissionDenied("A controller applies a plan.")
    with refused(plans.PlanRefused):
        plan = plans.start_applying(found)
    transaction.on_commit(lambda: tasks.apply_plan.delay(plan.pk, str(place.tenant_id)))
    return Response(PlanSerializer(plan).data, status=202)
